"""Installations that have shipped definitions get the new one; new installations are given all of them after migrating."""

from django.db import migrations

NAME = "Notifications are stuck"
# As shipped with this migration: later changes of the shipped texts are not this one's.
TEXTS = {
    "en": (
        "[{{ticket.number}}] Notifications: {{event.new}}",
        "{{event.new}}.\n\nNotification health in the administration says what waits, since when, and what to do:\n"
        "{{base.url}}/admin/notifications/mail/health/",
    ),
    "ja": (
        "[{{ticket.number}}] 通知の状態: {{event.new}}",
        "{{event.new}}。\n\n何がいつから待っているか、どうすればよいかは、管理画面の「通知の状態」をご覧ください:\n"
        "{{base.url}}/admin/notifications/mail/health/",
    ),
}


def add(apps, schema_editor):
    Definition, DefinitionText, DefinitionVersion = (
        apps.get_model("notifications", name) for name in ("Definition", "DefinitionText", "DefinitionVersion")
    )
    using = schema_editor.connection.alias
    definitions = Definition.objects.using(using)
    if not definitions.exists() or definitions.filter(name=NAME).exists():
        return
    definition = definitions.create(
        shipped_as="system-health",
        name=NAME,
        tooltip="Something waits too long to be told or mailed, and when that is over.",
        show_in_preferences="mandatory",
        events=["SystemHealth"],
        recipients=["admins"],
        severity="critical",
        critical_skips_window=True,
        channels={"in_app": True, "email": True},
    )
    words = {}
    for language, (subject, body) in TEXTS.items():
        DefinitionText.objects.using(using).create(
            definition=definition, language=language, subject=subject, body=body, frame="alert"
        )
        words[language] = {"subject": subject, "body": body, "frame": "alert"}
    DefinitionVersion.objects.using(using).create(definition=definition, number=1, texts=words)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0013_health_alarm")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop, elidable=True)]

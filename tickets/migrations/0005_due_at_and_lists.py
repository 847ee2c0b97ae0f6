from django.db import migrations, models
from django.db.models import F, Q

UNFINISHED = Q(deleted_at=None) & ~Q(
    state__in=["cancelled", "closed", "closed_with_backout", "completed", "resolved"]
)
TIMES = ("first_response_due", "update_due", "solution_due")


def set_due(apps, schema_editor):
    """The earliest of what is there already, in one statement a time."""
    tickets = apps.get_model("tickets", "Ticket").objects.using(schema_editor.connection.alias)
    waiting = Q(state="pending", deleted_at=None, merged_into=None) & ~Q(pending_until=None)
    for time, where in [*((time, ~Q(**{time: None})) for time in TIMES), ("pending_until", waiting)]:
        later = Q(due_at=None) | Q(due_at__gt=F(time))
        tickets.filter(where, later).update(due_at=F(time))


class Migration(migrations.Migration):
    dependencies = [("tickets", "0004_article_html")]

    operations = [
        migrations.AddField(
            model_name="ticket",
            name="due_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="due next"),
        ),
        migrations.RunPython(set_due, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(condition=UNFINISHED, fields=["-changed_at", "-id"], name="ticket_unfinished"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=UNFINISHED, fields=["owner", "-changed_at"], name="ticket_unfinished_by_owner"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=UNFINISHED,
                fields=["assignment_group", "-changed_at"],
                name="ticket_unfinished_by_group",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(condition=~Q(due_at=None), fields=["due_at"], name="ticket_by_due"),
        ),
    ]

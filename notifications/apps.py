from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Notifications")

    def ready(self):
        from notifications import (  # noqa: F401  (connects the receivers)
            diagnosis,
            incidents,
            inheriting,
            models,
            panels,
            readiness,
            reading,
            receivers,
            tracking,
        )
        from notifications.metrics import NotificationMetrics
        from notifications.pausing import IS_PAUSED
        from opsi import authentication, belongings, metrics
        from opsi.auditing import audit
        from tickets import events

        of_delivery = events.EventGroup("delivery", _("Delivery of e-mail"))
        failed = _("E-mail could not be delivered")
        events.register(events.EventType("EmailDeliveryFailure", failed, "envelope", group=of_delivery))
        stuck = _("Notifications themselves")
        events.register(
            events.EventType(incidents.EVENT, stuck, "heart", group=of_delivery, words=incidents.WORDS)
        )
        belongings.register(
            belongings.Belonging(_("notifications that wait to be mailed"), inheriting.waiting_mail)
        )
        authentication.read_along("is_mail_paused", IS_PAUSED)
        panels.fill()
        readiness.tell()
        diagnosis.register()
        metrics.collect(NotificationMetrics)
        audit(models.Definition)
        audit(models.DefinitionText, of="definition")
        audit(models.NotificationFunction, exclude=("changed_at", "changed_by"))
        audit(models.InboxRetention)
        audit(models.HealthAlarm, exclude=("ticket",))
        audit(models.MailServer, exclude=("tested_settings", "tested_at", "test_error"))
        # The engine pauses addresses by itself; only what people do is a change of settings.
        audit(models.AddressPause, exclude=("tested_at",), by_people=True)
        post_migrate.connect(ship_definitions, sender=self)


def ship_definitions(sender, using, **kwargs):
    from notifications.shipped import ship

    ship(using)

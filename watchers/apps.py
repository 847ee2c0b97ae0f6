from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WatchersConfig(AppConfig):
    name = "watchers"
    verbose_name = _("Watchers")

    def ready(self):
        from opsi import auditing, belongings, slots
        from tickets import access, events, steps, timeline
        from watchers import beginning, inheriting, preferences, receivers, zoom  # noqa: F401  (connects the receivers)
        from watchers.grounds import WatchingGround
        from watchers.models import PolicyCell, WatcherSettings

        events.register(events.EventType("TicketSubscribe", _("Watcher added"), "eye"))
        events.register(events.EventType("TicketUnsubscribe", _("Watcher removed"), "eye-slash"))
        access.register(WatchingGround())
        belongings.register(
            belongings.Belonging(_("watched tickets"), inheriting.watched, ends_with_customer=True)
        )
        slots.fill("zoom.actions", zoom.actions, order=40)
        slots.fill("zoom.panels", zoom.panel, order=40)
        slots.fill("ticket.new", zoom.field, order=40)
        slots.fill("ticket.moving", zoom.moving, order=40)
        slots.fill("header", zoom.header, order=20)
        timeline.hide(zoom.hidden_events)
        slots.fill("preferences.nav", preferences.link, order=40)
        auditing.audit(PolicyCell)
        auditing.audit(WatcherSettings)
        steps.on_register(beginning.watch_from_the_beginning)

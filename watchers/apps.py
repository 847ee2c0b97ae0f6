from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WatchersConfig(AppConfig):
    name = "watchers"
    verbose_name = _("Watchers")

    def ready(self):
        from opsi import auditing, belongings, slots
        from tickets import access, events, mentions, steps, timeline
        from watchers import (
            beginning,
            inheriting,
            listing,
            offering,
            preferences,
            receivers,  # noqa: F401  (connects the receivers)
            zoom,
        )
        from watchers.grounds import WatchingGround
        from watchers.models import PolicyCell, WatcherSettings

        of_watching = events.EventGroup("watching", _("Watching"))
        events.register(events.EventType("TicketSubscribe", _("Watcher added"), "eye", group=of_watching))
        removed = events.EventType("TicketUnsubscribe", _("Watcher removed"), "eye-slash", group=of_watching)
        events.register(removed)
        changed = events.EventType(
            "TicketWatchUpdate", _("Watch changed"), "eye", quiet=True, group=of_watching
        )
        events.register(changed)
        access.register(WatchingGround())
        belongings.register(
            belongings.Belonging(_("watched tickets"), inheriting.watched, ends_with_customer=True)
        )
        slots.fill("zoom.actions", zoom.actions, order=40)
        slots.fill("zoom.panels", zoom.panel, order=40)
        slots.fill("ticket.new", zoom.field, order=40)
        slots.fill("ticket.moving", zoom.moving, order=40)
        slots.fill("tickets.row", listing.row, order=40)
        slots.fill("tickets.selection", listing.selection, order=40)
        slots.fill("tickets.moving", zoom.moving_many, order=40)
        slots.fill("header", zoom.header, order=20)
        slots.fill("zoom.article", offering.offers, order=20)
        timeline.hide(zoom.hidden_events)
        mentions.hide(zoom.hidden_people)
        slots.fill("preferences.nav", preferences.link, order=40)
        auditing.audit(PolicyCell)
        auditing.audit(WatcherSettings)
        steps.on_register(beginning.watch_from_the_beginning)

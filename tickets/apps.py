from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Tickets")

    def ready(self):
        from opsi import belongings, slots
        from opsi.auditing import audit
        from tickets import inheriting, preferences, zoom_parts
        from tickets.models import Holiday, Queue, QueueGrant, Service, Sla, TextTemplate, WorkingCalendar

        belongings.register(belongings.Belonging(_("tickets that name them"), inheriting.of))
        for model in (Queue, Service, Sla, TextTemplate, WorkingCalendar):
            audit(model)
        slots.fill("preferences.nav", preferences.link, order=20)
        slots.fill("zoom.article", zoom_parts.informed, order=10)
        audit(QueueGrant, of="queue")
        audit(Holiday, of="calendar")

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Tickets")

    def ready(self):
        from opsi import belongings
        from opsi.auditing import audit
        from tickets import inheriting
        from tickets.models import Holiday, Queue, QueueGrant, Service, Sla, WorkingCalendar

        belongings.register(belongings.Belonging(_("tickets that name them"), inheriting.of))
        for model in (Queue, Service, Sla, WorkingCalendar):
            audit(model)
        audit(QueueGrant, of="queue")
        audit(Holiday, of="calendar")

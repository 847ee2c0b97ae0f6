from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Tickets")

    def ready(self):
        from opsi import belongings
        from tickets import inheriting

        belongings.register(belongings.Belonging(_("tickets that name them"), inheriting.of))

"""Who wants to hear no more of a ticket, whatever would have them told of it (domain §7)."""

from collections.abc import Collection

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.choices import ShowInPreferences
from notifications.models.definition import Definition
from tickets.models import Ticket, TicketEvent

ASSIGNMENTS = {"TicketOwnerUpdate", "TicketResponsibleUpdate"}


class MuteManager(models.Manager["Mute"]):
    def mute(self, ticket_id: int, person_id: int) -> bool:
        """Begin; doing it twice is once. Returns whether it was new."""
        _mute, begun = self.get_or_create(ticket_id=ticket_id, person_id=person_id)
        return begun

    def unmute(self, ticket_id: int, person_id: int) -> bool:
        """End. Returns whether there was one."""
        return bool(self.filter(ticket=ticket_id, person=person_id).delete()[0])

    def pairs(self, ticket_ids: Collection[int]) -> set[tuple[int, int]]:
        """(ticket id, person id) of all mutes of these tickets; one statement."""
        return set(self.filter(ticket__in=ticket_ids).values_list("ticket", "person"))


class Mute(models.Model):
    """A person is told of the ticket neither in the app nor by mail, but of what `outweighs` says."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE, related_name="mutes"
    )
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="mutes", db_index=False)
    since = models.DateTimeField(_("since"), default=timezone.now)

    objects = MuteManager()

    class Meta:
        verbose_name = _("mute")
        verbose_name_plural = _("mutes")
        ordering = ["since", "id"]
        constraints = [models.UniqueConstraint(fields=["ticket", "person"], name="mute_once")]

    def __str__(self):
        return f"{self.person}: {self.ticket}"


def outweighs(definition: Definition, event: TicketEvent, person_id: int) -> bool:
    """Whether somebody is told of `event` by `definition` though they muted the ticket.

    So it is for what nobody can turn off in their preferences, for becoming owner or responsible oneself, and for one's
    own removal as a watcher.
    """
    if definition.show_in_preferences != ShowInPreferences.YES:
        return True
    if event.name in ASSIGNMENTS:
        return (event.new or {}).get("id") == person_id
    return event.name == "TicketUnsubscribe" and (event.old or {}).get("id") == person_id

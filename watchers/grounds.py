"""Being a watcher gives read access, and read only (domain §1), while the installation says so."""

from django.db.models import Exists, OuterRef, Q

from tickets.choices import Level
from tickets.grounds import NOBODY, NOTHING, Ground
from watchers.models import Watcher, WatcherSettings


class WatchingGround(Ground):
    name = "watcher"
    by_right = False

    def _opens(self, level):
        return level == Level.READ and WatcherSettings.load().watching_grants_reading

    def tickets(self, person, level):
        if level > Level.READ:
            return NOTHING
        # In the same statement and not by `_opens`: every page asks for somebody's tickets, some several times.
        closed = WatcherSettings.objects.filter(watching_grants_reading=False)
        watching = Watcher.objects.watching().filter(ticket=OuterRef("pk"), user=person)
        return Q(Exists(watching)) & ~Q(Exists(closed))

    def people(self, ticket, level):
        if not self._opens(level):
            return NOBODY
        return Q(Exists(Watcher.objects.watching().filter(user=OuterRef("pk"), ticket=ticket)))

    def pairs(self, tickets, people, level):
        if not self._opens(level):
            return set()
        asked = {person.pk for person in people}
        watching = Watcher.objects.watching().filter(ticket__in=[ticket.pk for ticket in tickets])
        if len(asked) <= 20:
            watching = watching.filter(user__in=asked)
        return {pair for pair in watching.values_list("ticket_id", "user_id") if pair[1] in asked}

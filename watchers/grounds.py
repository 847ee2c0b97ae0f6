"""Being a watcher gives read access, and read only (domain §1), while the installation says so."""

from django.db.models import Exists, OuterRef, Q

from tickets.choices import Level
from tickets.grounds import NOBODY, Ground, Opened
from watchers.models import Watcher, WatcherSettings

# As `_grants_reading` and `Watcher.objects.watching` say it.
WATCHED = """
SELECT ticket_id FROM watchers_watcher WHERE ended_at IS NULL AND user_id = %s
AND NOT EXISTS (SELECT 1 FROM watchers_watchersettings WHERE NOT watching_grants_reading)
"""


class WatchingGround(Ground):
    name = "watcher"
    by_right = False

    def tickets(self, person, level):
        if level > Level.READ:
            return None
        return Opened(f"{{ticket}}.id IN ({WATCHED})", (person.pk,))

    def people(self, ticket, level):
        if level > Level.READ:
            return NOBODY
        watching = Watcher.objects.watching().filter(user=OuterRef("pk"), ticket=ticket)
        return Q(Exists(watching)) & _grants_reading()

    def pairs(self, tickets, people, level):
        if level > Level.READ:
            return set()
        asked = {person.pk for person in people}
        here = [ticket.pk for ticket in tickets]
        watching = Watcher.objects.watching().filter(_grants_reading(), ticket__in=here)
        if len(asked) <= 20:
            watching = watching.filter(user__in=asked)
        return {pair for pair in watching.values_list("ticket_id", "user_id") if pair[1] in asked}


def _grants_reading():
    """Asked in the statement it decides about: every page, and every dispatch, asks for somebody's access."""
    return ~Q(Exists(WatcherSettings.objects.filter(watching_grants_reading=False)))

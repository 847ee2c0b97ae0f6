"""Watching that begins by itself: a personal setting, off until a person turns it on (domain §3 rule 6).

Inside the operation that writes, so that the watch stands in the same act of the history. The watcher policy and access
hold as for anybody who watches by hand: nobody comes to read a ticket by being informed of it.
"""

from django.db.models import Q

from opsi.models import User
from tickets.models import TicketEvent
from watchers.models import AutoWatch, Watcher
from watchers.policy import Policy


def begin(event: TicketEvent) -> None:
    """Let those begin to watch whose settings ask for it on `event`; one statement where nobody's do."""
    if (wanted := _wanted(event)) is None:
        return
    settings = AutoWatch.objects.filter(wanted).exclude(person__watches__ticket=event.ticket_id)
    for own in settings.select_related("person__customer"):
        if _may_watch(own.person, event.ticket):
            Watcher.objects.begin_automatically(event.ticket, own.person)


def _wanted(event) -> Q | None:
    match event.name:
        case "TicketCreate":
            wanted = Q(person=event.actor_id, on_create=True)
        case "ArticleCreate":
            wanted = Q(person=event.actor_id, on_article=True)
        case "ArticleUpdate":
            wanted = Q(pk__in=[])
        case _:
            return None
    if informed := event.data.get("informed"):
        wanted |= Q(person__in=informed, on_informed=True)
    return wanted


def _may_watch(person: User, ticket) -> bool:
    rights = Policy.load().of(person, ticket)
    return rights.refusal(person) is None and bool(rights.readers([person]))

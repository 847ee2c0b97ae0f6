"""The ticket a URL names, for those who may read it and do what they came for."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from opsi.models import User
from opsi.prepared import prepared
from opsi.requests import PersonRequest
from tickets import access
from tickets.models import Article, Ticket
from tickets.models.ticket import LABELS, PEOPLE


def readable_ticket(request: HttpRequest, number: str) -> Ticket:
    """The ticket `number`, with all its header names. Http404 alike where there is none and where it is hidden."""
    return _get(Ticket.objects.readable_by(request.user).with_labels(), number)


def ticket_with_people(request: PersonRequest, number: str) -> Ticket:
    """As `readable_ticket`, but its people come by a statement of their own.

    PostgreSQL takes several times as long to plan how to join them all as to find them.
    """
    person = request.user
    ticket = _get(Ticket.objects.readable_by(person).select_related(*LABELS), number)
    wanted = {getattr(ticket, f"{post}_id") for post in PEOPLE} - {None, person.pk}
    found = {one.pk: one for one in _people(*wanted)} if wanted else {}
    found[person.pk] = person
    for post in PEOPLE:
        setattr(ticket, post, found.get(getattr(ticket, f"{post}_id")))
    return ticket


def _get(tickets, number):
    try:
        return tickets.get(number=number)
    except Ticket.DoesNotExist:
        raise Http404 from None


@prepared
def _people(*ids):
    return User.objects.filter(pk__in=ids).order_by()


def ticket_for(request: PersonRequest, number: str, verb: str) -> Ticket:
    """As `readable_ticket`; PermissionDenied where the person may read it but not do `verb`."""
    ticket = readable_ticket(request, number)
    if not access.may(request.user, verb, ticket):
        raise PermissionDenied
    return ticket


def readable_article(request: HttpRequest, ticket: Ticket, number: int) -> Article:
    """Article `number` of a readable ticket. Http404 alike for unknown, internal (to non-agents) and deleted ones."""
    try:
        return ticket.articles.visible_to(request.user).get(number=number)
    except Article.DoesNotExist:
        raise Http404 from None

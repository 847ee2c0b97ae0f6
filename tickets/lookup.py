"""The ticket a URL names, for those who may read it and do what they came for."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from opsi.requests import PersonRequest
from tickets import access
from tickets.models import Article, Ticket


def readable_ticket(request: HttpRequest, number: str) -> Ticket:
    """The ticket `number`, with all its header names. Http404 alike where there is none and where it is hidden."""
    try:
        return Ticket.objects.readable_by(request.user).with_labels().get(number=number)
    except Ticket.DoesNotExist:
        raise Http404 from None


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

"""What somebody has read of a ticket, as the zoom page reports it: nothing is marked by GET."""

from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from opsi.methods import see_other
from opsi.requests import PersonRequest
from tickets.lookup import readable_ticket
from tickets.models import Reading, Ticket
from tickets.signals import ticket_read

LAST = 999_999_999


@require_POST
def reading(request: PersonRequest, number: str) -> HttpResponse:
    """The person has seen the articles up to the number `article` (204), or with `all` says so of every one (303).

    The floors above hear of it, with what they had the page report.
    """
    ticket = readable_ticket(request, number)
    is_all = "all" in request.POST
    up_to = LAST if is_all else _article(request)
    with transaction.atomic():
        if up_to is not None:
            Reading.objects.read(ticket, request.user, up_to)
        ticket_read.send(sender=Ticket, ticket=ticket, person=request.user, post=request.POST)
    return see_other(reverse("ticket", args=[ticket.number])) if is_all else HttpResponse(status=204)


def _article(request):
    given = request.POST.get("article", "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise BadRequest("`article` is no article's number")
    return int(given)

"""What is answered to whoever begins or stops to watch themselves, or adds somebody from where they read."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from opsi.methods import see_other
from opsi.requests import PersonRequest
from tickets import access
from tickets.models import Ticket
from tickets.views.answers import list_again
from watchers import zoom
from watchers.policy import Rights


def after_own_watch(request: PersonRequest, rights: Rights, text: str) -> HttpResponse:
    """`text`, and button and panel as they are now; a plain form is led back to where it stood."""
    if not access.may(request.user, "read", rights.ticket):
        return leave(request, rights.ticket)
    if request.htmx:
        return render(request, "watchers/actions.html#answer", {"said": text} | zoom.standing(rights))
    messages.success(request, text)
    return see_other(_back(request, rights.ticket))


def leave(request: PersonRequest, ticket: Ticket) -> HttpResponse:
    """Their watch was all that let them read: where they stand would now be a 404."""
    messages.success(
        request,
        _("You no longer watch ticket %(number)s, and so can no longer read it.") % {"number": ticket.number},
    )
    is_list = request.POST.get("back") in {"watched", "list"}
    goal = _back(request, ticket) if is_list else reverse("ticket_list")
    return HttpResponseClientRedirect(goal) if request.htmx else see_other(goal)


def _back(request, ticket):
    """Where the switch stood: a name and not an address, so that no forged form can send people elsewhere."""
    match request.POST.get("back"):
        case "watched":
            return reverse("watched")
        case "list":
            return list_again(request.POST.get("query", ""), ticket.number)
    return ticket.get_absolute_url()

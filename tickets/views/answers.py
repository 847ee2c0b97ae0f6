"""How the ticket pages answer: whole pages to browsers, parts of them to htmx."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from opsi.requests import PersonRequest
from tickets.models import Ticket

NAMED = 5


def form_page(request: PersonRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The page of one form, `tickets/form.html`; for htmx just the form, to stand in a dialog."""
    part = "#form" if request.htmx else ""
    response = render(request, f"tickets/form.html{part}", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def go_to(request: PersonRequest, url: str) -> HttpResponse:
    """Lead the whole page on to `url`, also from within a dialog."""
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def show_again(request: PersonRequest, url: str) -> HttpResponse:
    """Show the page below the dialog anew, as far as one had read; a plain browser goes to `url`."""
    return HttpResponseClientRefresh() if request.htmx else redirect(url)


def list_again(query: str, ticket: str = "") -> str:
    """The address of the list of tickets as it was, by its query: whatever is sent, never another page's.

    `ticket`: the number of the row to come back to.
    """
    kept = QueryDict(query[:2000].lstrip("?").replace("\0", ""))
    return (
        reverse("ticket_list")
        + ("?" + kept.urlencode() if kept else "")
        + (f"#ticket-{ticket}" if ticket else "")
    )


def numbers_of(tickets: Iterable[Ticket]) -> str:
    """The first few by number, and how many more there are."""
    tickets = list(tickets)
    numbers = ", ".join(ticket.number for ticket in tickets[:NAMED])
    more = len(tickets) - NAMED
    return f"{numbers} (+{more})" if more > 0 else numbers

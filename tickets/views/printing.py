"""The whole of a ticket on paper: what is known of it and all that was said, oldest first, as it is read there."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from opsi.requests import PersonRequest
from tickets import facts
from tickets.linking import related
from tickets.lookup import readable_ticket

AT_ONCE = 200  # articles; of longer tickets one prints part after part


@require_safe
def print_page(request: PersonRequest, number: str) -> HttpResponse:
    """`?page=` of tickets with more than 200 articles. Formatted articles show their text; customers what is theirs."""
    ticket = readable_ticket(request, number)
    person = request.user
    articles = ticket.articles.visible_to(person).select_related("author").prefetch_related("attachments")
    context = {
        "ticket": ticket,
        "facts": facts.about(ticket, person, frozenset()),
        "clocks": facts.clocks(ticket, person),
        "related": related(ticket, person),
        "now": timezone.now(),
        "page": Paginator(articles.defer("html").order_by("number"), AT_ONCE).get_page(
            request.GET.get("page")
        ),
    }
    return render(request, "tickets/print.html", context)

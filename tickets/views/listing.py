"""The list of the tickets one may read."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from opsi.requests import PersonRequest
from tickets.forms.filtering import DEFAULT_SORT, filter_for
from tickets.models import Ticket

PAGE = 25
FURTHEST_PAGE = 400  # whoever wants to see more than ten thousand rows narrows the list down
COUNTED = 1000  # counting further costs time and tells nobody anything


@require_safe
def tickets(request: PersonRequest) -> HttpResponse:
    """Filters and `sort` as in `tickets.forms.filtering`, `page` from 1. A ticket's whole number leads right to it."""
    readable = Ticket.objects.readable_by(request.user)
    words = request.GET.get("q", "").strip()
    if words.isdecimal() and len(words) == 16 and (named := readable.filter(number=words).first()):
        return redirect(named)
    filters = filter_for(request.user)(request.GET, readable, request=request)
    valid = filters.is_valid()
    found = filters.qs if valid else readable.none()
    context = {"filters": filters, "form": filters.form, **_page(request, found)}
    context["sort"] = filters.form.cleaned_data.get("sort") or DEFAULT_SORT
    context["narrowed"] = bool(set(request.GET) & set(filters.form.fields) - {"sort"})
    return render(request, "tickets/list.html", context, status=200 if valid else 422)


def _page(request, found) -> dict[str, Any]:
    """One page of rows, and whether there is one more: no statement counts all there is."""
    text = request.GET.get("page", "")
    number = min(max(int(text), 1), FURTHEST_PAGE) if text.isdecimal() and len(text) < 7 else 1
    first = (number - 1) * PAGE
    rows = list(found.select_related("queue", "owner", "customer", "created_by")[first : first + PAGE + 1])
    count = found.order_by()[: COUNTED + 1].count()
    return {
        "tickets": rows[:PAGE],
        "first": first + 1,
        "last": first + len(rows[:PAGE]),
        "count": min(count, COUNTED),
        "counted_all": count <= COUNTED,
        "newer": number - 1 if number > 1 else None,
        "older": number + 1 if len(rows) > PAGE and number < FURTHEST_PAGE else None,
    }

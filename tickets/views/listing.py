"""The list of the tickets one may read."""

from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from opsi.requests import PersonRequest
from opsi.roles import AgentRole
from tickets import access, list_views
from tickets.forms.filtering import TicketFilter, filter_for
from tickets.list_views import COUNTED, View
from tickets.models import ListFilter, Ticket
from tickets.selection import MOST

PAGE = 25
FURTHEST_PAGE = 400  # whoever wants to see more than ten thousand rows narrows the list down


@require_safe
def home(request: PersonRequest) -> HttpResponse:
    """The list at the filter its person chose to begin with, else as it is: nothing one can read is out of sight."""
    return _list(request, starts=not request.GET)


@require_safe
def tickets(request: PersonRequest) -> HttpResponse:
    """Filters, `view` and `sort` as in `tickets.forms.filtering`, `saved` (a ListFilter), `page` from 1.

    A ticket's whole number leads right to it.
    """
    return _list(request)


def _list(request, *, starts=False):
    kept = list(request.user.list_filters.all())
    opened = _opened(request, kept, starts)
    filters = filters_of(request, opened)
    words = request.GET.get("q", "").strip()
    is_number = words.isdecimal() and len(words) == 16
    if is_number and (named := filters.queryset.filter(number=words).first()):
        return redirect(named)
    if not filters.is_valid():
        context = _context(request, filters, kept, opened) | {"tickets": []}
        # What was saved and asks for what is gone by now finds nothing; that is nobody's mistake.
        asked = set(request.GET) & set(filters.form.errors)
        return render(request, "tickets/list.html", context, status=422 if asked or not opened else 200)
    found = {view.name: filters.found(view) for view in filters.views}
    counts = list_views.counts(request.user, found, newest_first=True)
    context = _context(request, filters, kept, opened, counts)
    context |= _page(request, filters.found(filters.view), counts[filters.view.name])
    return render(request, "tickets/list.html", context)


def _opened(request, kept, starts) -> ListFilter | None:
    """The saved filter that is asked for, or that the list begins with. Http404 alike for another's and for none."""
    if starts:
        begins = [one for one in kept if one.starts_since]
        return max(begins, key=lambda one: one.starts_since, default=None)
    if "saved" not in request.GET:
        return None
    opened = next((one for one in kept if str(one.pk) == request.GET["saved"]), None)
    if opened is None:
        raise Http404
    return opened


def found_for(request: PersonRequest, most: int) -> dict[str, int | None]:
    """{number: version} of what the list of this query finds, in its order, `most` at most; {} for a bad query."""
    filters = filters_of(request, _opened(request, list(request.user.list_filters.all()), starts=False))
    if not filters.is_valid():
        return {}
    return dict(filters.found(filters.view).values_list("number", "version")[:most])


def filters_of(request: PersonRequest, opened: ListFilter | None = None) -> TicketFilter:
    """What the query asks for, beyond what the saved filter `opened` does."""
    views = list_views.views_for(request.user)
    everything = next(view for view in views if view.name == "all")
    readable = Ticket.objects.readable_by(request.user)
    asked = _asked(request, opened)
    return filter_for(request.user)(asked, readable, request=request, views=views, view=everything)


def _asked(request, opened):
    asked = QueryDict(mutable=True)
    asked.update(opened.asks if opened else {})
    for name in request.GET:
        if name != "saved":
            asked[name] = request.GET[name]
    return asked


def _context(request, filters: TicketFilter, kept, opened, counts=None) -> dict[str, Any]:
    counts = counts or {}
    here = request.GET.copy()
    if opened is not None:
        here["saved"] = str(opened.pk)
    else:
        here["view"] = filters.view.name
    asked = _asked(request, opened)
    return {
        "form": filters.form,
        "sort": filters.form.cleaned_data.get("sort"),
        "view": filters.view,
        "here": here,
        "tabs": [(view, counts.get(view.name), _leads_to(asked, view, filters)) for view in filters.views],
        "kept": kept,
        "opened": opened,
        "asked": urlencode(filters.asks()),
        "narrowed": filters.narrows,
        "counted": COUNTED,
        "most": MOST,
        "works": request.user.is_agent and request.user.holds(AgentRole.USER),
        "all_chosen": request.GET.get("chosen") == "page",
        # Asked for where nothing is found, and nowhere else.
        "no_queue": lambda: not access.queues_for_new_tickets(request.user).exists(),
        "none_yet": lambda: not Ticket.objects.readable_by(request.user).exists(),
    }


def _leads_to(asked: QueryDict, view: View, filters: TicketFilter) -> str:
    """The query of another view: what is asked for besides stays, but not a state that was the old view's own."""
    query = asked.copy()
    query["view"] = view.name
    query.pop("page", None)
    query.pop("chosen", None)
    if query.get("state") == filters.view.state:
        query.pop("state")
    return "?" + query.urlencode()


def _page(request, found, count) -> dict[str, Any]:
    """One page of rows, and whether there is one more: no statement counts all there is."""
    text = request.GET.get("page", "")
    number = min(max(int(text), 1), FURTHEST_PAGE) if text.isdecimal() and len(text) < 7 else 1
    first = (number - 1) * PAGE
    rows = list(found.select_related("queue", "owner", "customer", "created_by")[first : first + PAGE + 1])
    return {
        "tickets": rows[:PAGE],
        "first": first + 1,
        "last": first + len(rows[:PAGE]),
        "count": min(count, COUNTED),
        "counted_all": count <= COUNTED,
        "newer": number - 1 if number > 1 else None,
        "older": number + 1 if len(rows) > PAGE and number < FURTHEST_PAGE else None,
    }

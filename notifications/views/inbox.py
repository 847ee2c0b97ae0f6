"""The inbox and what is done with its rows. A row of somebody else, or one hidden, is not there: 404 alike."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from notifications.badge import Badge
from notifications.inbox_list import PAGE, SHOWN, Filter, lines
from notifications.models import InboxRow, NotificationFunction
from notifications.models.inbox import InboxQuerySet
from notifications.pausing import pause_of
from notifications.snoozing import Snooze
from opsi.methods import asks_to_delete, see_other
from opsi.requests import PersonRequest
from tickets.lookup import readable_ticket

CHANGED = "inbox-changed"  # what badge.js listens to


@require_safe
@never_cache
def inbox(request: PersonRequest) -> HttpResponse:
    chosen = Filter.of(request.GET)
    badge = Badge.on(request)  # before the rows: news between the two must still be news to the page
    found, following = chosen.page(request.user)
    context = {
        "chosen": chosen,
        "lines": found,
        "following": following,
        "badge": badge,
        "function": NotificationFunction.load(),
        "pause": pause_of(request.user),
        "queues": chosen.queues(request.user),
        "snoozes": Snooze.choices,
        "newest": max((line.row.notice_id for line in found), default=0),
    }
    return render(request, "notifications/inbox.html", context)


@require_POST
def reading_of_all(request: PersonRequest) -> HttpResponse:
    """Mark as read all that is unread, up to the notice `until`: what came after the page was made stays unread."""
    number = request.user.inbox.up_to(_until(request)).mark_read()
    if number:
        text = ngettext("%(count)s marked as read.", "%(count)s marked as read.", number)
        messages.success(request, text % {"count": number})
    return see_other(reverse("inbox") + Filter.of(request.GET).query())


@require_POST
def opening(request: PersonRequest, row: int) -> HttpResponse:
    """Mark a row as read and lead to the article its last notice is about, or to the ticket."""
    opened = _row(request, row)
    [line] = lines([opened], request.user)
    tickets = {ticket.number: ticket for ticket in line.tickets if ticket.pk not in line.left}
    if opened.ticket_id is None:
        ticket = tickets.get(request.POST.get("ticket", ""))
    else:
        ticket = line.tickets[0] if line.can_open else None
    _as_seen(request, opened).mark_read()
    if ticket is None:
        return see_other(reverse("inbox") + Filter.of(request.GET).here)
    if line.article is None:
        return see_other(ticket.get_absolute_url())
    # Which may be another ticket's by now: a merge takes articles along.
    number = line.article.number
    return see_other(f"{line.article.ticket.get_absolute_url()}?article={number}#article-{number}")


@require_http_methods(["POST", "DELETE"])
def reading(request: PersonRequest, row: int) -> HttpResponse:
    """POST: mark as read. DELETE: mark as unread."""
    return _change(request, row, InboxQuerySet.mark_read, InboxQuerySet.mark_unread, stays=True)


@require_http_methods(["POST", "DELETE"])
def done(request: PersonRequest, row: int) -> HttpResponse:
    """POST: put aside as done. DELETE: bring back."""
    return _change(request, row, InboxQuerySet.mark_done, InboxQuerySet.mark_undone)


@require_http_methods(["POST", "DELETE"])
def saved(request: PersonRequest, row: int) -> HttpResponse:
    """POST: save for later. DELETE: let go."""
    return _change(request, row, InboxQuerySet.save_for_later, InboxQuerySet.let_go)


@require_POST
def ticket_reading(request: PersonRequest, number: str) -> HttpResponse:
    """Sent by the zoom page once it shows: the person has read of this ticket, up to the notice `until`."""
    ticket = readable_ticket(request, number)
    request.user.inbox.filter(ticket=ticket).up_to(_until(request)).mark_read()
    return HttpResponse(status=204)


VERBS: dict[str, Callable[[InboxQuerySet], int]] = {
    "read": InboxQuerySet.mark_read,
    "unread": InboxQuerySet.mark_unread,
    "done": InboxQuerySet.mark_done,
    "saved": InboxQuerySet.save_for_later,
}
type Verb = Callable[[InboxQuerySet], object]


@require_http_methods(["POST", "DELETE"])
def snooze(request: PersonRequest, row: int) -> HttpResponse:
    """POST: out of sight until the moment named `moment`. DELETE: bring back now."""

    def put_off(rows: InboxQuerySet) -> int:
        moment = request.POST.get("moment", "")
        if moment not in Snooze.values:
            raise BadRequest("`moment` is none of those offered")
        return rows.snooze(Snooze(moment).until(timezone.now(), request.user.time_zone))

    return _change(request, row, put_off, InboxQuerySet.wake)


@require_POST
def selection(request: PersonRequest) -> HttpResponse:
    """Do one thing (`do`) with the chosen rows (`row`); of what came since the page was made nothing is touched."""
    verb = VERBS.get(request.POST.get("do", ""))
    if verb is None:
        raise BadRequest("`do` is none of the verbs")
    chosen = [int(row) for row in request.POST.getlist("row")[:PAGE] if row.isdecimal() and len(row) < 19]
    rows = InboxRow.objects.of(request.user).filter(pk__in=chosen).up_to(_until(request))
    mine = [row.pk for row in rows.readable_rows(request.user)]
    verb(InboxRow.objects.filter(pk__in=mine).up_to(_until(request)))
    text = ngettext("%(count)s notification changed.", "%(count)s notifications changed.", len(mine))
    messages.success(request, text % {"count": len(mine)})
    return see_other(reverse("inbox") + Filter.of(request.GET).here)


def _change(request, pk, make: Verb, take_back: Verb, stays=False):
    row = _row(request, pk)
    deleting = asks_to_delete(request)
    if not deleting and "_method" in request.POST:
        return HttpResponseNotAllowed(["POST", "DELETE"])
    (take_back if deleting else make)(_as_seen(request, row))
    chosen = Filter.of(request.GET)
    if not request.htmx or request.htmx.target == "inbox":
        return see_other(reverse("inbox") + chosen.here)
    shown = Filter() if stays else Filter(chosen.view)
    rows = list(shown.rows(request.user).select_related(*SHOWN).filter(pk=pk))
    if not rows:
        # It left the list: what is said of it offers the way back.
        row.refresh_from_db()
        context = {"row": row, "undo": request.path, "chosen": chosen, "can_undo": not deleting}
        gone = render(request, "notifications/inbox.html#gone", context)
        return trigger_client_event(gone, CHANGED)
    [line] = lines(rows, request.user)
    response = render(
        request, "notifications/inbox.html#row", {"line": line, "chosen": chosen, "snoozes": Snooze.choices}
    )
    return trigger_client_event(response, CHANGED)


def _row(request, pk):
    rows = InboxRow.objects.of(request.user).select_related(*SHOWN).filter(pk=pk)
    for row in rows.readable_rows(request.user):
        return row
    raise Http404


def _as_seen(request, row):
    """The row, unless it has had a notice since the page was made that says `until` which one it showed."""
    return InboxRow.objects.filter(pk=row.pk).up_to(_until(request))


def _until(request):
    given = request.POST.get("until", "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise BadRequest("`until` is no notice's id")
    return int(given)

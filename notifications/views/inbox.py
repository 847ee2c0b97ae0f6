"""The inbox as it is shown. A row of somebody else, or one hidden, is not there: 404 alike."""

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from notifications.badge import Badge
from notifications.inbox_filter import Filter
from notifications.inbox_fold import unfold
from notifications.inbox_list import SHOWN, lines
from notifications.models import InboxRow, NotificationFunction
from notifications.pausing import pause_of
from notifications.snoozing import Snooze
from opsi.requests import PersonRequest
from opsi.sessions import unattended


@require_safe
@never_cache
def inbox(request: PersonRequest) -> HttpResponse:
    return inbox_page(request)


@unattended
@require_safe
@never_cache
def rows(request: PersonRequest) -> HttpResponse:
    """The inbox without the page around it: an open page renews itself from here."""
    return inbox_page(request, template="notifications/inbox.html#inbox")


def inbox_page(
    request: PersonRequest,
    status: int = 200,
    template: str = "notifications/inbox.html",
    **refused: dict[str, object],
) -> HttpResponse:
    """`refused`: `snooze` and `filter`, what was refused, {"error": text, …} to be shown where it was given."""
    chosen = Filter.of(request.GET)
    badge = Badge.on(request)  # before the rows: news between the two must still be news to the page
    found, following = chosen.page(request.user)
    tabs = chosen.tabs(request.user, badge, list(request.user.inbox_filters.all()))
    for line in found:
        if refused.get("snooze", {}).get("row") == line.row.pk:
            line.wrong = refused["snooze"]
    context = {
        "chosen": chosen,
        "tabs": tabs,
        "kept": next((tab for tab in tabs if tab.own and tab.is_current), None),
        "lines": found,
        "following": following,
        "badge": badge,
        "function": NotificationFunction.load(),
        "pause": pause_of(request.user) if badge.is_paused else None,
        "queues": chosen.queues(request.user),
        "newest": max((line.row.notice_id for line in found), default=0),
        "refused": refused,
        **snoozes(request.user),
    }
    return render(request, template, context, status=status)


def snoozes(person) -> dict[str, object]:
    """What a row's menu offers: (value, label, moment) as it reads, since every row has them."""
    now = timezone.now()
    offers = [
        (value, str(label), date_format(timezone.localtime(moment), "D H:i"))
        for value, label, moment in Snooze.offers(now, person.time_zone)
    ]
    return {"snoozes": offers, "soonest": date_format(timezone.localtime(now), r"Y-m-d\TH:i")}


@require_safe
@never_cache
def notices(request: PersonRequest, row: int) -> HttpResponse:
    """What the row folds: a page of its own, and for script what unfolds in the list."""
    [line] = lines([row_of(request, row)], request.user)
    if line.row.ticket_id is None or not line.can_open:
        raise Http404
    context = {"line": line, "fold": unfold(line.row, request.user), "chosen": Filter.of(request.GET)}
    part = "#fold" if request.htmx else ""
    return render(request, f"notifications/inbox_fold.html{part}", context)


@unattended
@require_safe
@never_cache
def newest(request: PersonRequest) -> JsonResponse:
    """What a browser notification may say of the newest unread row: {"number": str, "title": str}, "" for none."""
    found, _following = Filter("unread").page(request.user, at_most=1)
    number = title = ""
    for line in found:
        if line.row.ticket_id is None:
            title = line.subject
        elif line.can_open:
            number, title = line.tickets[0].number, line.tickets[0].title
    return JsonResponse({"number": number, "title": title})


def row_of(request: PersonRequest, pk: int) -> InboxRow:
    """The person's own row that they may see now; 404 elsewhere."""
    rows = InboxRow.objects.of(request.user).prefetch_related(SHOWN).filter(pk=pk)
    for row in rows.readable_rows(request.user):
        return row
    raise Http404

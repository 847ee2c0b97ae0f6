"""What is done with one row. A row of somebody else, or one hidden, is not there: 404 alike."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from notifications import inbox_acts as acts
from notifications.inbox_filter import Filter
from notifications.inbox_list import SHOWN, lines
from notifications.models import InboxRow
from notifications.reading import until_in
from notifications.snoozing import OwnMoment, Snooze
from notifications.views.inbox import inbox_page, row_of, snoozes
from opsi.methods import asks_to_delete, see_other
from opsi.requests import PersonRequest
from opsi.templatetags.moments import exact
from tickets.models import Reading

CHANGED = "inbox-changed"  # what badge.js listens to


@require_POST
def opening(request: PersonRequest, row: int) -> HttpResponse:
    """Mark a row as read and lead to the article its last notice is about, or to the ticket."""
    opened = row_of(request, row)
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
    Reading.objects.read(line.article.ticket, request.user, number)
    return see_other(f"{line.article.ticket.get_absolute_url()}?article={number}#article-{number}")


@require_http_methods(["POST", "DELETE"])
def reading(request: PersonRequest, row: int) -> HttpResponse:
    """POST: mark as read. DELETE: mark as unread."""
    return _change(request, row_of(request, row), acts.READ, acts.UNREAD, stays=True)


@require_http_methods(["POST", "DELETE"])
def done(request: PersonRequest, row: int) -> HttpResponse:
    """POST: put aside as done. DELETE: bring back."""
    return _change(request, row_of(request, row), acts.DONE, acts.UNDONE)


@require_http_methods(["POST", "DELETE"])
def saved(request: PersonRequest, row: int) -> HttpResponse:
    """POST: save for later. DELETE: let go."""
    return _change(request, row_of(request, row), acts.SAVED, acts.LET_GO)


@require_http_methods(["POST", "DELETE"])
def snooze(request: PersonRequest, row: int) -> HttpResponse:
    """POST: out of sight until the moment named `moment`; `own` is the one given as `at`. DELETE: bring back now."""
    asleep = row_of(request, row)
    if asks_to_delete(request) or "_method" in request.POST:
        return _change(request, asleep, acts.AWAKE, acts.AWAKE)
    moment = request.POST.get("moment", "")
    if moment == "own":
        form = OwnMoment(request.POST)
        if not form.is_valid():
            return _refuse(request, asleep, form)
        until = form.cleaned_data["at"]
    elif moment in Snooze.values:
        until = Snooze(moment).until(timezone.now(), request.user.time_zone)
    else:
        raise BadRequest("`moment` is none of those offered")
    put_off = acts.Verb(lambda rows, act: rows.snooze(until, act), acts.SNOOZED)
    return _change(request, asleep, put_off, acts.AWAKE, time=exact(until, with_zone=False))


def _refuse(request, row, form):
    """Say beside the field what is wrong with the moment: in the row for script, else on the whole page."""
    refused = {"row": row.pk, "at": form.data.get("at", "")[:40], "error": form.errors["at"][0]}
    if not request.htmx:
        return inbox_page(request, status=422, snooze=refused)
    [line] = lines([row], request.user)
    line.wrong = refused
    context = {"line": line, "chosen": Filter.of(request.GET)}
    return render(request, "notifications/inbox.html#row", context | snoozes(request.user), status=422)


def _change(request, row, make: acts.Verb, take_back: acts.Verb, *, stays=False, **words):
    deleting = asks_to_delete(request)
    if not deleting and "_method" in request.POST:
        return HttpResponseNotAllowed(["POST", "DELETE"])
    chosen = Filter.of(request.GET)
    as_seen = _as_seen(request, row)
    changed = acts.perform(request, as_seen, take_back if deleting else make, chosen.here, **words)
    if not changed and _has_news(request, row):
        messages.info(request, _("News came meanwhile: nothing was changed."))
    if not request.htmx:
        return see_other(reverse("inbox") + chosen.here)
    # What is no longer unread stays where it is in the view of what is, until the list is renewed.
    shown = Filter() if stays else Filter(chosen.view)
    rows = list(shown.rows(request.user).prefetch_related(SHOWN).filter(pk=row.pk))
    context = {"line": next(lines(rows, request.user), None), "chosen": chosen, **snoozes(request.user)}
    response = render(request, "notifications/inbox.html#changed", context)
    return trigger_client_event(response, CHANGED)


def _has_news(request, row):
    """Whether it had a notice since the page was made, or since it was asked for."""
    until = until_in(request.POST) or row.notice_id
    return InboxRow.objects.filter(pk=row.pk, notice__gt=until).exists()


def _as_seen(request, row):
    """The row, unless it has had a notice since the page was made that says `until` which one it showed."""
    return InboxRow.objects.filter(pk=row.pk).up_to(until_in(request.POST))

"""What watching adds to lists of tickets: a switch on every row, and both verbs for all that is chosen."""

import secrets

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from opsi.methods import asks_to_delete, see_other, sent_with
from opsi.parts import render_part
from opsi.requests import PersonRequest
from tickets import access
from tickets.models import Ticket
from tickets.operations import operation
from tickets.selection import Selection
from tickets.views.answers import list_again, numbers_of
from watchers.models import Watcher
from watchers.policy import Policy

# Stands for each ticket's number in the switch, which is drawn once a page: a template a row is much of what a list
# costs. Nothing that anybody sends can hold it.
ANY_NUMBER = secrets.token_hex(8)
MOST = 100  # each is a row of history of its own; a page of a list has a quarter of it


def _watched_among(request, tickets) -> set[int]:
    """The ids of those among a page's `tickets` that whoever asks watches, by a group, too; one statement a page."""
    if "_watched_rows" not in request.__dict__:
        told = Watcher.objects.having_told(request.user).filter(ticket__in=[one.pk for one in tickets])
        request.__dict__["_watched_rows"] = set(told.values_list("ticket", flat=True))
    return request.__dict__["_watched_rows"]


def row(request, ticket: Ticket, tickets, back="", **context) -> str:
    """The slot `tickets.row`: watch it, or stop; nothing where the policy lets them do neither."""
    watching = ticket.pk in _watched_among(request, tickets)
    if not watching and Policy.on(request).of(request.user, ticket).refusal(request.user):
        return ""
    drawn = request.__dict__.setdefault("_watch_switches", {})
    if watching not in drawn:
        context = {"number": ANY_NUMBER, "watching": watching, "back": back}
        drawn[watching] = render_part("watchers/row.html", context, request)
    return drawn[watching].replace(ANY_NUMBER, ticket.number)


def selection(request, **context) -> str:
    """The slot `tickets.selection`; which of the chosen the policy lets them watch is asked when they are sent."""
    return render_part("watchers/selection.html", {}, request)


@require_http_methods(["POST", "DELETE"])
def watched_selection(request: PersonRequest) -> HttpResponse:
    """POST: watch the tickets sent as `ticket`, as far as the policy lets one. DELETE: stop watching them."""
    sent = sent_with(request)
    if sent.get("_method", "").lower() not in {"", "delete"}:
        return HttpResponseNotAllowed(["POST", "DELETE"])
    chosen = Selection.sent(request.user, sent)
    if not chosen.versions:
        messages.info(request, _("Choose tickets first."))
    elif len(chosen.versions) > MOST:
        text = _("At most %(count)d tickets at once: nothing was changed.") % {"count": MOST}
        messages.error(request, text)
    elif asks_to_delete(request):
        _stop(request, chosen)
    else:
        _begin(request, chosen)
    if sent.get("to") == "watched":
        return see_other(reverse("watched"))
    return see_other(list_again(sent.get("back", "")))


def _begin(request, chosen):
    person, policy = request.user, Policy.load()
    # Their own watches alone: who is told by a group may not watch themselves for that.
    own = Watcher.objects.watching().filter(user=person, ticket__in=[one.pk for one in chosen.tickets])
    watched = set(own.values_list("ticket", flat=True))
    refused = [
        ticket
        for ticket in chosen.tickets
        if ticket.pk not in watched and policy.of(person, ticket).refusal(person)
    ]
    begun = []
    with operation(person):
        for ticket in chosen.tickets:
            if ticket not in refused and Watcher.objects.watch(ticket, person, by=person):
                begun.append(ticket)
    if begun:
        text = ngettext(
            "You watch %(count)d more ticket now.", "You watch %(count)d more tickets now.", len(begun)
        )
        messages.success(request, text % {"count": len(begun)})
    elif not refused:
        messages.info(request, _("It was so already: nothing changed."))
    if refused:
        text = _("Your role may not watch these: %(numbers)s.") % {"numbers": numbers_of(refused)}
        messages.warning(request, text)


def _stop(request, chosen):
    person, watches = request.user, Watcher.objects
    with operation(person):
        ended = [
            one
            for one in chosen.tickets
            if watches.unwatch(one, person, by=person) or watches.leave_groups(one, person)
        ]
    if not ended:
        messages.info(request, _("It was so already: nothing changed."))
        return
    text = ngettext(
        "You no longer watch %(count)d ticket.", "You no longer watch %(count)d tickets.", len(ended)
    ) % {"count": len(ended)}
    left = access.allowed(person, "read", ended)
    if lost := [one for one in ended if one.pk not in left]:
        text += " " + _("So you can no longer read: %(numbers)s.") % {"numbers": numbers_of(lost)}
    messages.success(request, text)

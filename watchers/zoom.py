"""What watching adds to the pages of the floors below: buttons and panel of the zoom page, a field, a link on top."""

from django.db.models import Count, Q
from django.template.loader import render_to_string

from opsi.requests import PersonRequest
from tickets import access
from tickets.models import Ticket
from tickets.moving import Move
from watchers.beginning import logins_in, people_with, problems, rights_on_a_draft
from watchers.choices import TargetKind
from watchers.dialog import prepare
from watchers.models import Watcher
from watchers.policy import Policy, Rights, target_kind

IN_THE_PANEL = 8


def standing(rights: Rights) -> dict:
    """Who watches, as buttons and panel tell it to the setter: only whom they may see, counted and named."""
    numbers = rights.visible().aggregate(count=Count("pk"), mine=Count("pk", filter=Q(user=rights.setter)))
    watching = bool(numbers["mine"])
    newest_last = rights.visible().select_related("user__customer", "added_by").order_by("since", "pk")
    return {
        "ticket": rights.ticket,
        "count": numbers["count"],
        "watching": watching,
        "may_watch": watching or rights.may_add_themselves(),
        "watches": prepare(rights, newest_last[:IN_THE_PANEL]),
        "more": max(numbers["count"] - IN_THE_PANEL, 0),
    }


def _standing(request, ticket):
    # Two slots of one page ask the same.
    known = request.__dict__.setdefault("_watchers_standing", {})
    if ticket.pk not in known:
        known[ticket.pk] = standing(Policy.on(request).of(request.user, ticket))
    return known[ticket.pk]


def actions(request, ticket: Ticket, **context) -> str:
    return render_to_string("watchers/actions.html", _standing(request, ticket), request)


def panel(request, ticket: Ticket, **context) -> str:
    return render_to_string("watchers/panel.html", _standing(request, ticket), request)


def moving(request, ticket: Ticket, move: Move, **context) -> str:
    """The slot `ticket.moving`: how many watchers whom the mover may see are left with nothing but their watch."""
    rights = Policy.on(request).of(request.user, ticket)
    asked = {person.pk for person in move.left_out.values()}
    watching = [watch.user for watch in rights.visible().select_related("user__customer")]
    told = {
        person.pk
        for person in watching
        if person.is_notifiable and target_kind(ticket, person) != TargetKind.OTHER_CUSTOMER
    }
    by_right = {person for _ticket, person in access.pairs([move.moved], watching, by_right=True)}
    context = {
        "count": len(told - by_right - asked),
        "grants": rights.policy.watching_grants_reading,
        "queue": move.queue,
    }
    return render_to_string("watchers/moving.html", context, request)


def hidden_events(request: PersonRequest, ticket: Ticket) -> Q | None:
    """The watches, begun and ended, of people whom whoever asks may not see among the watchers."""
    rights = Policy.on(request).of(request.user, ticket)
    if rights.sees_all:
        return None
    watches = Watcher.objects.filter(ticket=ticket).select_related("user")
    hidden = [
        watch.user_id
        for watch in watches
        if watch.user is not None and not rights.may_see(watch.user, watch.added_by_id)
    ]
    return Q(name="TicketSubscribe", new__id__in=hidden) | Q(name="TicketUnsubscribe", old__id__in=hidden)


def header(request, **context) -> str:
    return render_to_string("watchers/header.html", {}, request)


def field(request, form_data=None, **context) -> str:
    logins = logins_in(form_data) if form_data is not None else []
    against = (
        problems(rights_on_a_draft(request.user, form_data), logins, people_with(logins)) if logins else []
    )
    return render_to_string("watchers/field.html", {"logins": logins, "problems": against}, request)

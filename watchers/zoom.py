"""What watching adds to the pages of the floors below: buttons and panel of the zoom page, a field, a link on top."""

from functools import reduce
from operator import or_

from django.db.models import Count, F, Q, Subquery

from opsi.models import User
from opsi.parts import render_part
from opsi.prepared import prepared
from opsi.requests import PersonRequest
from tickets import access
from tickets.models import Ticket
from tickets.moving import Move
from watchers.beginning import logins_in, people_with, problems, rights_on_a_draft
from watchers.choices import Extent, TargetKind
from watchers.dialog import prepare
from watchers.kinds import of_kind, target_kind
from watchers.models import Watcher
from watchers.policy import Policy, Rights
from watchers.watched import Watched
from watchers.watching import OPTIONS

IN_THE_PANEL = 8


def standing(rights: Rights) -> dict:
    """Who watches, as buttons and panel tell it to the setter: only whom they may see, counted and named."""
    shown = _first_of_all(rights.ticket) if rights.sees_everything else list(_first(rights.listed()))
    count = shown[0].count if shown else 0
    own, by_group = _of_the_setter(rights)
    watching = own is not None or by_group
    return {
        "ticket": rights.ticket,
        "count": count,
        "watching": watching,
        "by_group": by_group,
        "own": Watcher(**{name: getattr(own, name) for name in OPTIONS}) if own else None,
        "may_watch": watching or rights.may_add_themselves(),
        "watches": prepare(rights, shown),
        "more": max(count - IN_THE_PANEL, 0),
    }


def _of_the_setter(rights: Rights) -> tuple[Watcher | None, bool]:
    """Their own watch, and whether they are told by a group alone. One statement."""
    watches = _telling(rights.ticket, rights.setter)
    own = next((watch for watch in watches if watch.user_id), None)
    return own, own is None and bool(watches)


def _first(watches):
    groups_first = (F("group").asc(nulls_last=True), "since", "pk")
    # One statement for the few that are shown and the number of all, which does not join people to all of them.
    number = watches.order_by().values("ticket").annotate(number=Count("pk")).values("number")
    first = Watcher.objects.filter(pk__in=watches.order_by(*groups_first).values("pk")[:IN_THE_PANEL])
    with_names = first.select_related("user__customer", "group", "added_by")
    return with_names.annotate(count=Subquery(number)).order_by(*groups_first)


@prepared
def _first_of_all(ticket):
    return _first(Watcher.objects.watching().filter(ticket=ticket))


@prepared
def _telling(ticket, person):
    return Watcher.objects.having_told(person).filter(ticket=ticket).order_by()


def _standing(request, ticket):
    # Two slots of one page ask the same.
    known = request.__dict__.setdefault("_watchers_standing", {})
    if ticket.pk not in known:
        known[ticket.pk] = standing(Policy.on(request).of(request.user, ticket))
    return known[ticket.pk]


def actions(request, ticket: Ticket, **context) -> str:
    return render_part("watchers/actions.html", _standing(request, ticket), request)


def panel(request, ticket: Ticket, **context) -> str:
    return render_part("watchers/panel.html", _standing(request, ticket), request)


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
    return render_part("watchers/moving.html", context, request)


def moving_many(request, moves, **context) -> str:
    """The slot `tickets.moving`: the same of many tickets, in a fixed number of statements; people, not watches."""
    policy = Policy.on(request)
    rights = {ticket.pk: policy.of(request.user, ticket) for ticket in moves.tickets}
    under_way = (
        Watcher.objects.watching().filter(ticket__in=rights, group=None).select_related("user__customer")
    )
    told = {
        (watch.ticket_id, watch.user): watch
        for watch in under_way
        if watch.user.is_notifiable
        and rights[watch.ticket_id].may_see(watch.user, watch.added_by_id)
        and target_kind(rights[watch.ticket_id].ticket, watch.user) != TargetKind.OTHER_CUSTOMER
    }
    asked = {
        (ticket.pk, getattr(ticket, f"{post}_id"))
        for post, tickets in moves.left_out.items()
        for ticket in tickets
    }
    by_right = access.pairs(moves.moved, {user for _ticket, user in told}, by_right=True) | asked
    left = {user.pk for ticket, user in told if (ticket, user.pk) not in by_right}
    context = {"count": len(left), "grants": policy.watching_grants_reading, "queue": moves.queue}
    return render_part("watchers/moving.html", context, request)


def hidden_events(request: PersonRequest, ticket: Ticket) -> Q | None:
    """The watches, begun and ended, of people whom whoever asks may not see among the watchers."""
    return hidden_from(Policy.on(request).of(request.user, ticket))


def hidden_from(rights: Rights) -> Q | None:
    """As `hidden_events`, where no request asks."""
    if rights.sees_everything:
        return None
    ticket = rights.ticket
    watches = Watcher.objects.filter(ticket=ticket).select_related("user")
    hidden = [
        watch.user_id
        for watch in watches
        if watch.user is not None and not rights.may_see(watch.user, watch.added_by_id)
    ]
    begun_or_changed = Q(name__in=["TicketSubscribe", "TicketWatchUpdate"])
    kept = begun_or_changed & Q(new__id__in=hidden) | Q(name="TicketUnsubscribe", old__id__in=hidden)
    if rights.sees_groups:
        return kept
    return (
        kept | begun_or_changed & Q(new__has_key="group") | Q(name="TicketUnsubscribe", old__has_key="group")
    )


def hidden_people(writer: User, ticket: Ticket) -> Q | None:
    """The people whom `writer`'s cells of the policy keep from them."""
    rights = Policy.load().of(writer, ticket)
    hidden = [of_kind(ticket, kind) for kind in TargetKind if rights.rules[kind].see != Extent.ALL]
    return reduce(or_, hidden) if hidden else None


def header(request, **context) -> str:
    return render_part("watchers/header.html", {"watched": Watched.on(request)}, request)


def field(request, form_data=None, **context) -> str:
    logins = logins_in(form_data) if form_data is not None else []
    against = (
        problems(rights_on_a_draft(request.user, form_data), logins, people_with(logins)) if logins else []
    )
    return render_part("watchers/field.html", {"logins": logins, "problems": against}, request)

"""The views of the list of tickets: which there are for whom, what each narrows to, and how many tickets it has."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import IntegerField, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from opsi.models import User
from opsi.roles import AgentRole, PersonKind
from tickets.choices import COMPLETE_STATES

UNFINISHED, COMPLETE, ANY = "unfinished", "complete", "any"
SOON = datetime.timedelta(days=1)
NEWEST_FIRST = ("-changed_at", "-pk")
COUNTED = 1000  # counting further costs time and tells nobody anything


@dataclass(frozen=True)
class View:
    """`state` is what its state filter says unless somebody asks otherwise; `empty` what to do where nothing is."""

    name: str
    label: str | Promise
    empty: str | Promise
    condition: Q = field(default_factory=Q)
    state: str = UNFINISHED

    def __str__(self):
        return str(self.label)


def views_for(person: User) -> list[View]:
    """In the order in which they are shown. The one named "all" is every ticket they read that is not complete."""
    match person.kind:
        case PersonKind.AGENT:
            return _for_agent(person)
        case PersonKind.CUSTOMER:
            return [_own(person), _all(_("All of %(customer)s") % {"customer": person.customer}), _complete()]
    return [_all(_("Not complete")), _complete()]


def _for_agent(person):
    views = [
        View(
            "groups",
            _("My groups"),
            _("Nothing is waiting for a group of yours."),
            Q(assignment_group__in=person.groups.values("pk")),
        ),
        View("unassigned", _("Unassigned"), _("Every ticket has an owner."), Q(owner=None)),
        View(
            "due",
            _("Due soon"),
            _("Nothing is overdue, and nothing is due within a day."),
            Q(due_at__lte=timezone.now() + SOON),
        ),
        _all(pgettext_lazy("view", "All")),
    ]
    if person.holds(AgentRole.USER):
        mine = View(
            "mine",
            pgettext_lazy("view", "Mine"),
            _("You own nothing that is not complete. Take what nobody owns yet."),
            Q(owner=person),
        )
        return [mine, *views]
    # Nothing can be given to a viewer, whose views therefore begin with everything.
    return [views[-1], *views[:-1]]


def _own(person):
    return View(
        "mine",
        _("My requests"),
        _("None of your own requests is waiting."),
        Q(created_by=person) | Q(customer_user=person),
    )


def _all(label):
    return View("all", label, _("Nothing is waiting here."))


def _complete():
    return View("complete", _("Complete"), _("Nothing is complete yet."), Q(state__in=COMPLETE_STATES), ANY)


class _Counted(Subquery):
    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def counts(
    person: User, found: Mapping[str, QuerySet], most: int = 0, *, newest_first: bool = False
) -> dict[str, int]:
    """How many tickets each of the named querysets has, as far as `most` (COUNTED) + 1; one statement for all.

    `newest_first` has PostgreSQL walk the indexes of what is not complete, which are in that order. Without, it takes
    any row as likely to count as any other, and begins where the oldest are, of which none does. SQLite would sort.
    """
    order = NEWEST_FIRST if newest_first and connection.vendor == "postgresql" else ()
    each = [
        _Counted(tickets.order_by(*order).values("pk")[: (most or COUNTED) + 1]) for tickets in found.values()
    ]
    # A row to ask beside: whose list it is has exactly one.
    row = User.objects.filter(pk=person.pk).values_list(*each).first() or ()
    return {name: number or 0 for name, number in zip(found, row, strict=True)}

"""Narrowing the list of tickets: for agents by all that matters to them, for others by what is theirs."""

import django_filters
from django import forms
from django.db.models import Case, F, IntegerField, Q, Value, When
from django.utils.choices import BaseChoiceIterator
from django.utils.translation import gettext_lazy as _

from opsi.models import Customer
from opsi.widgets import LongSelect
from tickets import access
from tickets.choices import COMPLETE_STATES, Priority, State, TicketType
from tickets.forms.people import workers
from tickets.list_views import ANY, COMPLETE, UNFINISHED, View
from tickets.models import Ticket
from tickets.searching import title_holds

MINE, NOBODY = "mine", "nobody"
SORTS = {
    "changed": ("changed_at", "id"),
    "created": ("created_at", "id"),
    "number": ("number",),
    "title": ("title", "id"),
    "priority": ("priority_rank", "changed_at", "id"),
    "state": ("state", "id"),
    "type": ("type", "id"),
    "due": ("due_at", "id"),
}
AGENT_SORTS = SORTS | {
    "queue": ("queue__name", "id"),
    "owner": ("owner__full_name", "id"),
    "customer": ("customer__name", "id"),
}
_COLUMNS = {
    "changed": _("Changed"),
    "created": _("Age"),
    "number": _("Number"),
    "title": _("Title"),
    "priority": _("Priority"),
    "state": _("State"),
    "type": _("Type"),
    "due": _("Due"),
    "queue": _("Queue"),
    "owner": _("Owner"),
    "customer": _("Customer"),
}
_WAYS = (("", "↑"), ("-", "↓"))
# What many tickets have none of stands at the end, whichever way it is sorted.
LAST_WHERE_NONE = frozenset({"due_at", "owner__full_name", "customer__name"})
DEFAULT_SORT = "-changed"

_priority_rank = Case(
    *(When(priority=priority, then=Value(rank)) for rank, priority in enumerate(Priority.values)),
    output_field=IntegerField(),
)


def in_state(state: str) -> Q:
    match state:
        case "any":
            return Q()
        case "unfinished":
            return ~Q(state__in=COMPLETE_STATES)
        case "complete":
            return Q(state__in=COMPLETE_STATES)
    return Q(state=state)


class TicketFilter(django_filters.FilterSet):
    """What everyone can narrow by. A search looks everywhere; without one, complete tickets stay out of sight.

    `qs` is narrowed by everything but view and state, whose default is the view's: `found(view)` has both.
    """

    sorts = SORTS

    q = django_filters.CharFilter(
        label=_("Search"), method="search", max_length=200, widget=forms.TextInput({"type": "search"})
    )
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[(UNFINISHED, _("Not complete")), (COMPLETE, _("Complete")), (ANY, _("Any")), *State.choices],
        method="later",
        empty_label=None,
    )
    priority = django_filters.ChoiceFilter(
        label=_("Priority"), choices=Priority.choices, empty_label=_("Any")
    )
    type = django_filters.ChoiceFilter(label=_("Type"), choices=TicketType.choices, empty_label=_("Any"))
    view = django_filters.ChoiceFilter(method="later", empty_label=None, widget=forms.HiddenInput)
    # Also for what is no column, and where there are none, on narrow screens.
    sort = django_filters.ChoiceFilter(label=_("Sort by"), method="sorted_by", empty_label=None)

    class Meta:
        model = Ticket
        fields: list[str] = []

    def __init__(self, data, queryset, *, request, views: list[View], view: View):
        """`views` there are to choose from; `view` is the one where `data` names none."""
        given = data.copy()
        given.setdefault("view", view.name)
        self.views = views
        self.view = next((one for one in views if one.name == given["view"]), view)
        self.states_by_view = "state" not in given
        if given.get("q", "").strip():
            self.states_by_view = False
            given.setdefault("state", ANY)
        given.setdefault("state", self.view.state)
        given.setdefault("sort", DEFAULT_SORT)
        super().__init__(given, queryset, request=request)
        self.filters["view"].extra["choices"] = [(one.name, one.label) for one in views]
        self.filters["sort"].extra["choices"] = [
            (sign + name, f"{_COLUMNS[name]} {arrow}") for name in self.sorts for sign, arrow in _WAYS
        ]

    @property
    def narrows(self) -> bool:
        """Whether more is asked for than the view itself."""
        state = self.data.get("state")
        others = set(self.form.fields) - {"sort", "view", "state"}
        return state != self.view.state or any(self.data.get(name, "").strip() for name in others)

    def asks(self) -> dict[str, str]:
        """What it asks for beyond what the list does anyway, by parameter; nothing that it does not know."""
        valid = self.form.cleaned_data
        asked = {name: self.data.get(name, "").strip() for name in self.form.fields if name in valid}
        if self.states_by_view:
            asked.pop("state", None)
        asked["view"] = self.view.name
        return {name: value for name, value in asked.items() if value}

    def found(self, view: View):
        state = view.state if self.states_by_view else self.form.cleaned_data["state"]
        return self.qs.filter(in_state(state), view.condition)

    def search(self, tickets, name, words):
        return tickets.filter(Q(number__startswith=words) | title_holds(words))

    def later(self, tickets, name, value):
        return tickets

    def sorted_by(self, tickets, name, sort):
        backwards, key = sort.startswith("-"), sort.removeprefix("-")
        if key == "priority":
            tickets = tickets.annotate(priority_rank=_priority_rank)
        return tickets.order_by(*(_order(column, backwards) for column in self.sorts[key]))


def _order(column, backwards):
    last = True if column in LAST_WHERE_NONE else None
    return F(column).desc(nulls_last=last) if backwards else F(column).asc(nulls_last=last)


class _Owners(BaseChoiceIterator):
    """Of this kind, since Django looks through any other list of pairs once more, which takes longer than to ask."""

    def __init__(self) -> None:
        people = workers().values_list("pk", "full_name")
        self._pairs = [(MINE, _("Me")), (NOBODY, _("Nobody")), *((str(pk), name) for pk, name in people)]

    def __iter__(self):
        return iter(self._pairs)


class AgentTicketFilter(TicketFilter):
    sorts = AGENT_SORTS

    queue = django_filters.ModelChoiceFilter(
        label=_("Queue"),
        queryset=lambda request: access.queues_seen_by(request.user),
        empty_label=_("Any"),
        widget=LongSelect,
    )
    owner = django_filters.ChoiceFilter(
        label=_("Owner"),
        choices=lambda: _Owners(),
        method="by_owner",
        empty_label=_("Any"),
        widget=LongSelect,
    )
    customer = django_filters.ModelChoiceFilter(
        label=_("Customer"), queryset=Customer.objects.all(), empty_label=_("Any"), widget=LongSelect
    )

    def by_owner(self, tickets, name, owner):
        match owner:
            case "mine":
                return tickets.filter(owner=self.request.user)
            case "nobody":
                return tickets.filter(owner=None)
        return tickets.filter(owner=owner)


def filter_for(person) -> type[TicketFilter]:
    return AgentTicketFilter if person.is_agent else TicketFilter

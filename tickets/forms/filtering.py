"""Narrowing the list of tickets: for agents by all that matters to them, for others by what is theirs."""

import django_filters
from django import forms
from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext_lazy as _

from opsi.models import Customer
from tickets import access
from tickets.choices import COMPLETE_STATES, Priority, State, TicketType
from tickets.forms.people import workers
from tickets.models import Ticket

ANY, UNFINISHED, COMPLETE = "any", "unfinished", "complete"
MINE, NOBODY = "mine", "nobody"
SORTS = {
    "changed": ("changed_at", "id"),
    "created": ("created_at", "id"),
    "number": ("number",),
    "title": ("title", "id"),
    "priority": ("priority_rank", "changed_at", "id"),
    "state": ("state", "id"),
}
DEFAULT_SORT = "-changed"

_priority_rank = Case(
    *(When(priority=priority, then=Value(rank)) for rank, priority in enumerate(Priority.values)),
    output_field=IntegerField(),
)


class TicketFilter(django_filters.FilterSet):
    """What everyone can narrow by. A search looks everywhere; without one, complete tickets stay out of sight."""

    q = django_filters.CharFilter(
        label=_("Search"), method="search", max_length=200, widget=forms.TextInput({"type": "search"})
    )
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[(UNFINISHED, _("Not complete")), (COMPLETE, _("Complete")), (ANY, _("Any")), *State.choices],
        method="by_state",
        empty_label=None,
    )
    priority = django_filters.ChoiceFilter(
        label=_("Priority"), choices=Priority.choices, empty_label=_("Any")
    )
    type = django_filters.ChoiceFilter(label=_("Type"), choices=TicketType.choices, empty_label=_("Any"))
    sort = django_filters.ChoiceFilter(
        choices=[(sign + name, name) for name in SORTS for sign in ("", "-")],
        method="sorted_by",
        empty_label=None,
        widget=forms.HiddenInput,
    )

    class Meta:
        model = Ticket
        fields: list[str] = []

    def __init__(self, data, queryset, *, request):
        given = data.copy()
        given.setdefault("state", ANY if given.get("q", "").strip() else UNFINISHED)
        given.setdefault("sort", DEFAULT_SORT)
        super().__init__(given, queryset, request=request)

    def search(self, tickets, name, words):
        return tickets.filter(Q(number__startswith=words) | Q(title__icontains=words))

    def by_state(self, tickets, name, state):
        match state:
            case "any":
                return tickets
            case "unfinished":
                return tickets.exclude(state__in=COMPLETE_STATES)
            case "complete":
                return tickets.filter(state__in=COMPLETE_STATES)
        return tickets.filter(state=state)

    def sorted_by(self, tickets, name, sort):
        backwards, key = sort.startswith("-"), sort.removeprefix("-")
        if key == "priority":
            tickets = tickets.annotate(priority_rank=_priority_rank)
        return tickets.order_by(*(("-" if backwards else "") + column for column in SORTS[key]))


class AgentTicketFilter(TicketFilter):
    queue = django_filters.ModelChoiceFilter(
        label=_("Queue"),
        queryset=lambda request: access.queues_seen_by(request.user),
        empty_label=_("Any"),
    )
    owner = django_filters.ChoiceFilter(
        label=_("Owner"),
        choices=lambda: [
            (MINE, _("Me")),
            (NOBODY, _("Nobody")),
            *((str(pk), name) for pk, name in workers().values_list("pk", "full_name")),
        ],
        method="by_owner",
        empty_label=_("Any"),
    )
    customer = django_filters.ModelChoiceFilter(
        label=_("Customer"), queryset=Customer.objects.all(), empty_label=_("Any")
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

"""What the policy, as it stands or as a preset would have it, lets one setter do on one ticket: tried, not done."""

from dataclasses import dataclass
from functools import cached_property

from opsi.models import User
from opsi.roles import PersonKind
from tickets import access
from tickets.models import Ticket
from watchers.choices import SetterKind
from watchers.kinds import setter_kind
from watchers.models import Watcher
from watchers.policy import Policy, Refusal, Rights
from watchers.presets import Preset

MOST = 25  # people in each list


@dataclass(frozen=True)
class Shown:
    """Somebody in a list: `refusal` is why they cannot be added, `may_remove` says the same of a watcher."""

    person: User
    refusal: Refusal | None = None
    may_remove: bool = False


class Trial:
    """Asks the same `Rights` as the dialog does, so that nothing here can differ from what will be."""

    def __init__(self, setter: User, ticket: Ticket, preset: Preset | None = None):
        self.setter, self.ticket = setter, ticket
        self.policy = Policy.load() if preset is None else as_if(preset)
        self.rights: Rights = self.policy.of(setter, ticket)
        self.kind = setter_kind(setter)
        self.may_read = access.may(setter, "read", ticket)

    @cached_property
    def _watching(self) -> set[int]:
        watching = Watcher.objects.watching().filter(ticket=self.ticket, group=None)
        return set(watching.values_list("user", flat=True))

    @cached_property
    def candidates(self) -> list[Shown]:
        """Whom they are shown to add, and which of them they cannot; one more than MOST says that there are more."""
        people = list(
            self.rights.candidates().exclude(pk__in=self._watching).order_by("full_name", "pk")[: MOST + 1]
        )
        refusals = self.rights.refusals(people)
        return [Shown(person, refusals.get(person.pk)) for person in people]

    @cached_property
    def watchers(self) -> list[Shown]:
        """Which watchers they see, and whether they may remove them."""
        watches = self.rights.visible().select_related("user").order_by("since", "pk")[: MOST + 1]
        return [
            Shown(watch.user, may_remove=self.rights.may_remove(watch.user, watch.added_by_id))
            for watch in watches
        ]

    @property
    def hidden(self) -> int:
        """How many watch whom they do not see."""
        return len(self._watching) - self.rights.visible().count()


def as_if(preset: Preset) -> Policy:
    return Policy(
        {(setter, target): rule for setter, row in preset.table.items() for target, rule in row.items()}
    )


def examples() -> list[tuple[SetterKind, User]]:
    """Somebody active of each kind of setter there is; a few statements."""
    found: dict[SetterKind, User] = {}
    active = User.objects.active().order_by("pk")
    for role in filter(None, active.agents().order_by().values_list("effective_role", flat=True).distinct()):
        found[SetterKind(role)] = active.agents().filter(effective_role=role)[0]
    customers = active.of_kind(PersonKind.CUSTOMER)
    for role in set(customers.order_by().values_list("customer_role", flat=True).distinct()):
        found[SetterKind(role)] = customers.filter(customer_role=role)[0]
    if requester := active.of_kind(PersonKind.REQUESTER).first():
        found[SetterKind.REQUESTER] = requester
    return [(kind, found[kind]) for kind in SetterKind if kind in found]

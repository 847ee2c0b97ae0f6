"""Who may add, see and remove whom as a watcher (domain §3): the policy table, asked about one ticket at a time.

    rights = Policy.load().of(cora, ticket)      # a ticket that cora reads
    rights.refusal(carl)                         # why carl cannot be added; None: he can
    rights.visible()                             # the watches cora may see
    rights.may_remove(carl, watch.added_by_id)

`may_add`, `may_see` and `may_remove` of `Policy` ask the same of a ticket the setter perhaps cannot read.
"""

from functools import cached_property

from django.db import models
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from opsi.models import User
from opsi.naming import Naming
from opsi.roles import AgentRole
from tickets import access
from tickets.choices import Level
from tickets.models import Ticket
from watchers.choices import Extent, SetterKind, TargetKind
from watchers.kinds import of_kind, setter_kind, target_kind
from watchers.models import PolicyCell, Watcher, WatcherSettings
from watchers.presets import NOTHING, Rule


class Refusal(models.TextChoices):
    """Why somebody cannot be added; told to agents only."""

    INACTIVE = "inactive", _("Is not active")
    OTHER_CUSTOMER = "other_customer", _("Belongs to another customer")
    POLICY = "policy", _("Your role may not add this person")
    CANNOT_READ = "cannot_read", _("Cannot read this ticket")


def within(extent: Extent, seen: Extent) -> Extent:
    """`extent`, but no further than `seen`; themselves everyone may see anyway."""
    return extent if extent == Extent.SELF else min(extent, seen, key=Extent.values.index)


class Policy:
    """The table as it stands now: `load` it once a request."""

    def __init__(self, cells: dict[tuple[str, str], Rule]):
        self.cells = cells
        self._rules: dict[SetterKind, dict[TargetKind, Rule]] = {}

    @classmethod
    def load(cls) -> "Policy":
        """One statement. A cell that is missing lets nobody do anything."""
        rows = PolicyCell.objects.values_list("setter", "target", "add", "see", "remove")
        return cls({(setter, target): Rule(*map(Extent, extents)) for setter, target, *extents in rows})

    @classmethod
    def on(cls, request: HttpRequest) -> "Policy":
        """As `load`, but once a request: several parts of a page ask for it."""
        if "_watcher_policy" not in request.__dict__:
            request.__dict__["_watcher_policy"] = cls.load()
        return request.__dict__["_watcher_policy"]

    @cached_property
    def watching_grants_reading(self) -> bool:
        return WatcherSettings.load().watching_grants_reading

    def rules(self, setter: SetterKind) -> dict[TargetKind, Rule]:
        """The setter's whole row; worked out once, since a list asks for each of its tickets."""
        if setter not in self._rules:
            self._rules[setter] = {target: self.rule(setter, target) for target in TargetKind}
        return self._rules[setter]

    def rule(self, setter: SetterKind, target: TargetKind) -> Rule:
        """The cell, with no verb reaching further than seeing does: nobody is shown people they may not see."""
        cell = self.cells.get((setter, target), NOTHING)
        if cell != NOTHING and target == TargetKind.AGENT and self._keeps_agents_from(setter):
            cell = NOTHING
        add, remove = within(cell.add, cell.see), within(cell.remove, cell.see)
        if target == TargetKind.OTHER_CUSTOMER:
            add = Extent.NONE
        # Whom somebody adds is by then added by them: "whom they added" says nothing about adding.
        return Rule(Extent.SELF if add == Extent.OWN else add, cell.see, remove)

    @cached_property
    def _naming(self) -> Naming:
        return Naming()

    def _keeps_agents_from(self, setter: SetterKind) -> bool:
        """Where agents go by a neutral name, nobody else can tell them apart, or set one of them."""
        return setter not in AgentRole.values and self._naming.settings.neutral_agents

    def of(self, setter: User, ticket: Ticket) -> "Rights":
        """What `setter` may do about the watchers of `ticket`, which they read: ask `access` or the lookup first."""
        return Rights(self, setter, ticket)

    def may_add(self, setter: User, ticket: Ticket, target: User) -> bool:
        return access.may(setter, "read", ticket) and self.of(setter, ticket).refusal(target) is None

    def may_see(self, setter: User, ticket: Ticket, target: User, added_by: User | None = None) -> bool:
        """Whether `setter` may see that `target` watches; `added_by` is who set them."""
        added_by_id = added_by.pk if added_by else None
        return access.may(setter, "read", ticket) and self.of(setter, ticket).may_see(target, added_by_id)

    def may_remove(self, setter: User, ticket: Ticket, target: User, added_by: User | None = None) -> bool:
        added_by_id = added_by.pk if added_by else None
        return access.may(setter, "read", ticket) and self.of(setter, ticket).may_remove(target, added_by_id)


class Rights:
    """One setter, one ticket."""

    def __init__(self, policy: Policy, setter: User, ticket: Ticket):
        self.policy, self.setter, self.ticket = policy, setter, ticket
        self.rules = policy.rules(setter_kind(setter))

    def rule_about(self, target: User) -> Rule:
        return self.rules[target_kind(self.ticket, target)]

    @cached_property
    def opens_the_ticket(self) -> bool:
        """Whether being added by this setter lets an agent read who could not before."""
        return self.policy.watching_grants_reading and bool(
            access.pairs([self.ticket], [self.setter], Level.WRITE)
        )

    # One person

    def knows_of(self, target: User) -> bool:
        """Whether this person may be spoken of to the setter at all, watching or not."""
        return target == self.setter or self.rule_about(target).see == Extent.ALL

    def may_know_of(self, target: User) -> bool:
        """Whether there may be a watch of this person that the setter sees: asked before anything is looked up."""
        return target == self.setter or self.rule_about(target).see != Extent.NONE

    def may_see(self, target: User, added_by_id: int | None = None) -> bool:
        return self._reaches(self.rule_about(target).see, target, added_by_id)

    def may_remove(self, target: User, added_by_id: int | None = None) -> bool:
        return self._reaches(self.rule_about(target).remove, target, added_by_id)

    def _reaches(self, extent, target, added_by_id):
        # Everyone may always see and end their own watch, whatever the table says.
        return (
            target == self.setter
            or extent == Extent.ALL
            or (extent == Extent.OWN and added_by_id == self.setter.pk)
        )

    def may_add_themselves(self) -> bool:
        return self.rule_about(self.setter).add != Extent.NONE

    def refusal(self, target: User) -> Refusal | None:
        """Why `target` cannot be added; None where they can. Does not ask whether they watch already."""
        kind = target_kind(self.ticket, target)
        if not target.is_notifiable:
            return Refusal.INACTIVE
        if kind == TargetKind.OTHER_CUSTOMER:
            return Refusal.OTHER_CUSTOMER
        if target == self.setter:
            return None if self.may_add_themselves() else Refusal.POLICY
        if self.rules[kind].add != Extent.ALL:
            return Refusal.POLICY
        if kind == TargetKind.AGENT and self.opens_the_ticket:
            return None
        return None if self.readers([target]) else Refusal.CANNOT_READ

    def may_adjust(self, watch: Watcher) -> bool:
        """Whether the setter may set what a watch is narrowed to: their own, one they added, a group's.

        What somebody chose for themselves is not theirs to narrow: they would miss things and not know it.
        """
        if watch.user is None:
            return self.may_set_groups
        if watch.user == self.setter:
            return True
        return watch.added_by_id == self.setter.pk and self.rule_about(watch.user).add == Extent.ALL

    # Groups, by the agents' cell (domain §3 rule 8): only agents see them, none below itsm_user sets one

    @cached_property
    def sees_groups(self) -> bool:
        return self.setter.is_agent and self.rules[TargetKind.AGENT].see == Extent.ALL

    @cached_property
    def may_set_groups(self) -> bool:
        rule = self.rules[TargetKind.AGENT]
        return self.sees_groups and self.setter.holds(AgentRole.USER) and rule.add == Extent.ALL

    def may_remove_group(self, added_by_id: int | None = None) -> bool:
        extent = self.rules[TargetKind.AGENT].remove
        mine = extent == Extent.OWN and added_by_id == self.setter.pk
        return self.sees_groups and self.setter.holds(AgentRole.USER) and (extent == Extent.ALL or mine)

    def members(self, groups):
        """The active people in `groups` (ids) whom the setter may know of."""
        known = Q(pk=self.setter.pk)
        for kind, rule in self.rules.items():
            if rule.see == Extent.ALL:
                known |= of_kind(self.ticket, kind)
        return User.objects.active().filter(known, groups__in=groups)

    def sizes(self, groups) -> dict[int, int]:
        """{group id: how many people the setter may know of are in it}; one statement, none for no groups."""
        if not groups:
            return {}
        counted = self.members(groups).order_by().values_list("groups").annotate(Count("pk"))
        return dict(counted)

    # Many people, in a fixed number of statements

    @cached_property
    def sees_all(self) -> bool:
        """Whether no person who watches is kept from the setter."""
        return {rule.see for rule in self.rules.values()} == {Extent.ALL}

    @property
    def sees_everything(self) -> bool:
        """Whether no watch at all is kept from them."""
        return self.sees_all and self.sees_groups

    def readers(self, people) -> set[int]:
        """The ids of those among `people` who read the ticket by right, that is not only because they watch."""
        return {person for _ticket, person in access.pairs([self.ticket], people, by_right=True)}

    def visible(self):
        """The watches of people under way that the setter may see."""
        return self._under_way.filter(self.seen, group=None)

    def listed(self):
        """As `visible`, and those of groups: what the Watcher list shows, and what is counted."""
        return self._under_way.filter(self.seen)

    @property
    def _under_way(self):
        return Watcher.objects.watching().filter(ticket=self.ticket)

    @cached_property
    def seen(self) -> Q:
        """A Q on Watcher: those the setter may see, if only they are under way."""
        groups = ~Q(group=None) if self.sees_groups else Q(pk__in=[])
        if self.sees_all:
            return Q(group=None) | groups
        extents = {kind: rule.see for kind, rule in self.rules.items()}
        seen = Q(user=self.setter) | groups
        for kind, extent in extents.items():
            if extent == Extent.ALL:
                seen |= Q(group=None) & of_kind(self.ticket, kind, "user__")
            elif extent == Extent.OWN:
                seen |= Q(group=None, added_by=self.setter) & of_kind(self.ticket, kind, "user__")
        return seen

    def candidates(self):
        """The active people to show in a search: those who can be added, and to agents the agents who cannot.

        `refusals` tells them apart. People who watch already are among them.
        """
        offered = Q(pk=self.setter.pk) if self.may_add_themselves() else Q(pk__in=[])
        for kind, rule in self.rules.items():
            if rule.add == Extent.ALL:
                of_this_kind = of_kind(self.ticket, kind)
                if kind != TargetKind.AGENT or not self.setter.is_agent:
                    of_this_kind &= access.people_of(self.ticket, by_right=True)
                offered |= of_this_kind
        return User.objects.active().filter(offered)

    def acquaintances(self):
        """The active people an agent may know of: searched for by name, they are told why somebody is not offered."""
        known = Q(pk__in=[])
        if self.setter.is_agent:
            for kind, rule in self.rules.items():
                if rule.see == Extent.ALL:
                    known |= of_kind(self.ticket, kind)
        return User.objects.active().filter(known)

    def refusals(self, people) -> dict[int, Refusal]:
        """Why those among the active `people` cannot be added, by id; as `refusal`, in a fixed number of statements."""
        found, doubtful = {}, []
        for person in people:
            kind = target_kind(self.ticket, person)
            if kind == TargetKind.OTHER_CUSTOMER:
                found[person.pk] = Refusal.OTHER_CUSTOMER
            elif person == self.setter:
                if not self.may_add_themselves():
                    found[person.pk] = Refusal.POLICY
            elif self.rules[kind].add != Extent.ALL:
                found[person.pk] = Refusal.POLICY
            elif kind != TargetKind.AGENT or not self.opens_the_ticket:
                doubtful.append(person)
        readers = self.readers(doubtful) if doubtful else set()
        return found | {person.pk: Refusal.CANNOT_READ for person in doubtful if person.pk not in readers}

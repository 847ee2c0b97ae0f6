"""Whom to add: searching people by name, login and e-mail address within what the policy lets the setter see."""

from functools import cached_property

from django.core.paginator import Paginator
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When
from django.db.models.functions import Replace

from opsi.models import Group, User
from opsi.roles import PersonKind
from watchers.choices import TargetKind
from watchers.kinds import of_kind
from watchers.models import Watcher
from watchers.policy import Rights

PER_PAGE = 20
MOST_GROUPS = 10
LONGEST_QUERY = 100
MOST_WORDS = 6


def words(query: str) -> list[str]:
    """The words of a search as typed; blanks of every script part them, characters no database stores are dropped."""
    return query.replace("\0", " ")[:LONGEST_QUERY].split()[:MOST_WORDS]


def spellings(word: str) -> set[str]:
    """SQLite folds the case of ASCII letters only: for others, what case folding would have found."""
    return {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}


def occurring(word: str, *fields: str) -> Q:
    """A Q: `word` occurs in one of `fields`, in whichever case."""
    found = Q()
    for spelling in spellings(word):
        for field in fields:
            found |= Q(**{f"{field}__icontains": spelling})
    return found


def named(people, query: str):
    """Those of the User queryset `people` in whose name, login or e-mail address every word of `query` occurs."""
    # 佐藤愛子 finds 佐藤 愛子, whichever blank stands between the names.
    closed_up = Replace(Replace("full_name", Value(" "), Value("")), Value("\u3000"), Value(""))
    people = people.annotate(closed_up=closed_up)
    for word in words(query):
        people = people.filter(occurring(word, "full_name", "closed_up", "username", "email"))
    return people


class Search:
    """One page of candidates for `rights.ticket`: agents, customer users, requesters, each by name; then groups.

    An agent who looks for somebody by name also finds who cannot be added, and reads why.
    """

    def __init__(self, rights: Rights, query: str = "", page: str | int = 1):
        self.rights, self.asked_page = rights, page
        self.query = " ".join(words(query))

    @cached_property
    def watching(self):
        if self.rights.ticket.pk is None:
            return Watcher.objects.none()
        return Watcher.objects.watching().filter(ticket=self.rights.ticket)

    @cached_property
    def page(self):
        """A Page of User, each with `.is_watching` (already) and `.refusal` (a Refusal or None)."""
        rights = self.rights
        by_name = self.query and rights.setter.is_agent and rights.ticket.pk
        offered = rights.candidates()
        people = named(offered | rights.acquaintances() if by_name else offered, self.query)
        if not self.query:
            # Who looks for somebody by name wants to be told "watches already"; who only browses does not.
            people = people.exclude(Exists(self.watching.filter(user=OuterRef("pk"))))
        rank = Case(
            When(of_kind(rights.ticket, TargetKind.OTHER_CUSTOMER), then=3),
            When(~Q(customer=None), then=1),
            When(effective_role="", then=2),
            default=0,
            output_field=IntegerField(),
        )
        people = people.select_related("customer").order_by(rank, "full_name", "username")
        page = Paginator(people, PER_PAGE).get_page(self.asked_page)
        page.object_list = list(page.object_list)
        refusals = rights.refusals(page.object_list)
        watching = set(self.watching.filter(user__in=page.object_list).values_list("user_id", flat=True))
        for person in page.object_list:
            person.is_watching = person.pk in watching
            person.refusal = refusals.get(person.pk)
        return page

    @cached_property
    def groups(self) -> list[tuple[PersonKind, list[User]]]:
        """The page's people by kind, kinds without anybody left out."""
        by_kind = [(kind, [person for person in self.page if person.kind == kind]) for kind in PersonKind]
        return [(kind, people) for kind, people in by_kind if people]

    @property
    def found(self) -> int:
        return self.page.paginator.count

    @cached_property
    def teams(self) -> list[Group]:
        """The groups found, each with `.is_watching` and `.people` (a number), under the last of the people."""
        if not self.rights.may_set_groups or self.page.has_next():
            return []
        groups = list(self._groups_found()[:MOST_GROUPS])
        watching = set(self.watching.filter(group__in=groups).values_list("group_id", flat=True))
        sizes = self.rights.sizes(groups)
        for group in groups:
            group.is_watching, group.people = group.pk in watching, sizes.get(group.pk, 0)
        return groups

    @property
    def has_more_teams(self) -> bool:
        return len(self.teams) == MOST_GROUPS and self._groups_found().count() > MOST_GROUPS

    def _groups_found(self):
        groups = Group.objects.all()
        for word in words(self.query):
            groups = groups.filter(occurring(word, "name", "slug"))
        if not self.query:
            groups = groups.exclude(Exists(self.watching.filter(group=OuterRef("pk"))))
        return groups

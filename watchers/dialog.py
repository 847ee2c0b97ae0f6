"""What the Ticket watcher dialog shows one person of one ticket: the watchers they may see, the people they may add."""

from functools import cached_property

from django.core.paginator import Paginator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from watchers.candidates import Search
from watchers.changes import stamp
from watchers.choices import TargetKind
from watchers.kinds import target_kind
from watchers.models import Watcher
from watchers.policy import Rights
from watchers.watching import OPTIONS

PER_PAGE = 50


class Mark(models.TextChoices):
    """What agents are told about a watcher whose watch is not as it looks."""

    LEFT_OVER = "left_over", _("Left over")
    GONE = "gone", _("Existed in the past")
    DISABLED = "disabled", _("Disabled")
    ONLY_WATCHING = "only_watching", _("Reads only because they watch")
    RESTING = "resting", _("Cannot read this ticket")

    @property
    def explanation(self):
        return _explanations[self]


_explanations = {
    Mark.LEFT_OVER: _("Belongs to another customer: reads nothing here and is told nothing."),
    Mark.GONE: _("This person was deleted: reads nothing here and is told nothing."),
    Mark.DISABLED: _("Cannot sign in and is told nothing while disabled."),
    Mark.ONLY_WATCHING: _("Ending this watch takes their access to this ticket away."),
    Mark.RESTING: _("Watching does not grant reading here: this person is told nothing."),
}


def prepare(rights: Rights, watches) -> list:
    """Each watch with `.removable`, `.adjustable`, `.adder` (None where it is not to be told) and `.mark` (agents only,
    or None); a group's with `.people`, the number of its members.

    A fixed number of statements. `watches` need their users, groups and adders loaded.
    """
    watches = list(watches)
    readers = _readers(rights, watches)
    sizes = rights.sizes([watch.group_id for watch in watches if watch.group_id])
    for watch in watches:
        watch.people = sizes.get(watch.group_id, 0)
        watch.removable = (
            rights.may_remove_group(watch.added_by_id)
            if watch.group_id
            else rights.may_remove(watch.user, watch.added_by_id)
        )
        watch.adjustable = rights.may_adjust(watch)
        # Who may not see an agent among the watchers is not told their name by the back door either.
        told = watch.added_by is not None and rights.knows_of(watch.added_by)
        watch.adder = watch.added_by if told else None
        marked = rights.setter.is_agent and watch.user_id
        watch.mark = _mark(rights, watch, readers) if marked else None
    return watches


def may_undo(rights: Rights, watch: Watcher) -> bool:
    """Whether the setter, who ended `watch`, may bring it back: as far as they may add who watched."""
    return rights.may_set_groups if watch.user is None else rights.refusal(watch.user) is None


def _readers(rights, watches):
    if not rights.setter.is_agent:
        return set()
    return rights.readers([watch.user for watch in watches if watch.user_id])


def _mark(rights, watch, readers):
    if watch.user.deleted_at is not None:
        return Mark.GONE
    if not watch.user.is_active:
        return Mark.DISABLED
    if target_kind(rights.ticket, watch.user) == TargetKind.OTHER_CUSTOMER:
        return Mark.LEFT_OVER
    if watch.user_id in readers:
        return None
    return Mark.ONLY_WATCHING if rights.policy.watching_grants_reading else Mark.RESTING


def in_order(watches):
    """Groups first, then people, each by name; with what `prepare` needs."""
    by_name = (F("group__name").asc(nulls_last=True), "user__full_name", "user__username")
    return watches.select_related("user__customer", "group", "added_by").order_by(*by_name)


class Dialog:
    """`asked` is a QueryDict with `q` (search), `page` (of the candidates), `list` (page of the Watcher list), the
    options that whoever is added gets, and `removed` or `removed_group`: who was removed last, without script.

    `undo` is the watch that the setter just ended and may bring back, or None.
    """

    def __init__(self, rights: Rights, asked, undo: Watcher | None = None):
        self.rights = rights
        self.ticket = rights.ticket
        self.search = Search(rights, asked.get("q", ""), asked.get("page", 1))
        # Repeated in every form and link of the dialog, so that nobody loses their place.
        self.asked = {"q": self.search.query} | {
            name: value for name in ("page", "list") if (value := asked.get(name, "")).isdecimal()
        }
        self.options = [name for name in OPTIONS if asked.get(name)]
        self.asked |= dict.fromkeys(self.options, "1")
        self.undo = undo or self._ended_last(asked)

    @cached_property
    def watches(self):
        """A Page of prepared watches, by name."""
        page = Paginator(in_order(self.rights.listed()), PER_PAGE).get_page(self.asked.get("list"))
        page.object_list = prepare(self.rights, page.object_list)
        return page

    @property
    def count(self) -> int:
        return self.watches.paginator.count

    @cached_property
    def stamp(self) -> str:
        """What the dialog shows, in short, as `changes.stamp` says."""
        return stamp(self.rights)

    def _ended_last(self, asked):
        """Of a plain form's answer: whom it removed, while that may be undone."""
        login, slug = asked.get("removed", ""), asked.get("removed_group", "")
        if "\0" in login + slug or not (login or slug):
            return None
        whom = Q(user__username__iexact=login) if login else Q(group__slug=slug)
        ended = self.ticket.watchers.filter(whom).may_be_undone(self.rights.setter)
        watch = ended.select_related("user__customer", "group").first()
        return watch if watch and may_undo(self.rights, watch) else None

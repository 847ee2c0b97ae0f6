"""What the Ticket watcher dialog shows one person of one ticket: the watchers they may see, the people they may add."""

from functools import cached_property

from django.core.paginator import Paginator
from django.db import models
from django.utils.translation import gettext_lazy as _

from watchers.candidates import Search
from watchers.choices import TargetKind
from watchers.policy import Rights, target_kind

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
    """Each watch with `.removable`, `.adder` (None where it is not to be told) and `.mark` (agents only, or None).

    A fixed number of statements. `watches` need their users and adders loaded.
    """
    watches = list(watches)
    readers = _readers(rights, watches)
    for watch in watches:
        watch.removable = rights.may_remove(watch.user, watch.added_by_id)
        # Who may not see an agent among the watchers is not told their name by the back door either.
        told = watch.added_by is not None and rights.knows_of(watch.added_by)
        watch.adder = watch.added_by if told else None
        watch.mark = _mark(rights, watch, readers) if rights.setter.is_agent else None
    return watches


def _readers(rights, watches):
    if not rights.setter.is_agent:
        return set()
    return rights.readers([watch.user for watch in watches])


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


class Dialog:
    """`asked` is a QueryDict with `q` (search), `page` (of the candidates) and `list` (page of the Watcher list)."""

    def __init__(self, rights: Rights, asked):
        self.rights = rights
        self.ticket = rights.ticket
        self.search = Search(rights, asked.get("q", ""), asked.get("page", 1))
        # Repeated in every form and link of the dialog, so that nobody loses their place.
        self.asked = {"q": self.search.query} | {
            name: value for name in ("page", "list") if (value := asked.get(name, "")).isdecimal()
        }

    @cached_property
    def watches(self):
        """A Page of prepared watches, by name."""
        seen = self.rights.visible().select_related("user__customer", "added_by")
        page = Paginator(seen.order_by("user__full_name", "user__username"), PER_PAGE).get_page(
            self.asked.get("list")
        )
        page.object_list = prepare(self.rights, page.object_list)
        return page

    @property
    def count(self) -> int:
        return self.watches.paginator.count

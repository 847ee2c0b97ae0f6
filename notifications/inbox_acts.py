"""What a person does with rows of their inbox, said together with the way back (domain §6; docs/inbox.md)."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import ngettext_lazy

from notifications.models.inbox import InboxQuerySet
from opsi import undoing

type Change = Callable[[InboxQuerySet, uuid.UUID], int]


@dataclass(frozen=True)
class Verb:
    """`change` changes rows and remembers that as an act; `done` says of how many (`count`) it was done."""

    change: Change
    done: str | Promise


READ = Verb(InboxQuerySet.mark_read, ngettext_lazy("Marked as read.", "%(count)s marked as read.", "count"))
UNREAD = Verb(
    InboxQuerySet.mark_unread,
    ngettext_lazy("Marked as unread.", "%(count)s marked as unread.", "count"),
)
DONE = Verb(
    InboxQuerySet.mark_done,
    ngettext_lazy("Put aside as done.", "%(count)s put aside as done.", "count"),
)
UNDONE = Verb(InboxQuerySet.mark_undone, ngettext_lazy("Brought back.", "%(count)s brought back.", "count"))
SAVED = Verb(
    InboxQuerySet.save_for_later,
    ngettext_lazy("Saved for later.", "%(count)s saved for later.", "count"),
)
LET_GO = Verb(InboxQuerySet.let_go, ngettext_lazy("Let go.", "%(count)s let go.", "count"))
AWAKE = Verb(InboxQuerySet.wake, UNDONE.done)
SNOOZED = ngettext_lazy("Put aside until %(time)s.", "%(count)s put aside until %(time)s.", "count")


def perform(request: HttpRequest, rows: InboxQuerySet, verb: Verb, here: str = "", **words: str) -> int:
    """Do it, and say so with the way back, to the inbox as shown by the query `here`. Returns to how many."""
    act = uuid.uuid4()
    number = verb.change(rows, act)
    if number:
        way_back = reverse("inbox_act", args=[act]) + here
        undoing.say(request, cast(str, verb.done) % {"count": number, **words}, undo=way_back)
    return number

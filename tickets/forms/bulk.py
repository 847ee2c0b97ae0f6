"""Changing owner, state, priority and queue of many chosen tickets as one act (domain §2)."""

from collections.abc import Iterable
from copy import copy
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from opsi.models import User
from tickets import access
from tickets.choices import POSTS, Priority, State
from tickets.forms.people import workers
from tickets.forms.texts import MomentField
from tickets.models import Queue, Ticket
from tickets.operations import operation
from tickets.selection import Selection

NOBODY = "nobody"
AS_IT_IS = ("", _("Leave as it is"))


class ManyMoves:
    """`tickets` into `queue`, done by `by`: what `tickets.moving.Move` says of one, in a fixed number of statements."""

    def __init__(self, tickets: Iterable[Ticket], queue: Queue, by: User, keeps: Iterable[str] = ()):
        """`keeps`: the posts nobody is asked about, as somebody was chosen for them in the same act."""
        self.tickets = [ticket for ticket in tickets if ticket.queue_id != queue.pk]
        self.queue, self.by = queue, by
        self.posts = [post for post in POSTS if post not in keeps]

    @cached_property
    def moved(self) -> list[Ticket]:
        """The tickets as they would be, unsaved."""
        moved = [copy(ticket) for ticket in self.tickets]
        for ticket in moved:
            ticket.queue = self.queue
        return moved

    @cached_property
    def left_out(self) -> dict[str, list[Ticket]]:
        """By post, the tickets whose holder of it the new queue grants no reading."""
        held = {post: [ticket for ticket in self.tickets if getattr(ticket, post)] for post in self.posts}
        holders = {getattr(ticket, post) for post, tickets in held.items() for ticket in tickets}
        readers = access.readers_by_queue(self.queue, holders)
        found = {
            post: [ticket for ticket in tickets if getattr(ticket, f"{post}_id") not in readers]
            for post, tickets in held.items()
        }
        return {post: tickets for post, tickets in found.items() if tickets}

    @cached_property
    def out_of_sight(self) -> int:
        """How many of them whoever moves them reads no more afterwards."""
        return len(self.moved) - len(access.allowed(self.by, "read", self.moved))

    @property
    def asks(self) -> bool:
        return bool(self.left_out or self.out_of_sight)


class BulkForm(forms.Form):
    """What is left empty stays as it is. `to_ask` is answered before anything is saved, as with a single move."""

    queue = forms.ModelChoiceField(
        Queue.objects.none(), label=_("Queue"), required=False, empty_label=AS_IT_IS[1]
    )
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    priority = forms.ChoiceField(label=_("Priority"), required=False, choices=[AS_IT_IS, *Priority.choices])
    state = forms.ChoiceField(label=_("State"), required=False, choices=[AS_IT_IS, *State.choices])
    pending_until = MomentField(label=_("Pending until"), help_text=_("Only for the state “Pending”."))
    quiet = forms.BooleanField(
        label=_("Tell nobody"),
        required=False,
        help_text=_("Nobody is notified. The history keeps the changes, and that it was done quietly."),
    )

    def __init__(self, data=None, *, selection: Selection):
        self.selection, self.person = selection, selection.person
        super().__init__(data)
        self._offer()
        self.moves = self._moves_sent()
        if self.moves is not None:
            self._ask()

    def _offer(self):
        self.fields["queue"].queryset = access.queues_to_move_to(self.person)
        people = [(str(person.pk), f"{person.full_name} ({person.username})") for person in workers()]
        self.fields["owner"].choices = [AS_IT_IS, (NOBODY, _("Nobody")), *people]

    def _moves_sent(self):
        try:
            queue = self.fields["queue"].clean(self.data.get("queue")) if self.is_bound else None
        except ValidationError:
            return None
        if queue is None:
            return None
        keeps = ["owner"] if self.data.get("owner") else []
        moves = ManyMoves(self.selection.changeable, queue, self.person, keeps)
        return moves if moves.asks else None

    def _ask(self):
        self.fields["asked"] = forms.IntegerField(widget=forms.HiddenInput, required=False)
        for post, tickets in self.moves.left_out.items():
            self.fields[f"{post}_then"] = forms.ChoiceField(
                label=_ASKED[post] % {"count": len(tickets), "queue": self.moves.queue},
                choices=_KEEP_OR_TAKE_OFF[post],
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose one of the two.")},
                required=self.is_answered,
            )

    @property
    def is_answered(self) -> bool:
        """Whether what is asked about a move was before the person's eyes when they sent this."""
        return self.moves is None or self.data.get("asked") == str(self.moves.queue.pk)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("state") != State.PENDING:
            self.errors.pop("pending_until", None)
            cleaned["pending_until"] = None
        elif "pending_until" in cleaned and cleaned["pending_until"] is None:
            # Many that wait with nothing to bring them back would be forgotten together.
            self.add_error("pending_until", _("Say until when they are to wait."))
        if not self.errors and not self.changes:
            raise ValidationError(_("Choose what is to change."))
        return cleaned

    def clean_owner(self):
        given = self.cleaned_data["owner"]
        return workers().get(pk=given) if given not in ("", NOBODY) else given

    @property
    def changes(self) -> dict[str, Any]:
        """{field: value} in the order in which it is written."""
        cleaned = self.cleaned_data
        given = {name: cleaned[name] for name in ("queue", "owner", "priority", "state") if cleaned.get(name)}
        if given.get("owner") == NOBODY:
            given["owner"] = None
        if given.get("state") == State.PENDING:
            given["pending_until"] = cleaned.get("pending_until")
        return given

    def apply(self) -> int:
        """All of it as one operation. Returns how many tickets changed; saves nothing where it raises Overtaken."""
        with operation(self.person, quiet=self.cleaned_data["quiet"]):
            held = self.selection.hold()
            off = self._taken_off()
            changed = set()
            for field, value in self.changes.items():
                changed |= {event.ticket_id for event in self._write(held, field, value)}
            for post, ids in off.items():
                some = [ticket for ticket in held if ticket.pk in ids]
                changed |= {event.ticket_id for event in self._write(some, post, None)}
            return len(changed)

    def _write(self, tickets, field, value):
        return Ticket.objects.change_many(tickets, field, value, by=self.person)

    def _taken_off(self) -> dict[str, set[int]]:
        if self.moves is None:
            return {}
        return {
            post: {ticket.pk for ticket in tickets}
            for post, tickets in self.moves.left_out.items()
            if self.cleaned_data.get(f"{post}_then") == "take_off"
        }


_KEEP_OR_TAKE_OFF = {
    "owner": [
        ("keep", _("Stay the owners, and read these tickets for that reason alone")),
        ("take_off", _("Are taken off: these tickets then have no owner")),
    ],
    "responsible": [
        ("keep", _("Stay responsible, and read these tickets for that reason alone")),
        ("take_off", _("Are taken off: nobody is then responsible")),
    ],
}
_ASKED = {
    "owner": ngettext_lazy(
        "The owner of %(count)d ticket cannot read “%(queue)s”. What then?",
        "The owners of %(count)d tickets cannot read “%(queue)s”. What then?",
        "count",
    ),
    "responsible": ngettext_lazy(
        "Who is responsible for %(count)d ticket cannot read “%(queue)s”. What then?",
        "Those who are responsible for %(count)d tickets cannot read “%(queue)s”. What then?",
        "count",
    ),
}

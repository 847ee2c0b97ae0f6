"""Whom a note or reply would be told to, said while it is being written (docs/notifications.md).

The very code that dispatches decides, of all that the form would do in one operation; nothing is written. Told as the
writer may know it: people whom their cells of the watcher policy hide are not counted.
"""

import datetime
from collections import Counter
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy, npgettext_lazy

from notifications import recipients, rehearsal
from notifications.choices import Drop
from notifications.reasons import STAND_IN, label
from notifications.watching import BY_WATCHING, GROUP_MEMBER, STATE_CHANGES_ONLY, WATCHER
from opsi.models import User
from tickets.choices import Channel, SenderType, State
from tickets.forms.articles import AgentForm, ReplyForm
from tickets.models import Article, Ticket, TicketEvent
from watchers.policy import Policy

# Whoever is told for several reasons counts under the first of these.
FIRST = [
    "owner",
    "responsible",
    "customer_user",
    "creator",
    "assignment_group",
    WATCHER,
    GROUP_MEMBER,
    "informed",
]
PEOPLE = {
    "owner": npgettext_lazy("who is told", "owner", "%(number)d owners", "number"),
    "responsible": npgettext_lazy("who is told", "responsible", "%(number)d responsible", "number"),
    "customer_user": npgettext_lazy("who is told", "customer user", "%(number)d customer users", "number"),
    "creator": npgettext_lazy("who is told", "creator", "%(number)d creators", "number"),
    "assignment_group": ngettext_lazy("%(number)d of the group", "%(number)d of the group", "number"),
    "watchers": ngettext_lazy("%(number)d watcher", "%(number)d watchers", "number"),
    GROUP_MEMBER: ngettext_lazy(
        "%(number)d member of a watching group", "%(number)d members of watching groups", "number"
    ),
    "informed": ngettext_lazy("%(number)d informed agent", "%(number)d informed agents", "number"),
    "following_managers": ngettext_lazy(
        "%(number)d Customer Manager", "%(number)d Customer Managers", "number"
    ),
    "queue_subscribers": ngettext_lazy(
        "%(number)d subscriber of the queue", "%(number)d subscribers of the queue", "number"
    ),
    "service_subscribers": ngettext_lazy(
        "%(number)d subscriber of the service", "%(number)d subscribers of the service", "number"
    ),
    STAND_IN: ngettext_lazy("%(number)d stand-in", "%(number)d stand-ins", "number"),
}


@dataclass(frozen=True)
class Writing:
    """What is being written: an unsaved Article of the ticket, whom it informs, and the state that goes along."""

    article: Article
    writer: User
    informed: Sequence[User] = ()
    next_state: str = ""
    pending_until: datetime.datetime | None = None

    @classmethod
    def of(
        cls,
        ticket: Ticket,
        writer: User,
        *,
        is_reply: bool,
        is_visible: bool,
        with_files: bool = False,
        **more,
    ) -> "Writing":
        """`more`: subject, body, to and cc of the article, and the fields of this."""
        said = {name: more.pop(name) for name in ("subject", "body", "to", "cc") if more.get(name)}
        article = Article(
            ticket=ticket,
            sender_type=SenderType.AGENT,
            channel=Channel.EMAIL if is_reply else Channel.NOTE,
            author=writer,
            from_address=f"{writer.full_name} <{writer.email}>",
            visible_for_customer=is_visible,
            **{"subject": ticket.title} | said,
        )
        vars(article)["has_attachments"] = with_files
        return cls(article, writer, **{name: value for name, value in more.items() if value})

    def events(self) -> list[TicketEvent]:
        """What sending it would write, in one operation; the ticket becomes as it would be then."""
        article, writer = self.article, self.writer
        ticket = article.ticket
        told = rehearsal.imagine(ticket, "ArticleCreate", by=writer, article=article)
        told.data = {"informed": [person.pk for person in self.informed]} if self.informed else {}
        events = [told]
        if self.next_state and self.next_state != ticket.state:
            events.append(self._changed("state", "TicketStateUpdate", self.next_state))
        until = self.pending_until
        if self.next_state == State.PENDING and until and until != ticket.pending_until:
            events.append(self._changed("pending_until", "TicketPendingTimeUpdate", until))
        for event in events:
            event.operation = told.operation
        return events

    def _changed(self, name, event, new):
        ticket = self.article.ticket
        old = getattr(ticket, name)
        changed = rehearsal.imagine(ticket, event, by=self.writer, old=old, new=new)
        changed.pk = rehearsal.IMAGINED - len(name)  # a set tells events apart by their ids
        return changed


def writing_in(form: AgentForm) -> Writing:
    """What an agent's form would write, as far as what stands in it is valid."""
    form.is_valid()
    values = form.cleaned_data if form.is_bound else {}
    said = {name: values.get(name) for name in ("subject", "body", "to", "cc", "next_state", "pending_until")}
    # What it does is done to a ticket of its own: the page goes on showing the one there is.
    return Writing.of(
        copy(form.ticket),
        form.person,
        is_reply=isinstance(form, ReplyForm),
        is_visible=isinstance(form, ReplyForm) or bool(values.get("visible_for_customer")),
        # Script sends a file's name alone: what is in it, nobody is told by.
        with_files=bool(form.files.get("attachments") or form.data.get("attachments")),
        informed=form.people_informed,
        **said,
    )


@dataclass(frozen=True)
class Foretold:
    """`told`: (recipient kind, number) as they are said; `kept_from`: how many watchers will not see the article.

    `state_only`: how many of those told hear of the next state alone.
    """

    told: list[tuple[str, int]] = field(default_factory=list)
    kept_from: int = 0
    state_only: int = 0

    @property
    def number(self) -> int:
        return sum(number for _kind, number in self.told)

    @property
    def sentence(self) -> str:
        """Such as “Goes to 4: owner, 2 watchers, customer user; 1 watcher will not see this internal note.”"""
        said = [self._goes_to()]
        if self.state_only:
            text = ngettext(
                "%(number)d of them hears of the new state alone",
                "%(number)d of them hear of the new state alone",
                self.state_only,
            )
            said.append(text % {"number": self.state_only})
        if self.kept_from:
            text = ngettext(
                "%(number)d watcher will not see this internal note",
                "%(number)d watchers will not see this internal note",
                self.kept_from,
            )
            said.append(text % {"number": self.kept_from})
        # Translators: between the parts of “Goes to 4: owner, 3 watchers; 1 watcher will not see this internal note.”
        return _("; ").join(said) + _(".")

    def _goes_to(self):
        if not self.told:
            return _("Nobody will be told")
        who = _(", ").join(_people(kind, number) for kind, number in self.told)
        return _("Goes to %(number)d: %(who)s") % {"number": self.number, "who": who}


def _people(kind, number):
    if kind in PEOPLE:
        return PEOPLE[kind] % {"number": number}
    return f"{label(kind)} ({number})" if number > 1 else label(kind)


def foretell(writing: Writing, policy: Policy | None = None) -> Foretold:
    """What becomes of `writing` were it sent now, by all valid definitions, as far as its author may know."""
    events = writing.events()
    article = writing.article
    rights = (policy or Policy.load()).of(writing.writer, article.ticket)
    tellings, _problems = rehearsal.rehearse(events, timezone.now())
    reasons: dict[User | str, set[str]] = {}
    hear_of_it, kept_from = set(), set()
    for telling in tellings:
        concern = telling.concern
        who = concern.person or concern.address
        if isinstance(who, User) and not rights.knows_of(who):
            continue
        if not telling.drop:
            reasons.setdefault(who, set()).update(*(concern.reasons[event] for event in telling.events))
            if events[0] in telling.events:
                hear_of_it.add(who)
        if not BY_WATCHING.isdisjoint(concern.reasons.get(events[0], ())) and _is_kept(telling, events[0]):
            kept_from.add(who)
    order = [*FIRST, *(kind.name for kind in recipients.all_kinds() if kind.name not in FIRST)]
    order += [STATE_CHANGES_ONLY, STAND_IN]
    told = Counter(min(why, key=order.index) for why in reasons.values())
    return Foretold(
        [(kind, told[kind]) for kind in order if told[kind]],
        0 if article.visible_for_customer else len(kept_from),
        len(reasons.keys() - hear_of_it),
    )


def _is_kept(telling, event):
    """Whether it is the article that its person may not see, whatever else of the operation they are told."""
    return telling.drop == Drop.NO_ARTICLE_ACCESS or (not telling.drop and event not in telling.events)

"""One mail from what its items still may say (domain §4, §7; docs/mail.md).

The most important item gives the subject. Each person behind the address gets a section in their own language, their
tickets in the order of the best notification of each.
"""

import hashlib
import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from notifications import letters, unsubscribing
from notifications.addresses import GUARD
from notifications.channels import IN_APP
from notifications.choices import Frame, Severity
from notifications.facts import zone_called
from notifications.models import Mail
from notifications.reasons import your_parts
from notifications.recheck import Part
from notifications.watching import BY_WATCHING
from notifications.wording import Words, words, words_for_many
from tickets.models import Ticket

logger = logging.getLogger(__name__)
MOST_SHOWN = 50  # notifications in one mail; it says how many more there are
LONGEST_SUBJECT = 250


@dataclass(frozen=True)
class Broken:
    """A part that cannot be put into words, and why: the definition's name and the error."""

    part: Part
    problem: str


class NothingToSay(Exception):
    """None of the items could be put into words; the text says why."""


@dataclass(frozen=True)
class Entry:
    """One notification as it stands in a mail. What its links are, subject, text and HTML ask again and again."""

    part: Part
    words: Words

    @property
    def severity(self):
        return Severity(self.part.item.severity)

    @property
    def is_alert(self):
        return self.words.frame == Frame.ALERT

    @property
    def is_framed(self):
        return self.words.frame != Frame.UNFORMATTED

    @cached_property
    def because(self) -> list[str]:
        return your_parts(self.part.item.notice) if self.part.item.person_id else []

    @cached_property
    def url(self) -> str:
        """Where it is read: the article's place on the page, else the ticket; "" where nothing is left to open."""
        event = self.part.events[0]
        if self.ticket is None or event.name == "TicketDelete" or not self.part.item.person_id:
            return ""
        article = event.article
        if article is not None and article.deleted_at is None:
            return absolute(article.get_absolute_url())
        return absolute(self.ticket.get_absolute_url())

    @cached_property
    def ticket(self) -> Ticket | None:
        """The one ticket it is about; None for a change of many."""
        tickets = {event.ticket_id for event in self.part.events}
        return self.part.events[0].ticket if len(tickets) == 1 else None


@dataclass
class Group:
    """What is said of one ticket. The title is the one it had then: it may have changed out of the reader's sight."""

    ticket: Ticket | None
    title: str
    entries: list[Entry] = field(default_factory=list)

    @cached_property
    def mute_url(self) -> str:
        """Where its reader mutes the ticket without signing in; "" where there is nothing to open either."""
        item = self.entries[0].part.item
        if self.ticket is None or item.person_id is None or not any(entry.url for entry in self.entries):
            return ""
        if item.pk is None:
            # A rehearsal, read by somebody else, must not let them mute the ticket for the person.
            return absolute(self.ticket.get_absolute_url())
        return absolute(unsubscribing.path_for(item.person_id, self.ticket.pk))

    @cached_property
    def watch_url(self) -> str:
        """Where somebody who is told of it as a watcher stops watching; it asks to sign in."""
        reasons = {reason for entry in self.entries for reason in entry.part.item.notice.reasons}
        if self.ticket is None or not self.mute_url or BY_WATCHING.isdisjoint(reasons):
            return ""
        return absolute(f"{self.ticket.get_absolute_url()}#watch-actions")


@dataclass
class Section:
    """What one person behind the address is told; `more` notifications did not fit.

    Somebody behind an extra address has no account, so nothing to open or set.
    """

    name: str
    language: str
    time_zone: str
    has_account: bool
    has_inbox: bool
    groups: dict = field(default_factory=dict)
    count: int = 0
    more: int = 0


@dataclass(frozen=True)
class Letter:
    """A mail ready to go; `said` are the parts in it, `broken` those that could not be put into words."""

    mail: Mail
    message: EmailMultiAlternatives
    said: list[Part]
    broken: list[Broken]


def compose(mail: Mail, parts: Sequence[Part], sender: str) -> Letter:
    """The message for `mail` from `sender`. Sets its subject and, where there is none yet, its Message-ID, unsaved.

    Raises NothingToSay where no part can be worded.
    """
    entries, broken = _worded(parts)
    if not entries:
        raise NothingToSay("; ".join(dict.fromkeys(one.problem for one in broken)))
    mail.message_id = mail.message_id or f"<{_name(mail, entries)}@{_domain()}>"
    mail.subject = _subject(entries)
    sections = _sections(entries)
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=_rendered("txt", sections),
        from_email=sender,
        to=[mail.address],
        headers={"Message-ID": mail.message_id, **GUARD, **_thread(entries), **_way_out(entries)},
    )
    # Comes back in a mail provider's reports (anymail); other ways out take no notice of it.
    if mail.pk is not None:
        vars(message)["metadata"] = {"mail": str(mail.pk), "message_id": mail.message_id}
    message.attach_alternative(_rendered("html", sections), "text/html")
    return Letter(mail, message, [entry.part for entry in entries], broken)


def _name(mail: Mail, entries: Sequence[Entry]) -> str:
    """What the Message-ID begins with: whom the mail tells of what.

    So a mail that was sent, and waits again since a backup was restored, goes by the same name, and mail programs show
    it once; one that says more or less than that goes by another, and is not hidden. Ids of mails would not do: after
    a restore they are given anew.
    """
    items = [entry.part.item for entry in entries]
    # Rehearsals, and what is sent once more on purpose, are to be seen each time.
    if mail.pk is None or any(item.finished_at for item in items):
        return str(uuid.uuid4())
    told = sorted(f"{item.notice.operation} {item.notice.ticket_id} {item.person_id}" for item in items)
    return hashlib.sha256("\n".join([mail.address, *told]).encode()).hexdigest()[:40]


def absolute(path: str) -> str:
    return settings.OPSI_BASE_URL + path


def _worded(parts: Iterable[Part]) -> tuple[list[Entry], list[Broken]]:
    entries, broken = [], []
    for part in parts:
        try:
            entries.append(Entry(part, _words_of(part)))
        except Exception as error:  # one text that fails must not hold up the rest
            logger.exception("Mail item %s cannot be put into words", part.item.pk)
            broken.append(Broken(part, f"{part.item.definition_version.definition.name}: {error!r}"))
    return entries, broken


def _words_of(part):
    first, *others = part.events
    if part.item.notice.ticket_id is None and len({event.ticket_id for event in part.events}) > 1:
        return words_for_many(part.events, part.reader)
    return words(part.version, first, part.reader, others)


def _subject(entries: Sequence[Entry]) -> str:
    first = entries[0]
    subject = first.words.subject[:LONGEST_SUBJECT]
    if len(entries) == 1:
        return subject
    with translation.override(first.part.reader.language):
        return _("%(subject)s (Total %(count)d notifications)") % {"subject": subject, "count": len(entries)}


def _sections(entries: Sequence[Entry]) -> list[Section]:
    sections: dict[int | None, Section] = {}
    for place, entry in enumerate(entries):
        item = entry.part.item
        section = sections.setdefault(item.person_id, _section(entry.part))
        section.count += 1
        if place >= MOST_SHOWN:
            section.more += 1
            continue
        event, ticket = entry.part.events[0], entry.ticket
        key = ticket.pk if ticket else ("many", item.pk)
        group = section.groups.setdefault(
            key, Group(ticket, event.snapshot.get("title", "") if ticket else "")
        )
        group.entries.append(entry)
    return list(sections.values())


def _section(part: Part) -> Section:
    reader, item = part.reader, part.item
    has_inbox = IN_APP.name in item.notice.channels
    return Section(reader.name, reader.language, reader.time_zone, item.person_id is not None, has_inbox)


def _rendered(kind: str, sections: list[Section]) -> str:
    """The sections one below the other, each in its own language and time zone."""
    parts = []
    for section in sections:
        context = {
            "section": section,
            "groups": section.groups.values(),
            "is_shared": len(sections) > 1,
            "is_single": section.count == 1,
            "more_url": absolute(reverse("inbox" if section.has_inbox else "home")),
            "preferences_url": absolute(reverse("notification_preferences")),
            "zone": zone_called(section.time_zone),
        }
        with translation.override(section.language):
            parts.append(
                letters.render("section.html", context)
                if kind == "html"
                else render_to_string("notifications/mail/section.txt", context)
            )
    if kind == "txt":
        return "\n\n".join(part.strip("\n") for part in parts) + "\n"
    return letters.render("mail.html", {"language": sections[0].language, "sections": parts})


def _thread(entries: Sequence[Entry]) -> dict[str, str]:
    """One thread a ticket: all mails about it alone answer the same root, which itself is never sent."""
    tickets = {event.ticket_id: event.ticket for entry in entries for event in entry.part.events}
    if len(tickets) != 1:
        return {}
    [ticket] = tickets.values()
    root = f"<ticket.{ticket.number}@{_domain()}>"
    return {"In-Reply-To": root, "References": root}


def _way_out(entries: Sequence[Entry]) -> dict[str, str]:
    """One person's mail about one ticket is one they can mute with their mail program's own button (RFC 8058)."""
    concerned = {
        (entry.part.item.person_id, event.ticket_id) for entry in entries for event in entry.part.events
    }
    [(person, ticket), *others] = concerned
    is_rehearsal = entries[0].part.item.pk is None
    if others or person is None or is_rehearsal:
        return {}
    return unsubscribing.headers(absolute(unsubscribing.path_for(person, ticket)))


def _domain() -> str:
    host = urlsplit(settings.OPSI_BASE_URL).hostname or "localhost"
    return "localhost" if ":" in host else host

"""Plays the demo stories with the tickets' own verbs, in the order in which they happened, telling nobody."""

import datetime
from operator import itemgetter
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Max

from notifications.demo import files
from notifications.demo.script import NOBODY, Act, Entry, Story
from opsi.models import Customer, Group, User
from tickets.choices import Channel, SenderType
from tickets.models import Article, Queue, Reading, Service, Sla, Ticket, TicketEvent, TicketLink
from tickets.operations import Operation, operation
from watchers.models import Watcher

NAMED = {"queue": Queue, "group": Group, "service": Service, "sla": Sla, "customer": Customer}


class Stage:
    """`play(stories)` writes them all; steps are the methods `do_<verb>(act, ticket, argument)`."""

    def __init__(self, now: datetime.datetime):
        self.now = now
        self.people: dict[str, User | None] = {user.username: user for user in User.objects.all()}
        self.people[NOBODY] = self.people["nobody"] = None
        self.named: dict[str, dict[str, Any]] = {
            kind: {str(row): row for row in model._default_manager.all()} | {"none": None}
            for kind, model in NAMED.items()
        }
        self.tickets: dict[str, Ticket] = {}

    def play(self, stories: list[Story]) -> None:
        acts = [(act.at, place, story, act) for place, story in enumerate(stories) for act in story.acts]
        # By time over all the stories, so that ids and numbers rise as they would have.
        for _at, place, story, act in sorted(acts, key=itemgetter(0, 1)):
            key = story.key or f"#{place}"
            with operation(self.people[act.who], quiet=True, at=act.at):
                self._perform(act, key, story.title)
        remember_what_was_read()

    def _perform(self, act: Act, key: str, title: str) -> None:
        steps = act.steps
        if steps[0][0] == "opens":
            self.tickets[key] = self._open(act, title)
            return
        ticket = self.tickets[key]
        if act.entries:
            lay_down(ticket, act.entries, self.people)
        for verb, argument in steps:
            getattr(self, f"do_{verb}")(act, ticket, argument)

    # Opening

    def _open(self, act: Act, title: str) -> Ticket:
        fields: dict = {"title": title, "queue": self.named["queue"][act.steps[0][1].removeprefix("in ")]}
        watching = []
        for verb, argument in act.steps[1:]:
            match verb:
                case "owner" | "responsible":
                    fields[verb] = self.people[argument]
                case "for":
                    fields["customer_user"] = self._person(argument)
                    fields["customer"] = self._person(argument).customer
                case "group":
                    fields["assignment_group"] = self.named["group"][argument]
                case "attach":
                    fields["attachments"] = self._uploads(act)
                case "html":
                    fields["html"] = self._html(act)
                case "watch":
                    watching.append(self._person(argument))
                case "mail":
                    fields["channel"] = Channel.EMAIL
                case "internal":
                    fields["visible_for_customer"] = False
                case _:
                    fields[verb] = self.named[verb][argument] if verb in self.named else argument
        by = self.people[act.who]
        ticket = Ticket.objects.register(by=by, body=act.text, **fields)
        for person in watching:
            Watcher.objects.watch(ticket, person, by=by)
        return ticket

    def _person(self, login: str) -> User:
        person = self.people[login]
        assert person is not None  # noqa: S101  (a story that names nobody here is a mistake in the story)
        return person

    def _uploads(self, act: Act) -> list[SimpleUploadedFile]:
        return [
            SimpleUploadedFile(name, *files.content(name)) for verb, name in act.steps if verb == "attach"
        ]

    def _html(self, act: Act) -> str:
        return "".join(files.html(name) for verb, name in act.steps if verb == "html")

    # Talking

    def do_note(self, act, ticket, argument):
        ticket.note(act.text, by=self.people[act.who], attachments=self._uploads(act), html=self._html(act))

    def do_public(self, act, ticket, argument):
        ticket.note(
            act.text,
            self.people[act.who],
            visible_for_customer=True,
            attachments=self._uploads(act),
            html=self._html(act),
        )

    def do_reply(self, act, ticket, argument):
        concerned = ticket.customer_user or ticket.created_by
        to = f"{concerned.full_name} <{concerned.email}>"
        subject = f"Re: {ticket.title}"
        ticket.reply(
            act.text,
            self.people[act.who],
            subject=subject,
            to=to,
            attachments=self._uploads(act),
            html=self._html(act),
        )

    def do_follow(self, act, ticket, argument):
        ticket.follow_up(
            act.text, by=self.people[act.who], attachments=self._uploads(act), html=self._html(act)
        )

    def do_attach(self, act, ticket, argument):
        """Goes with what the act says."""

    do_html = do_attach

    def do_edit(self, act, ticket, argument):
        ticket.edit_article(ticket.articles.get(number=argument), self.people[act.who], body=act.text)

    def do_withdraw(self, act, ticket, argument):
        ticket.delete_article(ticket.articles.get(number=argument), by=self.people[act.who])

    def do_log(self, act, ticket, argument):
        """The entries are laid down before the steps of the act."""

    # Changing

    def do_state(self, act, ticket, argument):
        ticket.change_state(argument, by=self.people[act.who])

    def do_pending(self, act, ticket, argument):
        """`pending +5`: in five days from now on, in the morning."""
        day = self.now + datetime.timedelta(days=int(argument))
        until = day.replace(hour=8, minute=0, second=0, microsecond=0)
        ticket.change_state("pending", by=self.people[act.who], pending_until=until)

    def do_priority(self, act, ticket, argument):
        ticket.change_priority(argument, by=self.people[act.who])

    def do_type(self, act, ticket, argument):
        ticket.change_type(argument, by=self.people[act.who])

    def do_owner(self, act, ticket, argument):
        ticket.change_owner(self.people[argument], by=self.people[act.who])

    def do_responsible(self, act, ticket, argument):
        ticket.change_responsible(self.people[argument], by=self.people[act.who])

    def do_group(self, act, ticket, argument):
        ticket.change_assignment_group(self.named["group"][argument], by=self.people[act.who])

    def do_queue(self, act, ticket, argument):
        ticket.change_queue(self.named["queue"][argument], by=self.people[act.who])

    def do_service(self, act, ticket, argument):
        ticket.change_service(self.named["service"][argument], by=self.people[act.who])

    def do_sla(self, act, ticket, argument):
        ticket.change_sla(self.named["sla"][argument], by=self.people[act.who])

    def do_title(self, act, ticket, argument):
        ticket.rename(argument, by=self.people[act.who])

    def do_lock(self, act, ticket, argument):
        ticket.lock(by=self.people[act.who])

    def do_unlock(self, act, ticket, argument):
        ticket.unlock(by=self.people[act.who])

    def do_watch(self, act, ticket, argument):
        Watcher.objects.watch(ticket, self._person(argument), by=self.people[act.who])

    def do_unwatch(self, act, ticket, argument):
        Watcher.objects.unwatch(ticket, self._person(argument), by=self.people[act.who])

    def do_merge(self, act, ticket, argument):
        ticket.merge_into(self.tickets[argument], by=self.people[act.who])

    def do_link(self, act, ticket, argument):
        TicketLink.objects.create(source=ticket, target=self.tickets[argument])

    def do_delete(self, act, ticket, argument):
        ticket.remove(by=self.people[act.who])


def remember_what_was_read() -> None:
    """Whoever wrote on a ticket had read what stood there before."""
    written = Article.objects.exclude(author=None).values("ticket", "author")
    Reading.objects.bulk_create(
        Reading(ticket_id=row["ticket"], person_id=row["author"], up_to=row["last"], at=row["at"])
        for row in written.annotate(last=Max("number"), at=Max("created_at")).order_by("ticket")
    )


def lay_down(ticket: Ticket, entries: list[Entry], people: dict[str, User | None]) -> None:
    """Add a long log at once: the rows that `ticket.note` would write one by one, each an operation of its own."""
    first = ticket.articles.count() + 1
    articles = Article.objects.bulk_create(
        _article(ticket, number, entry, people[entry.who])
        for number, entry in enumerate(entries, start=first)
    )
    ticket.changed_at = entries[-1].at
    Ticket.objects.filter(pk=ticket.pk).update(changed_at=ticket.changed_at)
    if ticket.sla_id:
        ticket.set_clocks()
    snapshot = ticket.snapshot()
    TicketEvent.objects.bulk_create(
        TicketEvent(
            ticket=ticket,
            operation=Operation(by=article.author).id,
            name="ArticleCreate",
            actor=article.author,
            at=article.created_at,
            article=article,
            snapshot=snapshot,
            data={"quiet": True},
        )
        for article in articles
    )


def _article(ticket, number, entry, author):
    return Article(
        ticket=ticket,
        number=number,
        sender_type=SenderType.AGENT if author else SenderType.SYSTEM,
        channel=Channel.NOTE,
        author=author,
        from_address=f"{author.full_name} <{author.email}>" if author else "",
        subject=ticket.title[:250],
        body=entry.text,
        visible_for_customer=entry.public,
        created_at=entry.at,
    )

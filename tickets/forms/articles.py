"""Writing on a ticket: an agent's note or reply, the follow-up of a customer user or requester, and edits later."""

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from opsi.models import User
from opsi.naming import Naming
from tickets import mentions, prepared_texts, twice
from tickets.choices import Channel, SenderType, State
from tickets.forms.layout import in_rows
from tickets.forms.texts import AddressesField, BodyField, LineField, LoginsField, MomentField
from tickets.models import Article, Ticket
from tickets.operations import operation
from tickets.uploads import AttachmentsField


class FollowUpForm(forms.Form):
    """`verb` is what writing this needs; `write_once` does it and returns the Article: of a double click, the first."""

    verb = "follow_up"
    kind = ""
    channel = Channel.WEB
    heading: object = _("Write a reply")

    body = BodyField()
    attachments = AttachmentsField()

    def __init__(
        self, data=None, files=None, *, ticket: Ticket, person: User, verbs=frozenset(), initial=None
    ):
        super().__init__(data, files, initial=initial)
        self.ticket, self.person, self.verbs = ticket, person, verbs

    @property
    def helper(self):
        return in_rows([["body"], ["attachments"]])

    def write_once(self) -> Article:
        with operation(self.person):
            self.ticket.lock_row()
            if twice.MARK not in self.data:
                return self.write()
            written = twice.article_written(
                self.ticket, self.person, self.text, self.cleaned_data["attachments"]
            )
            return written if written and self.says_the_same(written) else self.write()

    @property
    def text(self) -> str:
        """As it is kept."""
        return self.cleaned_data["body"]

    def says_the_same(self, article: Article) -> bool:
        """Whether nothing but the words, which are the same, would set this apart from `article`."""
        return article.channel == self.channel

    def write(self) -> Article:
        return self.ticket.follow_up(
            self.cleaned_data["body"], self.person, attachments=self.cleaned_data["attachments"]
        )


class AgentForm(FollowUpForm):
    """What note and reply share; the ticket's next state may go along, in the same operation."""

    subject = LineField(label=_("Subject"), max_length=250, required=False)
    next_state = forms.ChoiceField(
        label=_("Next state"), choices=[("", _("Leave as it is")), *State.choices], required=False
    )
    pending_until = MomentField(label=_("Pending until"), help_text=_("Only for the state “Pending”."))
    informed = LoginsField(label=_("Inform agents"))
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1, required=False)
    # The newest article when the form was opened: what came after it is said, and stops nothing.
    newest = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1, required=False)

    how_to_inform: object = ""
    head: tuple[str, ...] = ()
    beneath: tuple[str, ...] = ()  # the text

    # Once cleaned: whom it informs by name, and a sentence for each name in the text that informs nobody.
    people_informed: list[User] = []
    not_informed: list[str] = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial = {"version": self.ticket.version, **(self.initial or {})}
        self.fields["subject"].widget.attrs["placeholder"] = self.ticket.title
        self.fields["informed"].help_text = self.how_to_inform
        people = reverse("article_people", args=[self.ticket.number])
        self.fields["informed"].widget.attrs["data-people"] = people
        if self.kind == "note":
            self.fields["body"].widget.attrs["data-people"] = people
        if "change_state" not in self.verbs:
            for name in ("next_state", "pending_until"):
                del self.fields[name]

    @property
    def helper(self):
        kept = ("attachments", "next_state", "pending_until")
        rows = [self.head, ("subject",), ("body",), self.beneath, ("informed",), kept]
        return in_rows(
            [[name for name in row if name in self.fields] for row in rows] + [["version", "newest"]]
        )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("next_state") != State.PENDING:
            self.errors.pop("pending_until", None)
            cleaned["pending_until"] = None
        self._find_informed(cleaned)
        return cleaned

    def _find_informed(self, cleaned):
        by_hand = mentions.named(cleaned.get("informed", ()), self.person, self.ticket)
        for sentence in by_hand.against:
            self.add_error("informed", sentence)
        said = mentions.in_text(cleaned.get("body", ""), self.person, self.ticket)
        if not self.is_visible:
            people, self.not_informed = [*by_hand.people, *said.people], said.against
        else:
            # What the customer reads names no agents for us: it may be that they are to go by a neutral name.
            people, self.not_informed = by_hand.people, []
            if left := [person for person in said.people if person not in people]:
                text = _(
                    "The customer sees this, so @ informs nobody: name %(people)s under “Inform agents”."
                )
                self.not_informed = [text % {"people": ", ".join(person.username for person in left)}]
        self.people_informed = list(dict.fromkeys(people))

    @property
    def is_visible(self) -> bool:
        """Whether the customer will see it; ask once it is cleaned."""
        raise NotImplementedError

    def says_the_same(self, article):
        """A state that is still to be set, or somebody still to be informed, is more than that."""
        state = self.cleaned_data.get("next_state")
        return (
            super().says_the_same(article)
            and article.visible_for_customer == self.is_visible
            and article.subject == (self.cleaned_data["subject"] or self.ticket.title)[:250]
            and (not state or state == self.ticket.state)
            and {person.pk for person in self.people_informed} <= set(article.informed)
        )

    def write(self):
        with operation(self.person):
            state = self.cleaned_data.get("next_state")
            if state and self.cleaned_data.get("version") is not None:
                self.ticket.expect_version(self.cleaned_data["version"])
            article = self.say()
            if state:
                self.ticket.change_state(state, self.person, self.cleaned_data["pending_until"])
            return article

    def say(self):
        raise NotImplementedError


class NoteForm(AgentForm):
    verb, kind, heading = "note", "note", _("Add a note")
    channel = Channel.NOTE

    visible_for_customer = forms.BooleanField(label=_("Visible for customer"), required=False)

    beneath = ("visible_for_customer",)
    how_to_inform = _(
        "Logins, separated by commas; in an internal note you may also write @login in the text."
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "reply" not in self.verbs:
            # Telling the customer something is what a reply is, however it is called.
            del self.fields["visible_for_customer"]

    @property
    def is_visible(self):
        return self.cleaned_data.get("visible_for_customer", False)

    def say(self):
        return self.ticket.note(
            self.cleaned_data["body"],
            self.person,
            subject=self.cleaned_data["subject"],
            visible_for_customer=self.is_visible,
            attachments=self.cleaned_data["attachments"],
            informed=self.people_informed,
        )


class ReplyForm(AgentForm):
    verb, kind, heading = "reply", "reply", _("Reply to the customer")
    channel = Channel.EMAIL

    to = AddressesField(label=_("To"))
    cc = AddressesField(label=_("Cc"))
    with_signature = forms.BooleanField(label=_("With signature"), required=False, initial=True)

    head = ("to", "cc")
    how_to_inform = _("Logins, separated by commas. The customer does not see whom you inform.")
    is_visible = True
    beneath = ("with_signature",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if signature := prepared_texts.signature(self.person, self.ticket):
            shown = format_html('<span class="signature-shown">{}</span>', signature)
            self.fields["with_signature"].help_text = shown
        else:
            del self.fields["with_signature"]

    @property
    def text(self):
        """With the signature, as it is sent."""
        body = self.cleaned_data["body"]
        if not self.cleaned_data.get("with_signature"):
            return body
        return f"{body.rstrip()}\n\n-- \n{prepared_texts.signature(self.person, self.ticket)}"

    def says_the_same(self, article):
        to_whom = (self.cleaned_data["to"], self.cleaned_data["cc"])
        return super().says_the_same(article) and (article.to, article.cc) == to_whom

    def say(self):
        return self.ticket.reply(
            self.text,
            self.person,
            subject=self.cleaned_data["subject"],
            to=self.cleaned_data["to"],
            cc=self.cleaned_data["cc"],
            attachments=self.cleaned_data["attachments"],
            informed=self.people_informed,
        )

    @staticmethod
    def answering(ticket: Ticket, article: Article | None) -> dict[str, str]:
        """Whom a reply goes to unless changed, and the text of `article` quoted."""
        customer = prepared_texts.answered(ticket)
        initial = {"to": customer.email if customer else ""}
        if article is not None:
            quoted = "\n".join(f"> {line}" for line in article.body.splitlines())
            initial |= {"body": f"\n\n{_quoted_sender(article)}:\n{quoted}\n"}
        return initial


def _quoted_sender(article: Article) -> str:
    """Whom a reply names above what it quotes: the customer will read it."""
    naming = Naming()
    if article.sender_type == SenderType.AGENT and naming.settings.neutral_agents:
        return naming.neutral
    return article.from_address


FORMS: dict[str, type[AgentForm]] = {"note": NoteForm, "reply": ReplyForm}


class EditForm(forms.Form):
    """Whoever is named in an agent's internal note for the first time is informed of it as it is now."""

    subject = LineField(label=_("Subject"), max_length=250, required=False)
    body = BodyField()
    visible_for_customer = forms.BooleanField(label=_("Visible for customer"), required=False)

    not_informed: list[str] = []

    def __init__(self, *args, article: Article, person: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.article, self.person = article, person

    def save(self):
        """The TicketEvent, None where nothing changed."""
        article = self.article
        return article.ticket.edit_article(
            article, self.person, informed=self._newly_named(), **self.cleaned_data
        )

    def _newly_named(self):
        article, cleaned = self.article, self.cleaned_data
        by_agent = article.sender_type == SenderType.AGENT and article.channel == Channel.NOTE
        if not by_agent or cleaned["visible_for_customer"] or cleaned["body"] == article.body:
            return []
        before = set(mentions.names_in(article.body))
        new = [name for name in mentions.names_in(cleaned["body"]) if name not in before]
        found = mentions.named(new, self.person, article.ticket)
        self.not_informed = found.against
        return [one for one in found.people if one != self.person and one.pk not in article.informed]

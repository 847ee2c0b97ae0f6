"""Writing on a ticket: an agent's note or reply, the follow-up of a customer user or requester, and edits later."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from opsi.models import User
from opsi.naming import Naming
from tickets.choices import SenderType, State
from tickets.forms.layout import in_rows
from tickets.forms.texts import AddressesField, BodyField, LineField, MomentField
from tickets.models import Article, Ticket
from tickets.operations import operation
from tickets.uploads import AttachmentsField


class FollowUpForm(forms.Form):
    """`verb` is what writing this needs; `write` does it and returns the Article."""

    verb = "follow_up"
    kind = ""
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
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1, required=False)

    head: tuple[str, ...] = ()
    foot: tuple[str, ...] = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial = {"version": self.ticket.version, **(self.initial or {})}
        self.fields["subject"].widget.attrs["placeholder"] = self.ticket.title
        if "change_state" not in self.verbs:
            for name in ("next_state", "pending_until"):
                del self.fields[name]

    @property
    def helper(self):
        rows = [self.head, ("subject",), ("body",), ("attachments", "next_state", "pending_until"), self.foot]
        return in_rows([[name for name in row if name in self.fields] for row in rows] + [["version"]])

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("next_state") != State.PENDING:
            self.errors.pop("pending_until", None)
            cleaned["pending_until"] = None
        return cleaned

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

    visible_for_customer = forms.BooleanField(label=_("Visible for customer"), required=False)

    order = (
        "subject",
        "body",
        "attachments",
        "visible_for_customer",
        "next_state",
        "pending_until",
        "version",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "reply" not in self.verbs:
            # Telling the customer something is what a reply is, however it is called.
            del self.fields["visible_for_customer"]

    def say(self):
        return self.ticket.note(
            self.cleaned_data["body"],
            self.person,
            subject=self.cleaned_data["subject"],
            visible_for_customer=self.cleaned_data.get("visible_for_customer", False),
            attachments=self.cleaned_data["attachments"],
        )


class ReplyForm(AgentForm):
    verb, kind, heading = "reply", "reply", _("Reply to the customer")

    to = AddressesField(label=_("To"))
    cc = AddressesField(label=_("Cc"))

    head = ("to", "cc")

    def say(self):
        return self.ticket.reply(
            self.cleaned_data["body"],
            self.person,
            subject=self.cleaned_data["subject"],
            to=self.cleaned_data["to"],
            cc=self.cleaned_data["cc"],
            attachments=self.cleaned_data["attachments"],
        )

    @staticmethod
    def answering(ticket: Ticket, article: Article | None) -> dict[str, str]:
        """Whom a reply goes to unless changed, and the text of `article` quoted."""
        customer = ticket.customer_user or ticket.created_by
        initial = {"to": customer.email if customer and not customer.is_agent else ""}
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
    subject = LineField(label=_("Subject"), max_length=250, required=False)
    body = BodyField()
    visible_for_customer = forms.BooleanField(label=_("Visible for customer"), required=False)


class MergeForm(forms.Form):
    """The ticket to merge into, by its number: one that is hidden reads as one that does not exist."""

    target = LineField(label=_("Number of the ticket to merge into"), max_length=20)

    def __init__(self, data=None, *, person: User):
        super().__init__(data)
        self.person = person

    def clean_target(self):
        ticket = Ticket.objects.readable_by(self.person).filter(number=self.cleaned_data["target"]).first()
        if ticket is None:
            raise ValidationError(_("There is no ticket of this number."))
        return ticket

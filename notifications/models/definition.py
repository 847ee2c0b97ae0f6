"""Ticket notifications as an administrator defines them: which events, to whom, through what, in which words."""

import itertools
import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from notifications.choices import Frame, Severity, SeverityRule, ShowInPreferences, Validity
from opsi.models import Group
from tickets.choices import Priority

TAG = re.compile(r"\{\{[^{}]*\}\}")
BY_PRIORITY = {Priority.VERY_HIGH: Severity.CRITICAL, Priority.HIGH: Severity.WARNING}


def split_addresses(text):
    """The parts of a list of extra addresses, which comma, semicolon or white space separate (behaviour B10)."""
    return [part for part in re.split(r"[,;\s]+", TAG.sub(_without_spaces, text)) if part]


def _without_spaces(tag):
    return "".join(tag[0].split())


def _may_be_address(part):
    # A tag is filled later.
    if "{{" in part:
        return TAG.search(part) is not None
    try:
        validate_email(part.strip("<>"))
    except ValidationError:
        return False
    return True


class DefinitionQuerySet(models.QuerySet):
    def valid(self):
        return self.filter(validity=Validity.VALID)

    def for_dispatch(self):
        """With `version_id`, the current version's (None: never published), and whether it names people or groups."""
        named = {
            f"has_{field}": models.Exists(through.objects.filter(definition=models.OuterRef("pk")))
            for field, through in (
                ("named_users", self.model.named_users.through),
                ("named_groups", self.model.named_groups.through),
            )
        }
        versions = DefinitionVersion.objects.filter(definition=models.OuterRef("pk")).order_by("-number")
        return self.annotate(version_id=models.Subquery(versions.values("pk")[:1]), **named)


class Definition(models.Model):
    """JSON fields, all of plain values:

    * `events`: event names of `tickets.events`;
    * `ticket_filter`: {field of Ticket.snapshot(): [values]}, values of a field OR, fields AND; `changed_from` and
      `changed_to` likewise, each field asked of the event that changes it, None for “nothing” or “nobody”;
    * `article_filter`: {"sender_type"|"channel": [codes], "visible_for_customer"|"has_attachment": bool,
      "from"|"to"|"cc"|"subject"|"body": [texts contained]};
    * `recipients`: keys of `notifications.recipients`; `roles`: agent and customer roles;
    * `channels`: {channel name: whether active by default}.
    """

    name = models.CharField(_("name"), max_length=200, unique=True)
    comment = models.CharField(_("comment"), max_length=250, blank=True)
    validity = models.CharField(
        _("validity"), max_length=20, choices=Validity, default=Validity.VALID, db_index=True
    )
    show_in_preferences = models.CharField(
        _("show in preferences"), max_length=10, choices=ShowInPreferences, default=ShowInPreferences.YES
    )
    tooltip = models.CharField(_("tooltip"), max_length=250, blank=True)
    severity = models.CharField(
        _("severity"), max_length=20, choices=SeverityRule, default=SeverityRule.FROM_PRIORITY
    )
    events = models.JSONField(_("events"), default=list)
    ticket_filter = models.JSONField(_("ticket filter"), default=dict, blank=True)
    changed_from = models.JSONField(_("changed from"), default=dict, blank=True)
    changed_to = models.JSONField(_("changed to"), default=dict, blank=True)
    article_filter = models.JSONField(_("article filter"), default=dict, blank=True)
    recipients = models.JSONField(_("recipients"), default=list, blank=True)
    named_users = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("named people"), related_name="+", blank=True
    )
    named_groups = models.ManyToManyField(Group, verbose_name=_("groups"), related_name="+", blank=True)
    roles = models.JSONField(_("roles"), default=list, blank=True)
    extra_addresses = models.TextField(
        _("extra addresses"),
        blank=True,
        help_text=_("Separated by comma, semicolon or space. They get customer-visible articles only."),
    )
    also_notify_actor = models.BooleanField(_("also notify who did it"), default=False)
    send_out_of_office = models.BooleanField(_("send while out of office"), default=False)
    once_per_day = models.BooleanField(_("once per day"), default=False)
    critical_skips_window = models.BooleanField(_("a critical notice does not wait"), default=False)
    channels = models.JSONField(_("channels"), default=dict)
    shipped_as = models.SlugField(max_length=60, unique=True, null=True, blank=True, editable=False)

    # What `for_dispatch` adds.
    version_id: int | None
    has_named_users: bool
    has_named_groups: bool

    objects = DefinitionQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket notification")
        verbose_name_plural = _("ticket notifications")
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def shown_name(self):
        """What the product ships is translated; what an administrator wrote is said as it stands."""
        return gettext(self.name) if self.shipped_as else self.name

    @property
    def is_valid(self):
        return self.validity == Validity.VALID

    def clean(self):
        if wrong := [part for part in split_addresses(self.extra_addresses) if not _may_be_address(part)]:
            raise ValidationError(
                {"extra_addresses": gettext("Not an e-mail address: %(wrong)s") % {"wrong": ", ".join(wrong)}}
            )

    def names_anybody(self):
        """Whether it has anybody to tell at all."""
        return bool(
            self.recipients
            or self.roles
            or self.extra_addresses.strip()
            or self.named_users.exists()
            or self.named_groups.exists()
        )

    def copy(self):
        """A definition like this one, published and invalid, until its copier is done. Returns it."""
        with transaction.atomic():
            copy = Definition.objects.get(pk=self.pk)
            copy.pk, copy._state.adding = None, True
            copy.name, copy.shipped_as, copy.validity = self._name_of_copy(), None, Validity.INVALID
            copy.save()
            copy.named_users.set(self.named_users.all())
            copy.named_groups.set(self.named_groups.all())
            for text in self.texts.all():
                copy.texts.create(language=text.language, **text.words())
            copy.publish()
        return copy

    def _name_of_copy(self):
        for number in itertools.count(1):
            suffix = gettext(" (copy)") if number == 1 else gettext(" (copy %(number)d)") % {"number": number}
            name = self.name[: 200 - len(suffix)] + suffix
            if not Definition.objects.filter(name=name).exists():
                return name

    def severity_at(self, priority):
        """The Severity of an event on a ticket of `priority` (domain §4)."""
        if self.severity == SeverityRule.FROM_PRIORITY:
            return BY_PRIORITY.get(priority, Severity.INFORMATION)
        return Severity[self.severity.upper()]

    def current_version(self):
        """The DefinitionVersion whose words go out now; None before the first `publish`."""
        return self.versions.order_by("-number").first()

    def publish(self):
        """Freeze the texts as they stand, where they changed. Returns the current DefinitionVersion."""
        texts = {text.language: text.words() for text in self.texts.all()}
        current = self.current_version()
        if current is not None and current.texts == texts:
            return current
        return self.versions.create(number=current.number + 1 if current else 1, texts=texts)


class DefinitionText(models.Model):
    """What a definition says in one language; tags as in docs/notifications.md."""

    definition = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=250)
    body = models.TextField(_("text"))
    frame = models.CharField(_("frame"), max_length=20, choices=Frame, default=Frame.DEFAULT)

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        ordering = ["definition", "language"]
        constraints = [models.UniqueConstraint(fields=["definition", "language"], name="definitiontext_once")]

    def __str__(self):
        return f"{self.definition} ({self.language})"

    def words(self):
        """As a version keeps them."""
        return {"subject": self.subject, "body": self.body, "frame": self.frame}

    def clean(self):
        if "\n" in self.subject or "\r" in self.subject:
            raise ValidationError({"subject": _("A subject is one line.")})


class DefinitionVersion(models.Model):
    """The texts of a definition as they stood: notices refer to it, so that an edit never rewrites what was decided."""

    definition = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    # {language: {"subject": str, "body": str, "frame": str}}
    texts = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["definition", "number"]
        constraints = [
            models.UniqueConstraint(fields=["definition", "number"], name="definitionversion_once")
        ]

    def __str__(self):
        return f"{self.definition} v{self.number}"

    def text(self, language):
        """The words for `language`, else the installation's default, else English, else any (domain B12)."""
        for wanted in (language, settings.LANGUAGE_CODE, "en"):
            if wanted in self.texts:
                return self.texts[wanted]
        return next(iter(self.texts.values()))

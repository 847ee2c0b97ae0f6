"""Mail to one address: first an open window that collects items, then frozen, then sent (domain §4, §7)."""

import datetime

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.causes import Cause
from notifications.choices import Function, ItemState, MailState, Outcome, Severity, Withdrawal
from notifications.models.definition import DefinitionVersion
from notifications.models.notice import Notice
from tickets.models import TicketEvent

LEASE = datetime.timedelta(minutes=2)
UNFINISHED = [MailState.OPEN, MailState.DUE, MailState.SENDING]
SENT = [MailState.SENT, MailState.DELIVERED, MailState.BOUNCED, MailState.COMPLAINED]
AGEING = datetime.timedelta(minutes=15)  # after so long a wait a mail goes before those a severity higher
# Two steps of ageing lie between Information and Critical: however many critical mails come, the others get their turn.
# It compares moments and asks no clock, so that mails keep their order while they wait.
BY_IMPORTANCE = (
    Case(
        When(severity=Severity.CRITICAL, then=F("closes_at") - Value(2 * AGEING)),
        When(severity=Severity.WARNING, then=F("closes_at") - Value(AGEING)),
        default=F("closes_at"),
    ),
    "-severity",
    "id",
)


def unfinished_as_of(now: datetime.datetime) -> dict[str, Q]:
    """Where mail that has not come to an end can stand; each such mail is in one of these."""
    is_open, is_due, over = Q(state=MailState.OPEN), Q(state=MailState.DUE), Q(closes_at__lte=now)
    return {
        "open": is_open & Q(lane="") & ~over,
        "held": is_open & ~Q(lane="") & ~over,
        "due": (is_due & Q(attempts=0)) | (is_open & over),
        "retrying": is_due & Q(attempts__gt=0),
        "sending": Q(state=MailState.SENDING),
    }


class MailQuerySet(models.QuerySet):
    def due(self, now):
        """What is to be sent: windows that are over, mails that are due, and those whose sender was lost."""
        return self.filter(
            Q(state__in=[MailState.OPEN, MailState.DUE], closes_at__lte=now)
            | Q(state=MailState.SENDING, leased_until__lt=now)
        )

    def claim(self, owner, limit, now=None):
        """Take up to `limit` due mails for `owner` (a text nobody else uses), the most important first (BY_IMPORTANCE).

        This closes windows (see notifications.windows for who does what at the same time). Two workers never hold the
        same mail: the update takes only what is due still, and what comes back is what it took. Three statements.
        """
        now = now or timezone.now()
        with transaction.atomic():
            due = self.due(now).order_by(*BY_IMPORTANCE).values_list("pk", flat=True)
            chosen = list(due.select_for_update(skip_locked=True, no_key=True)[:limit])
            if not chosen:
                return []
            taken = (
                self.due(now)
                .filter(pk__in=chosen)
                .update(state=MailState.SENDING, lease_owner=owner, leased_until=now + LEASE)
            )
            if not taken:
                return []
        return list(self.held_by(owner).order_by(*BY_IMPORTANCE))

    def senders(self, now):
        """How many workers send at this moment: each holds a batch of its own."""
        held = self.filter(state=MailState.SENDING, leased_until__gte=now)
        return held.values("lease_owner").distinct().count()

    def held_by(self, owner):
        return self.filter(state=MailState.SENDING, lease_owner=owner)

    def renew(self, owner, now=None):
        """Keep what `owner` holds for another lease. Returns the ids; what is missing was taken over by somebody."""
        now = now or timezone.now()
        self.held_by(owner).update(leased_until=now + LEASE)
        return set(self.held_by(owner).values_list("pk", flat=True))

    def send_again(self, now=None):
        """Make due once more, as mails of their own to mail programs, what was sent. Returns how many mails.

        They are judged again; what may no longer be told stays told.
        """
        now = now or timezone.now()
        with transaction.atomic():
            sent = list(
                self.filter(state__in=SENT).select_for_update(no_key=True).values_list("pk", flat=True)
            )
            MailItem.objects.filter(mail__in=sent, state=ItemState.SENT).update(state=ItemState.WAITING)
            return Mail.objects.filter(pk__in=sent).update(
                state=MailState.DUE,
                closes_at=now,
                attempts=0,
                finished_at=None,
                message_id="",
                provider_id="",
            )

    def unfinished(self):
        """What has not come to an end."""
        return self.filter(state__in=UNFINISHED)

    def tried(self):
        """What waits for another try."""
        return self.filter(state=MailState.DUE, attempts__gt=0)

    def try_again(self, now=None):
        """Make waiting mail due now, and what failed due once more with attempts anew. Returns how many mails."""
        now = now or timezone.now()
        with transaction.atomic():
            failed = list(self.filter(state=MailState.FAILED).values_list("pk", flat=True))
            again = {"state": MailState.DUE, "closes_at": now, "attempts": 0, "finished_at": None}
            retried = Mail.objects.filter(pk__in=failed, state=MailState.FAILED).update(**again)
            MailItem.objects.filter(mail__in=failed, state=ItemState.FAILED).update(
                state=ItemState.WAITING, finished_at=None
            )
            waiting = self.filter(state=MailState.DUE, closes_at__gt=now)
            return retried + waiting.update(closes_at=now)


class Mail(models.Model):
    """One mail. At most one OPEN window per normalised address and `lane`; `closes_at` never moves once it is open.

    `lane` is "" for the ordinary window; what a person has held back collects in a lane of their own (see
    notifications.holding), whose `closes_at` follows only what that person chooses.
    `closes_at` is when the mail is due: the end of its window, later the time of the next try. `message_id`, frozen by
    the first attempt, and the same members go out however often it is tried; a retry may only shrink.
    `leased_until`/`lease_owner` while SENDING: a lease that ran out is anyone's to take over.
    """

    address = models.CharField(_("address"), max_length=254)
    lane = models.CharField(_("lane"), max_length=40, blank=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=MailState)
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    closes_at = models.DateTimeField(_("due"))
    # The most important and the oldest of its items, so that the most important mail goes first.
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity, default=Severity.INFORMATION)
    function = models.CharField(_("function"), max_length=20, choices=Function, blank=True)
    message_id = models.CharField(_("Message-ID"), max_length=250, blank=True)
    subject = models.CharField(_("subject"), max_length=998, blank=True)
    # What the mail provider calls it: its reports name this.
    provider_id = models.CharField(_("provider's id"), max_length=250, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    lease_owner = models.CharField(max_length=64, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("delivery log")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["address", "lane"], condition=Q(state=MailState.OPEN), name="mail_one_open_window"
            )
        ]
        indexes = [
            models.Index(
                fields=["closes_at"],
                condition=Q(state__in=UNFINISHED),
                name="mail_unfinished",
            ),
            # For the delivery log and for what went out in an hour, however many mails there have been.
            models.Index(fields=["state", "-id"], name="mail_by_state"),
            models.Index(fields=["address", "-id"], name="mail_by_address"),
            models.Index(fields=["finished_at", "state"], name="mail_by_end"),
            models.Index(fields=["message_id"], condition=~Q(message_id=""), name="mail_by_message_id"),
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="mail_by_provider_id"),
        ]

    def __str__(self):
        return f"{self.address} ({self.get_state_display()})"


class MailItem(models.Model):
    """One notice on its way into a mail."""

    mail = models.ForeignKey(Mail, on_delete=models.CASCADE, related_name="items")
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="mail_items", db_index=False)
    # The person whose address it is; None for an extra address.
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="+",
        null=True,
        blank=True,
    )
    definition_version = models.ForeignKey(DefinitionVersion, on_delete=models.PROTECT, related_name="+")
    # What the mail tells of where that is not the notice's own event; ask `told_event`.
    event = models.ForeignKey(
        TicketEvent, on_delete=models.CASCADE, related_name="+", null=True, blank=True, db_index=False
    )
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity)
    state = models.CharField(_("state"), max_length=10, choices=ItemState, default=ItemState.WAITING)
    withdrawal = models.CharField(_("withdrawn because"), max_length=20, choices=Withdrawal, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("mail item")
        verbose_name_plural = _("mail items")
        ordering = ["-severity", "created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["notice"], name="mailitem_once_per_notice")]

    def __str__(self):
        return f"{self.notice} ({self.state})"

    @property
    def told_event(self):
        """The TicketEvent to render with `definition_version`: by mail a person may hear of another than in the app."""
        return self.event or self.notice.event


class DeliveryAttempt(models.Model):
    """One line of the delivery log: what handing over a mail came to, the Cause, and the server's own words."""

    mail = models.ForeignKey(Mail, on_delete=models.CASCADE, related_name="deliveries")
    at = models.DateTimeField(_("time"), default=timezone.now)
    function = models.CharField(_("function"), max_length=20, choices=Function)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    # Of notifications.causes.Cause; "" where there is nothing to explain.
    cause = models.CharField(max_length=20, blank=True, editable=False)
    answer = models.TextField(_("answer"), blank=True)

    class Meta:
        verbose_name = _("delivery attempt")
        verbose_name_plural = _("delivery attempts")
        ordering = ["id"]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.get_outcome_display()}"

    @property
    def happened(self) -> str:
        """What happened, in the active language and the server's words."""
        return happened(self.cause, self.answer)

    @property
    def what_to_do(self) -> str:
        """What an administrator can do, in the active language; "" where nothing is to be done."""
        return Cause(self.cause).what_to_do_about(self.function) if self.cause in Cause.values else ""


def happened(cause: str | None, answer: str | None) -> str:
    """The same of a line's values alone."""
    return Cause(cause).happened(answer or "") if cause in Cause.values else answer or ""

"""The words of notifications (domain §4, §5)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Severity(models.IntegerChoices):
    """How much a notice matters; higher goes first."""

    INFORMATION = 1, _("Information")
    WARNING = 2, _("Warning")
    CRITICAL = 3, _("Critical")


class SeverityRule(models.TextChoices):
    """Where a definition's severity comes from."""

    FROM_PRIORITY = "from_priority", _("From the ticket's priority")
    INFORMATION = "information", _("Information")
    WARNING = "warning", _("Warning")
    CRITICAL = "critical", _("Critical")


class Validity(models.TextChoices):
    VALID = "valid", _("Valid")
    INVALID = "invalid", _("Invalid")
    INVALID_TEMPORARILY = "invalid_temporarily", _("Invalid temporarily")


class ShowInPreferences(models.TextChoices):
    NO = "no", _("No: always sent")
    YES = "yes", _("Yes")
    MANDATORY = "mandatory", _("Yes, and at least one channel stays on")


class Frame(models.TextChoices):
    """What stands around a mail's text."""

    DEFAULT = "default", _("Default")
    ALERT = "alert", _("Alert")
    UNFORMATTED = "unformatted", _("Unformatted")


class Function(models.TextChoices):
    """The one global choice (domain §4)."""

    OPSI = "opsi", _("Ops I notification function")
    MAIL_SERVER = "mail_server", _("Mail server function")


class Security(models.TextChoices):
    NONE = "none", _("None (SMTP, port 25)")
    STARTTLS = "starttls", _("STARTTLS (port 587)")
    TLS = "tls", _("TLS (SMTPS, port 465)")


class Authentication(models.TextChoices):
    NONE = "none", _("None")
    PASSWORD = "password", _("User and password")
    OAUTH2 = "oauth2", _("OAuth2 (XOAUTH2)")


class Drop(models.TextChoices):
    """Why somebody concerned is not told, or not through a channel (domain §5, dispatch step 3)."""

    SYSTEM = "system", _("is the system itself")
    INACTIVE = "inactive", _("is disabled or deleted")
    ACTOR = "actor", _("did it themselves")
    NO_ACCESS = "no_access", _("may not read the ticket")
    NO_ARTICLE_ACCESS = "no_article_access", _("may not see this internal article")
    STATE_CHANGES_ONLY = "state_changes_only", _("watches state changes only")
    PREFERENCE = "preference", _("has turned this off")
    ONCE_PER_DAY = "once_per_day", _("was told today already")
    OUT_OF_OFFICE = "out_of_office", _("is out of office")
    MAIL_PAUSED = "mail_paused", _("their mail is paused")
    MUTED = "muted", _("has muted this ticket")
    NO_ADDRESS = "no_address", _("has no usable e-mail address")
    UNDONE = "undone", _("it was taken back at once")
    FUNCTION = "function", _("the notification function in use has no such channel")


class Withdrawal(models.TextChoices):
    """Why a mail item that waited was not sent after all (domain §5, at sending)."""

    NO_ACCESS = "no_access", _("lost access to the ticket or article")
    INACTIVE = "inactive", _("was disabled or deleted")
    READ_IN_APP = "read_in_app", _("read it in the app and wants no mail for that")
    ARTICLE_GONE = "article_gone", _("the article was deleted or made internal")
    PREFERENCE = "preference", _("turned this off")
    WATCH_ENDED = "watch_ended", _("stopped watching")
    STATE_CHANGES_ONLY = "state_changes_only", _("watches state changes only by now")
    UNDONE = "undone", _("it was taken back")
    NO_ADDRESS = "no_address", _("has no usable e-mail address any more")
    MUTED = "muted", _("muted this ticket")
    MAIL_PAUSED = "mail_paused", _("mail to the address is paused")
    ABSENT_GONE = "absent_gone", _("stood in for somebody who was disabled or deleted")


class Rhythm(models.TextChoices):
    """How often a person wants mail (domain §4): what is not held comes by the ordinary window."""

    EACH = "each", _("Each mail as it comes")
    DAILY = "daily", _("One summary a day")
    WEEKLY = "weekly", _("One summary a week")


class Weekday(models.IntegerChoices):
    """As `date.weekday()` counts."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class OutboxState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class InboxState(models.TextChoices):
    UNREAD = "unread", _("Unread")
    READ = "read", _("Read")
    DONE = "done", _("Done")
    SAVED = "saved", _("Saved")
    SNOOZED = "snoozed", _("Snoozed")


class MailState(models.TextChoices):
    """The life of one mail: its window is open, it is due (or due again), being sent, and then one of the ends."""

    OPEN = "open", _("collecting")
    DUE = "due", _("due")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    WITHDRAWN = "withdrawn", _("withdrawn: nothing was left to say")
    # What the provider reports of a mail it had accepted; each outweighs those before it, in whatever order they come.
    DELIVERED = "delivered", _("delivered")
    BOUNCED = "bounced", _("came back")
    COMPLAINED = "complained", _("reported as spam")


class ItemState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    WITHDRAWN = "withdrawn", _("withdrawn")
    FAILED = "failed", _("failed")


class Outcome(models.TextChoices):
    """What an attempt to hand a mail to the mail server came to, and what was reported of it later (domain §7)."""

    SENT = "sent", _("accepted")
    TEMPORARY = "temporary", _("not now, tried again later")
    PERMANENT = "permanent", _("refused for good")
    UNKNOWN = "unknown", _("unknown: the connection broke after the text was handed over")
    GIVEN_UP = "given_up", _("not now either, and given up")
    DELIVERED = "delivered", _("delivered")
    BOUNCED = "bounced", _("came back")
    COMPLAINED = "complained", _("reported as spam")


class PauseReason(models.TextChoices):
    """Why no mail goes to an address for now (domain §7)."""

    BOUNCED = "bounced", _("mail to it came back")
    COMPLAINED = "complained", _("a mail to it was reported as spam")
    ADMIN = "admin", _("an administrator paused it")

"""The words a ticket is described with (domain §2): codes are stored, sent and filtered by; labels are shown."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TicketType(models.TextChoices):
    REQUEST = "request", _("Request")
    INCIDENT = "incident", _("Incident")
    PROBLEM = "problem", _("Problem")
    RFC = "rfc", _("RFC")


class Priority(models.TextChoices):
    """Least first."""

    VERY_LOW = "very_low", _("Very low")
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")
    VERY_HIGH = "very_high", _("Very high")


class State(models.TextChoices):
    NEW = "new", _("New")
    OPEN = "open", _("Open")
    IN_PROGRESS = "in_progress", _("In progress")
    PENDING = "pending", _("Pending")
    AWAITING_APPROVAL = "awaiting_approval", _("Awaiting approval")
    PLANNING = "planning", _("Planning")
    AWAITING_IMPLEMENTATION = "awaiting_implementation", _("Awaiting implementation")
    IMPLEMENTING = "implementing", _("Implementing")
    INVESTIGATING = "investigating", _("Investigating")
    AWAITING_BACKOUT = "awaiting_backout", _("Awaiting backout")
    DECLINED = "declined", _("Declined")
    RESOLVED = "resolved", _("Resolved")
    COMPLETED = "completed", _("Completed")
    CLOSED = "closed", _("Closed")
    CLOSED_WITH_BACKOUT = "closed_with_backout", _("Closed with backout")
    CANCELLED = "cancelled", _("Cancelled")


COMPLETE_STATES = frozenset(
    {State.RESOLVED, State.CLOSED, State.COMPLETED, State.CANCELLED, State.CLOSED_WITH_BACKOUT}
)


# The ticket's fields that say who works on it, which takes a role for it.
POSTS = ("owner", "responsible")


class Clock(models.TextChoices):
    """What a service level promises a time for; the ticket's field of each is named after it, with `_due`."""

    FIRST_RESPONSE = "first_response", _("First response")
    UPDATE = "update", _("Update")
    SOLUTION = "solution", _("Solution")


class SenderType(models.TextChoices):
    AGENT = "agent", _("Agent")
    CUSTOMER = "customer", _("Customer")
    SYSTEM = "system", _("System")


class Channel(models.TextChoices):
    NOTE = "note", _("Note")
    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")
    WEB = "web", _("Web")


class Level(models.IntegerChoices):
    """What an agent may do with a ticket; each level includes those before it (domain §1)."""

    READ = 1, _("read")
    NOTE = 2, _("note")
    WRITE = 3, _("write")


class FollowUp(models.TextChoices):
    """What a customer's follow-up to a complete ticket does (domain §1)."""

    REOPEN = "reopen", _("Reopens the ticket")
    LINK = "link", _("Opens a new, linked ticket")
    REJECT = "reject", _("Is refused, with the reason")

"""The ticket notifications every installation starts with, to be edited at will (domain §5, "Shipped definitions")."""

from django.db import transaction
from django.utils.translation import gettext_noop as _

from notifications.choices import Frame, SeverityRule, ShowInPreferences
from notifications.models import Definition, DefinitionText, DefinitionVersion
from notifications.shipped_texts import TEXTS
from tickets.choices import SenderType

INVOLVED = ["creator", "owner", "responsible", "assignment_group", "watchers"]
CONCERNED = [*INVOLVED, "newly_concerned"]
IN_CHARGE = ["owner", "responsible", "queue_subscribers"]
CHANNELS = {"in_app": True, "email": True}

# In the order of their ids: of equally important ones that reach the same person, the first gives the text.
SHIPPED = (
    {
        "shipped_as": "ticket-created",
        "name": _("Ticket created"),
        "tooltip": _(
            "A ticket you created, are given, watch, follow, or whose queue or service you subscribe to."
        ),
        "events": ["TicketCreate"],
        "recipients": [
            *INVOLVED,
            "queue_subscribers",
            "service_subscribers",
            "customer_user",
            "following_managers",
        ],
    },
    {
        "shipped_as": "informed-of-note",
        "name": _("Informed of a note"),
        "tooltip": _("Somebody explicitly informs you of what they write."),
        "show_in_preferences": ShowInPreferences.MANDATORY,
        # Of an edit they are told who are named in it for the first time.
        "events": ["ArticleCreate", "ArticleUpdate"],
        "recipients": ["informed"],
    },
    {
        "shipped_as": "new-article",
        "name": _("New article"),
        "tooltip": _("Every note, answer and follow-up that you may see."),
        "events": ["ArticleCreate"],
        "recipients": INVOLVED,
    },
    {
        "shipped_as": "answer-to-customer",
        "name": _("New message to the customer"),
        "tooltip": _("Answers on the tickets you are the customer user of, or follow."),
        "events": ["ArticleCreate"],
        "article_filter": {"visible_for_customer": True},
        "recipients": ["customer_user", "following_managers"],
    },
    {
        "shipped_as": "follow-up-unlocked",
        "name": _("Follow-up on an unlocked ticket"),
        "tooltip": _("A customer writes on a ticket that nobody has locked, in a queue you subscribe to."),
        "events": ["ArticleCreate"],
        "ticket_filter": {"is_locked": [False]},
        "article_filter": {"sender_type": [SenderType.CUSTOMER.value]},
        "recipients": ["queue_subscribers"],
    },
    {
        "shipped_as": "state-changed",
        "name": _("State changed"),
        "events": ["TicketStateUpdate"],
        "recipients": [*CONCERNED, "customer_user", "following_managers"],
    },
    {
        "shipped_as": "assignment-changed",
        "name": _("Owner, responsible or group changed"),
        "events": ["TicketOwnerUpdate", "TicketResponsibleUpdate", "TicketAssignmentGroupUpdate"],
        "recipients": CONCERNED,
    },
    {
        "shipped_as": "ticket-changed",
        "name": _("Ticket changed"),
        "tooltip": _("Title, type, queue, service, SLA, customer, pending time or priority."),
        "events": [
            "TicketTitleUpdate",
            "TicketTypeUpdate",
            "TicketQueueUpdate",
            "TicketServiceUpdate",
            "TicketSLAUpdate",
            "TicketCustomerUpdate",
            "TicketPendingTimeUpdate",
            "TicketPriorityUpdate",
        ],
        "recipients": CONCERNED,
    },
    {
        "shipped_as": "ticket-merged",
        "name": _("Ticket merged"),
        "events": ["TicketMerge"],
        "recipients": CONCERNED,
    },
    {
        "shipped_as": "ticket-deleted",
        "name": _("Ticket deleted"),
        "events": ["TicketDelete"],
        "recipients": CONCERNED,
    },
    {
        "shipped_as": "pending-reminder",
        "name": _("Pending reminder"),
        "events": ["NotificationPendingReminder"],
        "recipients": IN_CHARGE,
        "once_per_day": True,
    },
    {
        "shipped_as": "escalation-warning",
        "name": _("Escalation warning"),
        "events": ["NotificationEscalationNotifyBefore"],
        "recipients": IN_CHARGE,
        "once_per_day": True,
        "severity": SeverityRule.WARNING,
    },
    {
        "shipped_as": "escalation",
        "name": _("Escalation"),
        "events": ["NotificationEscalation"],
        "recipients": IN_CHARGE,
        "once_per_day": True,
        "severity": SeverityRule.CRITICAL,
    },
    {
        "shipped_as": "lock-timeout",
        "name": _("Lock timeout"),
        "tooltip": _("A ticket of yours was locked for longer than its queue allows, and has been unlocked."),
        "events": ["NotificationLockTimeout"],
        "recipients": ["owner", "responsible"],
    },
    {
        "shipped_as": "watcher-added",
        "name": _("Added as watcher"),
        "events": ["TicketSubscribe"],
        "recipients": ["watcher_subject"],
    },
    {
        "shipped_as": "watcher-removed",
        "name": _("Removed as watcher"),
        "events": ["TicketUnsubscribe"],
        "recipients": ["watcher_subject"],
    },
    {
        "shipped_as": "delivery-failed",
        "name": _("E-mail could not be delivered"),
        "events": ["EmailDeliveryFailure"],
        "recipients": ["owner", "responsible", "admins"],
        "severity": SeverityRule.WARNING,
    },
    {
        "shipped_as": "system-health",
        "name": _("Notifications are stuck"),
        "tooltip": _("Something waits too long to be told or mailed, and when that is over."),
        "show_in_preferences": ShowInPreferences.MANDATORY,
        "events": ["SystemHealth"],
        "recipients": ["admins"],
        "severity": SeverityRule.CRITICAL,
        "critical_skips_window": True,
    },
)
ALERTS = {"escalation", "escalation-warning", "delivery-failed", "system-health"}


def ship(using: str = "default") -> None:
    """Lay down the shipped definitions where there are none at all; what an administrator left is never touched."""
    with transaction.atomic(using=using):
        if Definition.objects.using(using).exists():
            return
        definitions = Definition.objects.using(using).bulk_create(
            Definition(**{"channels": CHANNELS, **fields}) for fields in SHIPPED
        )
        texts = {definition.shipped_as: _texts(definition) for definition in definitions}
        DefinitionText.objects.using(using).bulk_create(text for of_one in texts.values() for text in of_one)
        DefinitionVersion.objects.using(using).bulk_create(
            DefinitionVersion(
                definition=definition,
                number=1,
                texts={text.language: text.words() for text in texts[definition.shipped_as]},
            )
            for definition in definitions
        )


def _texts(definition):
    frame = Frame.ALERT if definition.shipped_as in ALERTS else Frame.DEFAULT
    return [
        DefinitionText(definition=definition, language=language, subject=subject, body=body, frame=frame)
        for language, (subject, body) in TEXTS[definition.shipped_as].items()
    ]

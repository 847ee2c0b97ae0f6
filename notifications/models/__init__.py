from notifications.models.definition import Definition, DefinitionText, DefinitionVersion
from notifications.models.function import MailServer, NotificationFunction
from notifications.models.inbox import InboxRow
from notifications.models.mail import DeliveryAttempt, Mail, MailItem
from notifications.models.notice import Candidate, Notice
from notifications.models.outbox import Outbox
from notifications.models.preferences import Following, PersonalSettings, Preference, Subscription

__all__ = [
    "Candidate", "Definition", "DefinitionText", "DefinitionVersion", "DeliveryAttempt", "Following", "InboxRow",
    "Mail", "MailItem", "MailServer", "Notice", "NotificationFunction", "Outbox", "PersonalSettings", "Preference",
    "Subscription",
]  # fmt: skip

from notifications.models.alarm import HealthAlarm
from notifications.models.definition import Definition, DefinitionText, DefinitionVersion
from notifications.models.function import MailServer, NotificationFunction
from notifications.models.inbox import InboxRow
from notifications.models.inbox_settings import InboxFilter, InboxRetention
from notifications.models.mail import DeliveryAttempt, Mail, MailItem
from notifications.models.mute import Mute
from notifications.models.notice import Candidate, Notice
from notifications.models.outbox import Outbox
from notifications.models.pause import AddressPause
from notifications.models.preferences import Following, PersonalSettings, Preference, Subscription
from notifications.models.rate import SendingRate
from notifications.models.tally import Tally
from notifications.models.worker import WorkerSign

__all__ = [
    "AddressPause", "Candidate", "Definition", "DefinitionText", "DefinitionVersion", "DeliveryAttempt", "Following",
    "HealthAlarm", "InboxFilter", "InboxRetention", "InboxRow", "Mail", "MailItem", "MailServer", "Mute", "Notice",
    "NotificationFunction", "Outbox", "PersonalSettings", "Preference", "SendingRate", "Subscription", "Tally",
    "WorkerSign",
]  # fmt: skip

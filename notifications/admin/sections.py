"""Where the pages of notifications stand in the admin: who is told what, and what becomes of it (opsi.admin_site)."""

from django.utils.translation import gettext_lazy as _

from notifications.admin.health import banner, banner_of_what_is_grave
from notifications.models import (
    AddressPause,
    Definition,
    HealthAlarm,
    InboxRetention,
    Mail,
    MailServer,
    NotificationFunction,
    Outbox,
)
from opsi import slots
from opsi.admin_site import Section, without_entry

NOTIFICATIONS = Section("notifications", _("Notifications"), order=40)
NOTIFICATIONS.put(Definition, _("Who is told of what, in which words, in the app or by mail."))
NOTIFICATIONS.put(
    NotificationFunction,
    _("How mail leaves: by Ops I itself or by your own mail server; combining and rate."),
)
NOTIFICATIONS.put(
    "admin:notifications_definition_plan",
    _("In one grid: who is told of which event, what nobody hears of, what is told twice."),
    _("Notification plan"),
)
NOTIFICATIONS.put(
    InboxRetention, _("How long inboxes, the dispatch queue and the delivery log keep what they have.")
)
# It is entered on the function's page.
without_entry.add(MailServer)

DELIVERY = Section("delivery", _("Delivery"), order=50)
DELIVERY.put(
    "admin:notifications_mail_health",
    _("What waits and since when, what failed, and what to do about it."),
    _("Notification health"),
)
DELIVERY.put(HealthAlarm, _("When administrators are told that something is stuck."))
DELIVERY.put(Mail, _("Every mail: to whom, about what, and what the mail server said."))
DELIVERY.put(AddressPause, _("Addresses that get no mail for now, and why."))
DELIVERY.put(Outbox, _("Acts on tickets whose notifications are still to be worked out."))

slots.fill("admin.start", banner)
slots.fill("admin.top", banner_of_what_is_grave)

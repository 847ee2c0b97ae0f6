"""Where the pages of notifications stand in the admin: who is told what, and what becomes of it (opsi.admin_site)."""

from django.utils.translation import gettext_lazy as _

from notifications.admin import first_steps
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
from opsi.first_hour import Link, Step

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

Step(
    "mail",
    _("How mail leaves"),
    _("By the Ops I notification function, or by your own mail server; either is tested on its page."),
    first_steps.mail,
    (Link(_("Choose and test"), "admin:notifications_notificationfunction_changelist"),),
    order=30,
)
Step(
    "definitions",
    _("Ticket notifications"),
    _("Who is told of what; a dry run says for any ticket who would be told, and who not and why."),
    first_steps.definitions,
    (
        Link(_("Dry run of all"), "admin:notifications_definition_rehearsal"),
        Link(_("Ticket notifications"), "admin:notifications_definition_changelist"),
        Link(_("Notification plan"), "admin:notifications_definition_plan"),
    ),
    order=50,
)
slots.fill("admin.start", banner)
slots.fill("admin.top", banner_of_what_is_grave)

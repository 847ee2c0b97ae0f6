"""How long the inboxes keep what is in them, and who was notified is known (docs/inbox.md)."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from notifications.models import InboxRetention
from opsi.admin_kinds import OneRow
from opsi.audit_admin import Audited


@admin.register(InboxRetention)
class InboxRetentionAdmin(Audited, OneRow, admin.ModelAdmin):
    fieldsets = (
        (
            None,
            {
                "fields": ("done_days", "read_days", "unread_days"),
                "description": _(
                    "After so many days a notification leaves the inbox of its person; 0 keeps it for good. What is "
                    "saved or snoozed always stays. Tickets, their history, and who was notified are not touched."
                ),
            },
        ),
        (
            _("Dispatch queue"),
            {
                "fields": ("outbox_days",),
                "description": _(
                    "After so many days the dispatch queue forgets an act whose notifications were worked out; 0 keeps "
                    "it for good. Nothing is lost but the line there, with what went wrong on the way."
                ),
            },
        ),
        (
            _("Who was notified"),
            {
                "fields": ("told_days",),
                "description": _(
                    "0 keeps for good who was told what and by which mail. With a number of days, what is older is "
                    "deleted and cannot be brought back: tickets no longer show who was notified of an act and why "
                    "others were not, the delivery log no longer has its mails nor what the mail servers answered, and "
                    "none of them can be sent again. What is still in an inbox stays there. Tickets and their history "
                    "are not touched."
                ),
            },
        ),
    )

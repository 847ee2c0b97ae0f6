"""What is dispatched or still to be: to see that something is stuck, why, and to try it again."""

from django.contrib import admin, messages
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications.models import Outbox
from notifications.wakeup import wake_dispatch
from opsi.admin_kinds import LookedAtOnly
from opsi.first_hour import Link


@admin.register(Outbox)
class OutboxAdmin(LookedAtOnly, admin.ModelAdmin):
    list_display = ("operation", "state", "created_at", "attempts", "due_at", "dispatched_at", "error")
    list_filter = ("state", "created_at")
    actions = ("try_again",)
    show_full_result_count = False
    when_empty = _(
        "Nothing has happened on a ticket that anybody could be told of, or it was worked out and cleared away. What "
        "happens stands here at once, and is worked out by the worker within seconds."
    )
    when_empty_links = (Link(_("Notification health"), "admin:notifications_mail_health"),)

    @admin.action(description=_("Try those that failed again"))
    def try_again(self, request, queryset):
        waiting = queryset.try_again(timezone.now())
        for operation in waiting:
            if not wake_dispatch(operation):
                break  # the sweep finds the others, without waiting for the broker once for each
        messages.success(
            request,
            ngettext("%(count)d is tried again.", "%(count)d are tried again.", len(waiting))
            % {"count": len(waiting)},
        )

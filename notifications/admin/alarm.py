"""When administrators are told that notifications themselves are stuck (docs/operations.md)."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from notifications.models import HealthAlarm
from opsi.admin_kinds import OneRow
from opsi.audit_admin import Audited


@admin.register(HealthAlarm)
class HealthAlarmAdmin(Audited, OneRow, admin.ModelAdmin):
    fieldsets = (
        (
            None,
            {
                "fields": ("limit_minutes", "queue"),
                "description": _(
                    "A ticket is opened and all administrators are told, once when something is stuck and once when "
                    "that is over. In the app that works though no mail leaves. Where no worker runs nobody can be "
                    "told: have /readyz or /metrics watched from outside."
                ),
            },
        ),
    )

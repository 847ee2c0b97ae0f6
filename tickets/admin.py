"""Queues and what they grant, services and service levels; tickets only to look at and to bring back."""

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tickets.models import Queue, QueueGrant, Service, Sla, Ticket, TicketEvent


class GrantInline(admin.TabularInline):
    model = QueueGrant
    extra = 0
    autocomplete_fields = ("group",)


@admin.register(Queue)
class QueueAdmin(admin.ModelAdmin):
    list_display = ("name", "comment", "follow_up", "is_active")
    list_filter = ("is_active", "follow_up")
    search_fields = ("name",)
    inlines = (GrantInline,)

    def get_inlines(self, request, obj):
        # A new queue gets what is shipped; it is changed from there.
        return self.inlines if obj else ()

    def save_model(self, request, queue, form, change):
        super().save_model(request, queue, form, change)
        if not change:
            queue.grant_shipped()


@admin.register(Service)
class ServiceAdmin(admin.ModelAdmin):
    list_display = ("name", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)


@admin.register(Sla)
class SlaAdmin(admin.ModelAdmin):
    list_display = ("name", "first_response_minutes", "update_minutes", "solution_minutes", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)


class DeletedFilter(admin.SimpleListFilter):
    title = _("deleted")
    parameter_name = "deleted"

    def lookups(self, request, model_admin):
        return (("yes", _("Yes")), ("no", _("No")))

    def queryset(self, request, queryset):
        if self.value() in {"yes", "no"}:
            return queryset.filter(deleted_at__isnull=self.value() == "no")
        return queryset


class HistoryInline(admin.TabularInline):
    model = TicketEvent
    fields = readonly_fields = ("at", "name", "actor", "old", "new", "operation")
    extra = 0
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(Ticket)
class TicketAdmin(admin.ModelAdmin):
    """Read-only: a change here would have no history and tell nobody. The zoom window is where tickets change."""

    list_display = ("number", "title", "queue", "state", "owner", "customer", "deleted_at")
    list_filter = (DeletedFilter, "state", "queue", "customer")
    list_select_related = ("queue", "owner", "customer")
    search_fields = ("number", "title")
    inlines = (HistoryInline,)
    actions = ("restore",)
    show_full_result_count = False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.action(description=_("Restore the chosen deleted tickets"))
    def restore(self, request, queryset):
        restored = sum(ticket.restore(by=request.user) is not None for ticket in queryset)
        messages.success(
            request,
            ngettext("%(count)d ticket restored.", "%(count)d tickets restored.", restored)
            % {"count": restored},
        )

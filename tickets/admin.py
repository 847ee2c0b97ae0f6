"""Queues and what they grant, services, service levels and their calendars; tickets only to look at and bring back."""

from django.contrib import admin, messages
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from opsi.admin_kinds import LookedAtOnly
from opsi.admin_site import Section
from opsi.audit_admin import Audited
from opsi.fields import FindsOne
from opsi.first_hour import Link, State, Step
from opsi.importing.pages import Importing
from tickets import timeline
from tickets.models import (
    Holiday,
    Queue,
    QueueGrant,
    Service,
    Sla,
    TextTemplate,
    Ticket,
    TicketEvent,
    WorkingCalendar,
)
from tickets.models.calendar import WEEK
from tickets.queue_import import QUEUES_IMPORT
from tickets.template_admin import tags_listed, warn_of_unknown_tags

MOST_NAMED = 5
AFTERWARDS = _("Open tickets that this is about get their due times anew within a minute of saving.")


def outdate(request, tickets):
    """Have the clocks of `tickets` set anew, and say of how many."""
    if count := tickets.outdate_clocks():
        text = ngettext(
            "%(count)d open ticket gets its due times anew within a minute.",
            "%(count)d open tickets get their due times anew within a minute.",
            count,
        )
        messages.info(request, text % {"count": count})


class HolidayInline(admin.TabularInline):
    model = Holiday
    extra = 1


@admin.register(WorkingCalendar)
class WorkingCalendarAdmin(Audited, admin.ModelAdmin):
    list_display = ("name", "time_zone", "used_by")
    search_fields = ("name",)
    save_as = True
    inlines = (HolidayInline,)
    fieldsets = (
        (None, {"fields": ("name", "time_zone"), "description": AFTERWARDS}),
        (
            _("Working hours"),
            {
                "fields": tuple(WEEK),
                "description": _(
                    "For example 09:00-17:00, or 09:00-12:00, 13:00-17:30. Nothing: no work on that day. "
                    "A night shift is 22:00-24:00 on one day and 00:00-06:00 on the next."
                ),
            },
        ),
    )

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("slas", "queues")

    @admin.display(description=_("used by"))
    def used_by(self, calendar):
        return ", ".join(str(user) for user in (*calendar.slas.all(), *calendar.queues.all())) or None

    def get_changeform_initial_data(self, request):
        usual = dict.fromkeys(list(WEEK)[:5], "09:00-17:00")
        return {"time_zone": request.user.time_zone, **usual, **super().get_changeform_initial_data(request)}

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if change and (form.has_changed() or any(formset.has_changed() for formset in formsets)):
            calendar = form.instance
            outdate(request, Ticket.objects.timed_by(calendar))


class GrantInline(FindsOne, admin.TabularInline):
    model = QueueGrant
    extra = 0
    autocomplete_fields = ("group",)


@admin.register(Queue)
class QueueAdmin(Importing, Audited, admin.ModelAdmin):
    importing = QUEUES_IMPORT
    when_empty = _("Without a queue nobody can register a ticket. Add one, or import all you have.")
    list_display = ("name", "comment", "follow_up", "is_active")
    list_filter = ("is_active", "follow_up")
    search_fields = ("name",)
    inlines = (GrantInline,)
    readonly_fields = ("tags",)
    fieldsets = (
        (None, {"fields": ("name", "comment", "is_active", "follow_up", "open_to_moves")}),
        (_("Replies to customers"), {"fields": ("signature", "tags")}),
        (_("Lock timeout"), {"fields": ("unlock_minutes", "calendar"), "description": AFTERWARDS}),
    )

    def get_inlines(self, request, obj):
        # A new queue gets what is shipped; it is changed from there.
        return self.inlines if obj else ()

    @admin.display(description=_("What can be filled in"))
    def tags(self, queue):
        return tags_listed()

    def save_model(self, request, queue, form, change):
        super().save_model(request, queue, form, change)
        warn_of_unknown_tags(request, queue.signature)
        if not change:
            queue.grant_shipped()
        elif {"unlock_minutes", "calendar"} & set(form.changed_data):
            outdate(request, Ticket.objects.filter(queue=queue, is_locked=True))


@admin.register(Service)
class ServiceAdmin(Audited, admin.ModelAdmin):
    list_display = ("name", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)


@admin.register(Sla)
class SlaAdmin(Audited, admin.ModelAdmin):
    list_display = (
        "name", "calendar", "first_response_minutes", "update_minutes", "solution_minutes", "is_active",
    )  # fmt: skip
    list_filter = ("is_active", "calendar")
    list_select_related = ("calendar",)
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "is_active", "calendar"), "description": AFTERWARDS}),
        (
            _("Times promised"),
            {
                "fields": (
                    ("first_response_minutes", "first_response_warning"),
                    ("update_minutes", "update_warning"),
                    ("solution_minutes", "solution_warning"),
                ),
                "description": _(
                    "0 minutes promise nothing. The warning goes out when so much of the time is over; 0 percent warns "
                    "nobody."
                ),
            },
        ),
    )

    def save_model(self, request, sla, form, change):
        super().save_model(request, sla, form, change)
        if change and set(form.changed_data) - {"name", "is_active"}:
            outdate(request, Ticket.objects.filter(sla=sla))


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
    fields = readonly_fields = ("at", "what", "who", "before", "afterwards", "operation")
    extra = 0
    can_delete = False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("actor", "article").defer("snapshot")

    @admin.display(description=_("event"))
    def what(self, event):
        return event.type.label

    @admin.display(description=_("by whom"))
    def who(self, event):
        return timeline.lines([event])[0].actor

    @admin.display(description=_("before"))
    def before(self, event):
        return timeline.lines([event])[0].old

    @admin.display(description=_("afterwards"))
    def afterwards(self, event):
        return timeline.lines([event])[0].new

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(Ticket)
class TicketAdmin(LookedAtOnly, admin.ModelAdmin):
    """Read-only: a change here would have no history and tell nobody. The zoom window is where tickets change."""

    when_empty = _("Nobody has registered a ticket. That is done outside of the administration.")
    when_empty_links = (Link(_("New ticket"), "ticket_new"),)

    list_display = ("number", "title", "queue", "state", "owner", "customer", "deleted_at")
    list_filter = (DeletedFilter, "state", "queue", "customer")
    list_select_related = ("queue", "owner", "customer")
    search_fields = ("number", "title")
    inlines = (HistoryInline,)
    actions = ("restore",)
    show_full_result_count = False

    @admin.action(description=_("Restore the chosen deleted tickets"))
    def restore(self, request, queryset):
        restored = sum(ticket.restore(by=request.user) is not None for ticket in queryset)
        messages.success(
            request,
            ngettext("%(count)d ticket restored.", "%(count)d tickets restored.", restored)
            % {"count": restored},
        )


def queues_there_are():
    names = list(Queue.objects.filter(is_active=True).values_list("name", flat=True)[: MOST_NAMED + 1])
    if not names:
        return State(False, gettext("No queue: nobody can register a ticket."))
    more = gettext(" and more") if len(names) > MOST_NAMED else ""
    return State(True, gettext(", ").join(names[:MOST_NAMED]) + more)


Step(
    "queues",
    _("Queues"),
    _("Where tickets wait for work; each says which roles and groups may read, note and write there."),
    queues_there_are,
    (
        Link(_("Add a queue"), "admin:tickets_queue_add"),
        Link(_("Import queues"), "admin:tickets_queue_import"),
        Link(_("Queues"), "admin:tickets_queue_changelist"),
    ),
    order=20,
)

TICKETS = Section("tickets", _("Tickets"), order=20)
TICKETS.put(Queue, _("Where tickets wait for work, and who may read, note and write there."))
TICKETS.put(TextTemplate, _("Texts that agents choose while they write replies and notes."))
TICKETS.put(Service, _("What people ask for; who follows a service is told of its tickets."))
TICKETS.put(Sla, _("Promised times to answer, to update and to solve."))
TICKETS.put(WorkingCalendar, _("Hours in which promised times run, and holidays."))
TICKETS.put(Ticket, _("Every ticket with its whole history; deleted ones are brought back here."))

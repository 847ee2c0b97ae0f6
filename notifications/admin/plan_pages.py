"""The notification plan as a page of the admin, and as a file for spreadsheets (docs/definitions.md)."""

from collections.abc import Iterator

from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from notifications.admin.plan import Plan
from opsi.spreadsheets import file_of


class Planning:
    """For the admin of definitions; only looked at."""

    def get_urls(self):
        def to(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"notifications_definition_{name}")

        return [
            to("plan/", require_safe(self.plan_view), "plan"),
            to("plan/file/", require_safe(self.plan_file_view), "plan_file"),
            *super().get_urls(),
        ]

    def plan_view(self, request):
        plan = _plan(request)
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": _("Notification plan"),
            "plan": plan,
            "span": len(plan.columns) + 1,
            "query": request.GET.urlencode(),
        }
        return render(request, "admin/notifications/plan.html", context)

    def plan_file_view(self, request):
        return file_of("notification-plan", list(lines(_plan(request))))


def _plan(request):
    return Plan(
        with_invalid="invalid" in request.GET,
        all_kinds="kinds" in request.GET,
        only=request.GET.get("only", ""),
    )


def lines(plan: Plan) -> Iterator[list[object]]:
    """One for each event, kind of recipients and definition; one for each event that nobody is told of."""
    yield [
        _("Group"), _("Event"), _("Recipients"), _("Who exactly"), _("Ticket notification"), _("Validity"),
        _("Channels"), _("Severity"), _("Only when"), _("Remark"),
    ]  # fmt: skip
    for group, rows in plan.groups:
        for row in rows:
            start = [group.label, row.event.label]
            if row.gap:
                yield [*start, *[""] * 7, row.gap]
            for cell in row.cells:
                yield from ([*start, cell.column.label, *_told(entry, cell)] for entry in cell.entries)


def _told(entry, cell):
    definition = entry.definition
    return [
        entry.who, definition.shown_name, definition.get_validity_display(),
        ", ".join(str(channel.label) for channel in entry.channels), definition.get_severity_display(),
        entry.only_when, " ".join((entry.why_not, *cell.twice)).strip(),
    ]  # fmt: skip

"""The list of ticket notifications: what each is about, when it last told somebody, and how many lately."""

from django.contrib import admin, messages
from django.db.models import Max, OuterRef, Subquery, Sum
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from notifications import channels, recipients, shipped
from notifications.models import Definition, Tally
from opsi.templatetags.moments import ago
from tickets import events

LIST = "admin:notifications_definition_changelist"
MOST_EVENTS = 3


class OneOf(admin.SimpleListFilter):
    """Those whose list `field` has the chosen name; asked of the few rows there are, as databases differ in JSON."""

    field = ""

    def queryset(self, request, queryset):
        wanted = self.value()
        if wanted not in dict(self.lookup_choices):
            return queryset
        rows = Definition.objects.values_list("pk", self.field)
        return queryset.filter(pk__in=[pk for pk, names in rows if wanted in names])


class EventFilter(OneOf):
    title, parameter_name, field = _("event"), "event", "events"

    def lookups(self, request, model_admin):
        return events.choices()


class RecipientFilter(OneOf):
    title, parameter_name, field = _("recipient"), "recipient", "recipients"

    def lookups(self, request, model_admin):
        return recipients.choices()


class ChannelFilter(OneOf):
    title, parameter_name, field = _("channel"), "channel", "channels"

    def lookups(self, request, model_admin):
        return channels.choices()


class ToldFilter(admin.SimpleListFilter):
    title = _("the last 30 days")
    parameter_name = "told"

    def lookups(self, request, model_admin):
        return [("yes", _("told somebody")), ("no", _("told nobody"))]

    def queryset(self, request, queryset):
        told = Tally.objects.recent(timezone.now()).filter(told__gt=0).values("definition")
        match self.value():
            case "yes":
                return queryset.filter(pk__in=told)
            case "no":
                return queryset.exclude(pk__in=told)
        return queryset


class Listing:
    """For the admin of definitions: the columns of the list, and its verbs that are no actions."""

    def get_urls(self):
        def to(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"notifications_definition_{name}")

        return [
            to("shipped/", require_POST(self.shipped_view), "shipped"),
            to("<int:pk>/copies/", require_POST(self.copies_view), "copies"),
            *super().get_urls(),
        ]

    def get_queryset(self, request):
        """With the sums of its tallies: of a few rows each, however many notices there are."""
        own = Tally.objects.filter(definition=OuterRef("pk")).order_by().values("definition")
        lately = own.filter(pk__in=Tally.objects.recent(timezone.now()).values("pk"))
        return (
            super()
            .get_queryset(request)
            .for_dispatch()
            .annotate(
                last_told_at=Subquery(own.annotate(last=Max("last_told_at")).values("last")),
                lately_told=Subquery(lately.annotate(sum=Sum("told")).values("sum")),
                lately_dropped=Subquery(lately.annotate(sum=Sum("dropped")).values("sum")),
            )
        )

    def changelist_view(self, request, extra_context=None):
        context = {"is_empty": not Definition.objects.exists(), **(extra_context or {})}
        return super().changelist_view(request, context)

    @admin.display(description=_("try it, copy it"))
    def acts(self, definition):
        links = (
            (
                reverse("admin:notifications_definition_preview", args=[definition.pk]),
                gettext("Preview"),
            ),
            (reverse("admin:notifications_definition_dry_run", args=[definition.pk]), gettext("Dry run")),
        )
        copies = reverse("admin:notifications_definition_copies", args=[definition.pk])
        return format_html(
            '{}<button class="definition-act" formaction="{}" formnovalidate>{}'
            '<span class="visually-hidden">: {}</span></button>',
            format_html_join(
                "",
                '<a class="definition-act" href="{}">{}<span class="visually-hidden">: {}</span></a> ',
                ((url, label, definition.name) for url, label in links),
            ),
            copies,
            gettext("Copy"),
            definition.name,
        )

    @admin.display(description=_("name"), ordering="name")
    def shown_name(self, definition):
        return definition.shown_name

    @admin.display(description=_("what it tells whom, and how"))
    def what(self, definition):
        through = _joined([str(channel.label) for channel in channels.of(definition)])
        labels = dict(events.choices())
        told = [kind for kind in recipients.all_kinds() if kind.is_used_by(definition)]
        lines = (
            (_("When"), _folded([str(labels.get(name, name)) for name in definition.events])),
            (_("To whom"), _joined([str(kind.label) for kind in told])),
            (_("How"), f"{through}; {definition.get_severity_display()}"),
            (_("Validity"), definition.get_validity_display()),
        )
        return format_html_join("", '<div><span class="definition-quiet">{}:</span> {}</div>', lines)

    @admin.display(description=_("told, in the last 30 days"), ordering="last_told_at")
    def told(self, definition):
        told, dropped = definition.lately_told or 0, definition.lately_dropped or 0
        lately = gettext("%(told)d told, %(dropped)d not told") % {"told": told, "dropped": dropped}
        last = ago(definition.last_told_at) or gettext("never")
        return format_html("{}<br>{}", lately, format_html(gettext("last told somebody: {}"), last))

    def copies_view(self, request, pk):
        original = Definition.objects.filter(pk=pk).first()
        if original is None:
            raise Http404
        [copy] = self.copied(request, [original])
        return redirect("admin:notifications_definition_change", copy.pk)

    def copied(self, request, definitions):
        """Copies of `definitions`, which the person who asked is told of."""
        copies = [definition.copy() for definition in definitions]
        for copy in copies:
            self.log_addition(request, copy, gettext("Copied"))
        text = gettext("Copied, as invalid until you are done: %(names)s")
        messages.success(request, text % {"names": ", ".join(copy.name for copy in copies)})
        return copies

    def shipped_view(self, request):
        """Lay the shipped ones down again; only where there are none at all."""
        if Definition.objects.exists():
            messages.error(request, gettext("There are ticket notifications already: nothing was loaded."))
        else:
            shipped.ship()
            messages.success(request, gettext("The shipped ticket notifications are there."))
        return redirect(LIST)


def _folded(labels):
    """All of them, the first few in sight."""
    if len(labels) <= MOST_EVENTS + 1:
        return _joined(labels)
    count = len(labels) - MOST_EVENTS
    more = ngettext("%(count)d more event", "%(count)d more events", count) % {"count": count}
    return format_html(
        "{}<details><summary>{}</summary>{}</details>",
        _joined(labels[:MOST_EVENTS]),
        more,
        _joined(labels[MOST_EVENTS:]),
    )


def _joined(labels):
    return gettext(", ").join(labels) or "–"

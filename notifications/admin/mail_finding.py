"""Finding a mail among a million: pages, filters and search of the delivery log, by its indexes (docs/mail.md)."""

import datetime
from typing import ClassVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from notifications import addresses, health
from notifications.choices import MailState, Outcome
from notifications.models import Definition, Mail, MailItem
from notifications.models.mail import unfinished_as_of
from opsi.fields import is_id
from opsi.models import User

SHORTEST_NUMBER = 8  # digits; a ticket's number begins with its day
READ_SUBJECTS = 50_000
MOST_PEOPLE = 50
RETRYING = _("waiting for another try")
HELD = _("held for later by its person")
UNKNOWN = _("unknown, waiting for another try")


class CappedPaginator(Paginator):
    """Counts no further than anybody turns pages: counting a million mails would take longer than showing them."""

    @cached_property
    def count(self):
        return health.capped(self.object_list.values("pk"))


class StateFilter(admin.SimpleListFilter):
    """States, and what waits after an attempt: how it went then tells more than that it is due."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [*MailState.choices, ("held", HELD), ("retrying", RETRYING), ("unknown", UNKNOWN)]

    def queryset(self, request, queryset):
        match self.value():
            case "unknown":
                return queryset.tried().filter(last_outcome=Outcome.UNKNOWN)
            case name if name in (standings := unfinished_as_of(timezone.now())):
                return queryset.filter(standings[name])
            case state if state in MailState.values:
                return queryset.filter(state=state)
        return queryset


class OpenedFilter(admin.SimpleListFilter):
    """By when it was begun: mails are listed the newest first, so that none of these reads the whole table."""

    title = _("begun")
    parameter_name = "since"
    spans: ClassVar = {
        "hour": (_("Within an hour"), 1),
        "day": (_("Within a day"), 24),
        "week": (_("Within a week"), 168),
    }

    def lookups(self, request, model_admin):
        return [(name, label) for name, (label, _hours) in self.spans.items()]

    def queryset(self, request, queryset):
        if self.value() not in self.spans:
            return queryset
        hours = self.spans[self.value()][1]
        return queryset.filter(opened_at__gte=timezone.now() - datetime.timedelta(hours=hours))


class DefinitionFilter(admin.SimpleListFilter):
    title = _("definition")
    parameter_name = "definition"

    def lookups(self, request, model_admin):
        named = ((str(one.pk), one.shown_name) for one in Definition.objects.only("name", "shipped_as"))
        return sorted(named, key=lambda one: one[1])

    def queryset(self, request, queryset):
        if self.value() not in dict(self.lookup_choices):
            return queryset
        items = MailItem.objects.filter(definition_version__definition=self.value())
        return queryset.filter(pk__in=_newest(items))


def _newest(items):
    return items.order_by("-pk").values("mail")[: health.MOST]


def found_by(term: str) -> Q:
    """The mails that `term` names: an address, a Message-ID, a ticket's number, a person, or words of a subject.

    What it looks like decides, so that an index answers. Subjects are read of the newest mails only.
    """
    if term.startswith("<"):
        return Q(message_id=term)
    if "@" in term:
        return Q(address=addresses.normalise(term) or term) | Q(message_id=f"<{term}>")
    if is_id(term) and len(term) > SHORTEST_NUMBER:
        return Q(pk__in=_newest(MailItem.objects.filter(notice__ticket__number=term)))
    named = User.objects.filter(Q(username__iexact=term) | Q(full_name__icontains=term))
    newest = Mail.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    in_subject = Q(subject__icontains=term, pk__gt=newest - READ_SUBJECTS)
    people = list(named.values_list("pk", flat=True)[:MOST_PEOPLE])
    return (
        in_subject | Q(pk__in=_newest(MailItem.objects.filter(person__in=people))) if people else in_subject
    )

"""My watched tickets: those somebody watches and can read now, in views with their counts (domain §3)."""

from functools import cached_property

from django.core.paginator import Paginator
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.choices import State
from tickets.models import Ticket
from watchers.models import Watcher

PER_PAGE = 50


class View(models.TextChoices):
    ALL = "all", _("All")
    PENDING = "pending", _("Pending")
    REMINDER = "reminder", _("Reminder reached")

    @property
    def condition(self) -> Q:
        match self:
            case View.PENDING:
                return Q(state=State.PENDING)
            case View.REMINDER:
                return Q(state=State.PENDING, pending_until__lte=timezone.now())
            case _:
                return Q()


class Watched:
    """`asked` is a QueryDict with `view` (a View) and `page`."""

    def __init__(self, person, asked):
        self.person = person
        self.view = View(asked.get("view")) if asked.get("view") in View.values else View.ALL
        self.asked_page = asked.get("page", 1)

        self.mine = Watcher.objects.watching().filter(ticket=OuterRef("pk"), user=person)
        self.tickets = Ticket.objects.readable_by(person).filter(Exists(self.mine))

    @cached_property
    def views(self) -> list[tuple[View, int]]:
        counts = self.tickets.aggregate(**{view: Count("pk", filter=view.condition) for view in View})
        return [(view, counts[view]) for view in View]

    @cached_property
    def page(self):
        tickets = self.tickets.filter(self.view.condition).with_labels().order_by("-changed_at", "-pk")
        tickets = tickets.annotate(watched_since=Subquery(self.mine.values("since")[:1]))
        return Paginator(tickets, PER_PAGE).get_page(self.asked_page)

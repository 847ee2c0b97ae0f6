"""My watched tickets: those somebody watches and can read now, in views with their counts (domain §3; B17)."""

from functools import cached_property
from typing import Self

from django.core.paginator import Paginator
from django.db import models
from django.db.models import Case, OuterRef, Q, Subquery, Value, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from opsi.models import User
from tickets.choices import State
from tickets.list_views import counts
from tickets.models import Ticket
from tickets.models.reading import has_new_articles
from watchers.models import Watcher

PER_PAGE = 50
FEW = 200  # looked at one by one, which asks who reads what once and not for every view
MOST = 99  # counted on every page, so no further than anybody reads


class View(models.TextChoices):
    ALL = "all", _("All")
    NEW = "new", _("New article")
    PENDING = "pending", _("Pending")
    REMINDER = "reminder", _("Reminder reached")

    def condition(self, person: User) -> Q:
        match self:
            case View.NEW:
                return Q(has_new_articles(person))
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
        self.mine = Watcher.objects.watching().filter(user=person)
        # From one's watches to their tickets, which are few, and not the other way round.
        self.tickets = Ticket.objects.readable_by(person).filter(pk__in=self.mine.values("ticket"))

    @classmethod
    def on(cls, request: HttpRequest) -> Self:
        """Those of whoever asks, once a request: the top bar counts them on every page."""
        if "_watched" not in request.__dict__:
            request.__dict__["_watched"] = cls(request.user, request.GET)
        return request.__dict__["_watched"]

    @cached_property
    def views(self) -> list[tuple[View, int]]:
        """Each with its count, MOST + 1 for more; one statement, for somebody who watches very many two."""
        narrower = [view for view in View if view != View.ALL]
        belongs = [
            Case(When(view.condition(self.person), then=Value(1)), default=Value(0)) for view in narrower
        ]
        few = list(self.tickets.order_by().values_list(*belongs)[: FEW + 1])
        if len(few) <= FEW:
            each = zip(narrower, zip(*few, strict=True) if few else [()] * len(narrower), strict=True)
            return [(View.ALL, len(few)), *((view, sum(column)) for view, column in each)]
        found = {view.value: self.tickets.filter(view.condition(self.person)) for view in View}
        numbers = counts(self.person, found, MOST)
        return [(view, numbers[view]) for view in View]

    @property
    def shown(self) -> list[tuple[View, str]]:
        return [(view, f"{MOST}+" if number > MOST else str(number)) for view, number in self.views]

    @property
    def news(self) -> str:
        """What stands on the eye: how many have a new article; "" for none."""
        return next((text for view, text in self.shown if view == View.NEW and text != "0"), "")

    @cached_property
    def page(self):
        tickets = self.tickets.filter(self.view.condition(self.person)).with_labels()
        since = self.mine.filter(ticket=OuterRef("pk")).values("since")[:1]
        tickets = tickets.annotate(watched_since=Subquery(since), has_news=has_new_articles(self.person))
        return Paginator(tickets.order_by("-changed_at", "-pk"), PER_PAGE).get_page(self.asked_page)

"""The timeline of a ticket: what was said and what was changed, mixed, newest first (docs/screens.md)."""

import datetime
import re
from dataclasses import dataclass

from django.db.models import BooleanField, Case, Exists, IntegerField, OuterRef, Q, Value, When
from django.db.models.functions import Left

from opsi.naming import name_for, naming_of
from opsi.requests import PersonRequest
from tickets import timeline
from tickets.conversation import WHOLE
from tickets.models import Article, Attachment, Ticket
from tickets.models.reading import is_unread_by
from tickets.timeline import Line

PAGE = 30
EXCERPT = 1_200
CHANGE, ARTICLE = 0, 1
CURSOR = re.compile(r"(\d{20})-([01])-(\d{1,18})", re.ASCII)
STAMP = "%Y%m%d%H%M%S%f"

# What customer users and requesters read of changes: of the fields that their page tells anyway.
TOLD_TO_ALL = frozenset(
    {
        "TicketCreate", "TicketTitleUpdate", "TicketTypeUpdate", "TicketStateUpdate", "TicketPriorityUpdate",
        "TicketQueueUpdate", "TicketOwnerUpdate", "TicketPendingTimeUpdate",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """An article or a change. Of an article `text` is its beginning, which `goes_on` where there is more."""

    at: datetime.datetime
    article: Article | None = None
    line: Line | None = None
    text: str = ""
    goes_on: bool = False
    is_unread: bool = False


@dataclass(frozen=True)
class Chronicle:
    """A page of entries. `older` asks for the next, "" where there is none; `is_first`: the newest are among these."""

    entries: list[Entry]
    older: str
    is_first: bool

    @property
    def newest(self) -> Article | None:
        """The article of the highest number here: whoever looks at the page has read as far."""
        articles = [entry.article for entry in self.entries if entry.article]
        return max(articles, key=lambda article: article.number, default=None)

    @property
    def has_unread(self) -> bool:
        return any(entry.is_unread for entry in self.entries)

    @classmethod
    def of(cls, request: PersonRequest, ticket: Ticket, before: str = ""):
        """`before` is another page's `older`; anything else counts as not given.

        Three statements however much there is: which of both come first, then the articles, then the changes.
        """
        person, cursor = request.user, _cursor(before)
        articles = ticket.articles.visible_to(person)
        changes = timeline.history_for(request, ticket).exclude(name="ArticleCreate")
        if not person.is_agent:
            changes = changes.filter(name__in=TOLD_TO_ALL)
        both = _keys(articles, "created_at", ARTICLE, cursor).union(
            _keys(changes, "at", CHANGE, cursor), all=True
        )
        keys = list(both.order_by("-created_at", "-kind", "-pk")[: PAGE + 1])
        page = keys[:PAGE]
        found = {ARTICLE: _articles(articles, page, person), CHANGE: _changes(changes, page, person)}
        entries = [found[kind][pk] for _at, kind, pk in page if pk in found[kind]]
        return cls(entries, _name(page[-1]) if len(keys) > PAGE else "", cursor is None)


def _keys(rows, moment, kind, cursor):
    rows = rows.order_by().annotate(kind=Value(kind, output_field=IntegerField()))
    if cursor is not None:
        at, last_kind, last_pk = cursor
        earlier = Q(**{f"{moment}__lt": at})
        if kind < last_kind:
            earlier |= Q(**{moment: at})
        elif kind == last_kind:
            earlier |= Q(**{moment: at, "pk__lt": last_pk})
        rows = rows.filter(earlier)
    return rows.values_list(moment, "kind", "pk")


def _articles(articles, keys, person):
    attached = Attachment.objects.filter(article=OuterRef("pk"))
    rows = (
        articles.filter(pk__in=[pk for _at, kind, pk in keys if kind == ARTICLE])
        .select_related("author")
        .annotate(
            has_attachments=Exists(attached),
            beginning=Left("body", EXCERPT + 1),
            is_unread=Case(When(is_unread_by(person), then=True), default=False, output_field=BooleanField()),
        )
        .defer(*WHOLE)
    )
    return {
        row.pk: Entry(
            row.created_at,
            article=row,
            text=row.beginning[:EXCERPT],
            goes_on=len(row.beginning) > EXCERPT,
            is_unread=row.is_unread,
        )
        for row in rows
    }


def _changes(changes, keys, person):
    rows = changes.filter(pk__in=[pk for _at, kind, pk in keys if kind == CHANGE])
    return {line.event.pk: Entry(line.event.at, line=_for(person, line)) for line in timeline.lines(rows)}


def _for(person, line):
    """The line as `person` may know it: agents may go by a neutral name to others (docs/access.md)."""
    if person.is_agent:
        return line
    naming = naming_of(person)
    if line.event.name == "TicketOwnerUpdate" and naming.hides_agents_from(person):
        old, new = (value and naming.neutral for value in (line.event.old, line.event.new))
        line = Line(line.event, old or timeline.NOTHING, new or timeline.NOTHING)
    return Line(line.event, line.old, line.new, name_for(line.event.actor, person))


def _name(key):
    at, kind, pk = key
    return f"{at.astimezone(datetime.UTC):{STAMP}}-{kind}-{pk}"


def _cursor(text):
    found = CURSOR.fullmatch(text)
    if found is None:
        return None
    try:
        at = datetime.datetime.strptime(found[1], STAMP).replace(tzinfo=datetime.UTC)
    except ValueError:
        return None
    return at, int(found[2]), int(found[3])

"""What a page costs at least: Django's own work with the product's middleware, base template, rows and size of page."""

import re
from dataclasses import dataclass
from types import SimpleNamespace

from django.db.models import BooleanField, Case, Exists, OuterRef, When
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csp import csp_override

from opsi.browser_security import WITH_FRAME
from opsi.requests import PersonRequest
from tickets.article_filter import ArticleFilter
from tickets.conversation import EXCERPT, PAGE, WHOLE
from tickets.models import Attachment, Ticket
from tickets.models.reading import is_unread_by

CONTENT = re.compile(
    r'<div id="messages".*?</div>\n+ {4}(?P<before>.*)'
    r'<ol class="article-rows">(?P<rows>.*?)</ol>'
    r"(?P<after>.*)\n {2}</main>",
    re.DOTALL,
)
A_ROW = re.compile(r'id="row-(\d+)"(?:[^>]*(aria-current))?')
TOKEN = re.compile(r"[A-Za-z0-9]{64}")


@dataclass(frozen=True)
class Around:
    """What stands before and behind the rows of a page's articles; which of them is the first, and which lies open."""

    before: str
    after: str
    first: int
    shown: int

    @classmethod
    def on(cls, page: str):
        content = CONTENT.search(page)
        assert content  # noqa: S101
        rows = A_ROW.findall(content["rows"])
        shown = next(int(number) for number, is_open in rows if is_open)
        return cls(content["before"], content["after"], int(rows[0][0]), shown)


_around: dict[str, Around] = {}


def remember(number: str, page: str) -> None:
    """Keep of the product's `page` all but what the base template and the rows make, as fixed HTML."""
    _around[number] = Around.on(page)


def are_alike(page: str, other: str) -> bool:
    """Whether both say the same to the letter, but for the secrets that each page has of its own."""
    return TOKEN.sub("", page) == TOKEN.sub("", other)


def zoom(request: PersonRequest, number: str) -> HttpResponse:
    """The same page to the letter: ticket and rows are fetched by a statement each, the rest is fixed."""
    around = _around[number]
    ticket = get_object_or_404(Ticket.objects.select_related("queue", "owner", "customer"), number=number)
    unread = Case(When(is_unread_by(request.user), then=True), default=False, output_field=BooleanField())
    attached = Exists(Attachment.objects.filter(article=OuterRef("pk")))
    articles = (
        ticket.articles.visible_to(request.user)
        .filter(number__lte=around.first)
        .select_related("author")
        .annotate(is_unread=unread, has_attachments=attached, excerpt=Left("body", EXCERPT))
        .defer(*WHOLE)
        .order_by("-number")
    )
    rows = list(articles[:PAGE])
    context = {
        "ticket": ticket,
        "conversation": SimpleNamespace(rows=rows, filter=ArticleFilter({}, ())),
        "shown": next(row for row in rows if row.number == around.shown),
        "around": around,
    }
    return csp_override(WITH_FRAME)(render)(request, "bench/zoom.html", context)


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def page(request: HttpRequest) -> HttpResponse:
    """The base template with nothing in it: its top bar counts what is unread, and what is new where one watches."""
    return render(request, "base.html")

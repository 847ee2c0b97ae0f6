"""A ticket's articles as its page shows them: one page of the list, newest first, and the article that lies open."""

from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Left

from opsi.models import User
from tickets.models import Article, Attachment, Ticket
from tickets.rich_text import has_remote_images

PAGE = 25


@dataclass(frozen=True)
class Conversation:
    """`rows` come with no more than an `excerpt` of their texts; `shown`, the open one, is None where there is none."""

    rows: list[Article]
    shown: Article | None
    total: int
    page: int
    missing: bool = False
    files: list[Attachment] = field(default_factory=list)
    images: bool = False

    @property
    def hides_images(self) -> bool:
        """Whether the open article has images from other servers that were not asked for."""
        return self.shown is not None and not self.images and has_remote_images(self.shown.html)

    @property
    def frame_size(self) -> str:
        """How much room the frame of the open article's formatted text begins with: what stands in it cannot say."""
        if self.shown is None:
            return "small"
        body, html = self.shown.body, self.shown.html
        lines = max(
            body.count("\n") + len(body) // 80, sum(map(html.count, ("<p", "<li", "<tr", "<br"))) * 3 // 2
        )
        return "small" if lines < 6 else "medium" if lines < 16 else "large"

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))

    @property
    def newer_page(self) -> int | None:
        return self.page - 1 if self.page > 1 else None

    @property
    def older_page(self) -> int | None:
        return self.page + 1 if self.page < self.pages else None

    @classmethod
    def open(
        cls,
        ticket: Ticket,
        person: User,
        number: int | None = None,
        page: int | None = None,
        images: bool = False,
    ):
        """The page with article `number`, else page `page` with its newest article open, else the newest of all.

        Three statements however many articles, one more where the open one has attachments. `missing` where there is
        no such article for `person`: never existed, hidden and deleted are alike.
        """
        articles = ticket.articles.visible_to(person)
        wanted = articles.aggregate(
            total=Count("pk"),
            newer=Count("pk", Q(number__gt=number or 0)),
            there=Count("pk", Q(number=number or 0)),
        )
        found = bool(number and wanted["there"])
        pages = max(1, -(-wanted["total"] // PAGE))
        page = wanted["newer"] // PAGE + 1 if found else min(max(page or 1, 1), pages)
        attached = Attachment.objects.filter(article=OuterRef("pk"))
        rows = list(
            articles.select_related("author")
            .annotate(has_attachments=Exists(attached), excerpt=Left("body", 90))
            .defer("body", "html", "to", "cc")
            .order_by("-number")[(page - 1) * PAGE : page * PAGE]
        )
        opened = next((row for row in rows if not found or row.number == number), None)
        if opened is not None:
            opened.refresh_from_db(fields=["body", "html", "to", "cc"])
        files = list(opened.attachments.all()) if opened is not None and opened.has_attachments else []
        return cls(rows, opened, wanted["total"], page, bool(number) and not found, files, images)

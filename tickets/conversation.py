"""A ticket's articles as its page shows them: one page of the list, newest first, and the article that lies open."""

from dataclasses import dataclass, field

from django.db.models import Case, Exists, F, OuterRef, TextField, Value, When
from django.db.models.functions import Left

from opsi.models import User
from opsi.prepared import prepared
from tickets.article_filter import ArticleFilter, Traits, Visible
from tickets.models import Article, Attachment, Ticket
from tickets.models.reading import is_unread_by
from tickets.rich_text import has_remote_images

PAGE = 25
EXCERPT = 90
WHOLE = ("body", "html", "to", "cc")  # only of the open one
_TEXT = TextField()


@dataclass(frozen=True)
class Conversation:
    """`rows` come with no more than an `excerpt` of their texts, `shown` whole; it is None where there is none.

    `total` are those the filter lets through, of all `there_are`; `unread` counts over all pages. Each row knows
    whether it `is_unread`. `missing`: what was asked for is not here; `left_out`: it is, but for the filter.
    """

    rows: list[Article]
    shown: Article | None
    filter: ArticleFilter
    traits: list[Traits]
    total: int
    unread: int
    page: int
    missing: bool = False
    left_out: bool = False
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
    def there_are(self) -> int:
        return len(self.traits)

    @property
    def filter_fields(self):
        return self.filter.fields(self.traits)

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
        chosen: ArticleFilter | None = None,
    ):
        """The page with article `number`, else page `page` with its newest article open, of those that are `chosen`.

        Neither asked for: the first that `person` has not read, else the newest of all. Two statements however many
        articles, one more where the open one has attachments. `missing` where there is no article `number` for
        `person`: never existed, hidden and deleted are alike.
        """
        chosen = chosen if chosen is not None else ArticleFilter({}, ())
        known = [
            (one, is_unread, Traits(sender, channel, Visible.YES if visible else Visible.NO))
            for one, is_unread, sender, channel, visible in _all(ticket, person, to_agents=person.is_agent)
        ]
        numbers = [one for one, _unread, traits in known if chosen.passes(traits)]
        unread_ones = {one for one, is_unread, _traits in known if is_unread}
        news = [one for one in numbers if one in unread_ones]  # the first comes last
        wanted = number if number in numbers else None
        if wanted is None and page is None and not number and news:
            wanted = news[-1]
        pages = max(1, -(-len(numbers) // PAGE))
        page = min(max(page or 1, 1), pages) if wanted is None else numbers.index(wanted) // PAGE + 1
        on_page = numbers[(page - 1) * PAGE : page * PAGE]
        rows = _rows(ticket, person, on_page, wanted or next(iter(on_page), None))
        for row in rows:
            row.is_unread = row.number in unread_ones
        shown = next((row for row in rows if row.number == wanted or wanted is None), None)
        files = list(shown.attachments.all()) if shown is not None and shown.has_attachments else []
        is_there = any(one == number for one, _unread, _traits in known)
        return cls(
            rows, shown, chosen, [traits for _number, _unread, traits in known], len(numbers), len(unread_ones), page,
            missing=bool(number) and not is_there, left_out=is_there and wanted is None, files=files, images=images,
        )  # fmt: skip


@prepared
def _all(ticket, person, *, to_agents):
    unread = Case(When(is_unread_by(person), then=Value(True)), default=Value(False))
    articles = Article.objects.filter(ticket=ticket).visible(to_agents=to_agents).order_by("-number")
    return articles.values_list("number", unread, "sender_type", "channel", "visible_for_customer")


def _rows(ticket, person, numbers, shown):
    """Newest first, `shown` whole, of the others the first words."""
    if not numbers:
        return []
    rows = _numbered(ticket, shown, *numbers, to_agents=person.is_agent)
    for row in rows:
        row.ticket = ticket
        if row.number == shown:
            for name in WHOLE:
                setattr(row, name, getattr(row, f"whole_{name}"))
    return rows


@prepared
def _numbered(ticket, shown, *numbers, to_agents):
    attached = Attachment.objects.filter(article=OuterRef("pk"))
    whole = {
        f"whole_{name}": Case(When(number=shown, then=F(name)), default=Value(""), output_field=_TEXT)
        for name in WHOLE
    }
    return (
        Article.objects.filter(ticket=ticket, number__in=numbers)
        .visible(to_agents=to_agents)
        .select_related("author")
        .annotate(has_attachments=Exists(attached), excerpt=Left("body", EXCERPT), **whole)
        .defer(*WHOLE)
        .order_by("-number")
    )

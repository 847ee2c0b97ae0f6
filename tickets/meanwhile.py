"""What somebody on the page of a ticket should know while they write: who else does, and what came in meanwhile."""

from dataclasses import dataclass, field

from django.db.models import Max
from django.utils.translation import gettext as _

from opsi.models import User
from tickets import mentions
from tickets.models import Composing, Ticket

MOST = 3  # articles named one by one


@dataclass(frozen=True)
class Came:
    """An article that came in."""

    number: int
    by: str
    url: str

    @property
    def sentence(self) -> str:
        return _("%(person)s wrote #%(number)d meanwhile.") % {"person": self.by, "number": self.number}


@dataclass(frozen=True)
class Meanwhile:
    """`articles`: the first of those that others wrote after the one `of` was given; `more`: how many else."""

    ticket: Ticket
    newest: int
    writers: list[Composing] = field(default_factory=list)
    articles: list[Came] = field(default_factory=list)
    more: int = 0
    since: int | None = None

    @classmethod
    def of(cls, ticket: Ticket, viewer: User, since: int | None = None) -> "Meanwhile":
        """`since`: the number of the newest article `viewer` has seen; None asks for no articles.

        Three statements at most where nobody is kept from the viewer; whom they may not know of writes unseen.
        """
        writers = list(Composing.objects.on(ticket, besides=viewer))
        if writers:
            known = mentions.known_of([row.person_id for row in writers], viewer, ticket)
            writers = [row for row in writers if row.person_id in known]
        articles = ticket.articles.visible_to(viewer)
        newest = articles.aggregate(newest=Max("number"))["newest"] or 0
        came: list[Came] = []
        if since is not None and newest > since:
            later = articles.filter(number__gt=since).exclude(author=viewer).select_related("author")
            rows = later.defer("body", "html", "to", "cc").order_by("number")[: MOST + 50]
            came = [
                Came(row.number, str(row.author or row.from_address), row.get_absolute_url()) for row in rows
            ]
        return cls(ticket, newest, writers, came[:MOST], max(len(came) - MOST, 0), since)

    def __bool__(self):
        return bool(self.writers or self.articles)

    @property
    def said(self) -> str:
        """For screen readers, which need no reminder every minute: without how long it has been."""
        sentences = [row.sentence for row in self.writers] + [article.sentence for article in self.articles]
        return " ".join(sentences)

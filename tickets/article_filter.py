"""Which of a ticket's articles its page shows: by who sent them, how they came, and who sees them (B18)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db import models
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from opsi.models import User
from tickets.choices import Channel, SenderType


class Visible(models.TextChoices):
    YES = "yes", _("Customer sees it")
    NO = "no", _("Internal")


class Traits(NamedTuple):
    """What a filter goes by, of one article."""

    sender: str
    channel: str
    visible: str


FIELDS: dict[str, tuple[str | Promise, type[models.TextChoices]]] = {
    "sender": (_("Sender"), SenderType),
    "channel": (_("Channel"), Channel),
    "visible": (_("Visibility"), Visible),
}
FOR_AGENTS = {"visible"}  # others see but the visible ones


@dataclass(frozen=True)
class Choice:
    value: str
    label: str | Promise
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class ArticleFilter:
    """`values` has what is asked for, by name of FIELDS; `is_open` while somebody is at it, though it be all again."""

    values: dict[str, str]
    names: tuple[str, ...]
    is_open: bool = False

    @classmethod
    def of(cls, asked: QueryDict, person: User):
        """What `asked` says in `sender`, `channel` and (agents) `visible`; what is no choice counts as not given."""
        names = tuple(name for name in FIELDS if person.is_agent or name not in FOR_AGENTS)
        given = {name: asked.get(name, "") for name in names}
        values = {name: value for name, value in given.items() if value in FIELDS[name][1].values}
        return cls(values, names, any(name in asked for name in names))

    @property
    def is_active(self) -> bool:
        return bool(self.values)

    def passes(self, traits: Traits) -> bool:
        return all(getattr(traits, name) == value for name, value in self.values.items())

    @property
    def query(self) -> str:
        """What a link within the filtered articles goes on with: "" or "&sender=agent"."""
        return f"&{urlencode(self.values)}" if self.values else ""

    @property
    def words(self) -> list[str]:
        """What is chosen, as people read it."""
        return [str(FIELDS[name][1](value).label) for name, value in self.values.items()]

    def fields(self, articles: Iterable[Traits]) -> list[tuple[str, str | Promise, list[Choice]]]:
        """(name, label, choices) of what tells `articles` apart; each choice with the number it stands for."""
        articles, found = list(articles), []
        for name in self.names:
            label, words = FIELDS[name]
            counts = Counter(getattr(one, name) for one in articles)
            choices = [
                Choice(value, text, counts[value], self.values.get(name) == value)
                for value, text in words.choices
                if counts[value] or self.values.get(name) == value
            ]
            if len(choices) > 1 or name in self.values:
                found.append((name, label, choices))
        return found

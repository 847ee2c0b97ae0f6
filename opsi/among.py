"""“One of these”, where these may be thousands."""

from collections.abc import Collection
from typing import Any

from django.db.models import F
from django.db.models.lookups import In


class Among(In):
    """`filter(Among.these("pk", ids))` is `filter(pk__in=ids)`, but that PostgreSQL takes all ids as one array.

    A parameter for each costs more there to write and to parse than the answer does. For values in memory; to `filter`
    by, as `exclude` would leave out what is NULL, too.
    """

    @classmethod
    def these(cls, name: str, values: Collection[Any]) -> "Among":
        return cls(F(name), values)

    def as_postgresql(self, compiler, connection):
        left, asked = self.process_lhs(compiler, connection)
        _places, values = self.process_rhs(compiler, connection)
        return f"{left} = ANY(%s)", (*asked, list(values))

"""Whether a dialog that stands open is still true: two people who edit at once see each other's changes."""

import hashlib

from django.db.models import Count, Max, Sum
from django.utils import translation

from watchers.policy import Rights


def stamp(rights: Rights) -> str:
    """Of what the setter may see alone, so that it tells nothing of anybody hidden; one statement.

    The first part stands for the Watcher list, the second for what else decides about it and the candidates.
    """
    watches = rights.listed().aggregate(Count("pk"), Sum("pk"), Max("changed_at"))
    ticket, setter = rights.ticket, rights.setter
    around = (
        ticket.version,
        ticket.queue_id,
        setter.pk,
        sorted(rights.rules.items()),
        translation.get_language(),
    )
    return f"{_short(sorted(watches.items()))}-{_short(around)}"


def is_same_list(one: str, other: str) -> bool:
    return one.partition("-")[0] == other.partition("-")[0]


def _short(values):
    return hashlib.sha256(repr(values).encode(), usedforsecurity=False).hexdigest()[:16]

"""Places in the pages that apps above the page's own fill, so that no template names an app above it.

An app registers in its `AppConfig.ready()`: `slots.fill("zoom.panels", function, order=20)`. The template that owns the
place writes `{% slot "zoom.panels" %}`; each function gets the template context's request and the named values given to
the tag, and returns safe HTML ("" for nothing).

Slots: `header` (top bar, right), `zoom.actions`, `zoom.panels` (with `ticket`, the panels with `verbs` too),
`zoom.article` (above the text of the article that lies open, with `ticket`, `article` and `verbs`), `article.writing`
(beneath what is written on a ticket, with `ticket` and `form`), `ticket.new` (extra fields of the new-ticket form,
with `form_data`), `ticket.moving` (where a move to another queue asks first, with `ticket` and `move`),
`tickets.moving` (the same of many, with `moves`), `tickets.row` (on each row of the list, with `ticket`, all
`tickets` of the page, and the list's query as `back`), `tickets.selection` (buttons for what is chosen there, in the
form that sends it), `preferences.nav`, `preferences.notifications` (above its form) and
`preferences.notifications.end` (below), `admin.start` (above the front page of the admin), `admin.start.end`
(beneath it), `admin.top` (above every page of it), `admin.person` (the links at the top of a person's page in the
admin, with `person`).
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

Filler = Callable[..., str]
_slots: dict[str, list[tuple[int, str, Filler]]] = defaultdict(list)


def fill(slot: str, filler: Filler, order: int = 50) -> None:
    """Show what `filler(request, **values)` returns in `slot`, lower `order` first; filling twice is once."""
    entry = (order, f"{filler.__module__}.{filler.__qualname__}", filler)
    if entry not in _slots[slot]:
        _slots[slot].append(entry)
        _slots[slot].sort(key=lambda filled: filled[:2])


def render(slot: str, request: HttpRequest, **values: Any) -> SafeString:
    return mark_safe("".join(filler(request, **values) for _order, _name, filler in _slots[slot]))  # noqa: S308

"""What apps above add to registering a ticket: fields of their own in the form, steps of their own in the operation.

An app fills the slot `ticket.new` (see `opsi.slots`) with its fields, and registers in its `AppConfig.ready()`:
`steps.on_register(step)`. The step is called as `step(ticket, post, by)` inside the operation that registered `ticket`,
with the form's QueryDict. A ValidationError it raises is shown and undoes the registration. A double click's second
request calls it again with the ticket of the first (see `tickets.twice`): what it did already it leaves alone.
"""

from collections.abc import Callable

from django.http import QueryDict

from opsi.models import User
from tickets.models import Ticket

Step = Callable[[Ticket, QueryDict, User], None]
_steps: list[Step] = []


def on_register(step: Step) -> Step:
    """Call `step` for every ticket that somebody registers in the pages; adding it twice is once."""
    if step not in _steps:
        _steps.append(step)
    return step


def run(ticket: Ticket, post: QueryDict, by: User) -> None:
    for step in _steps:
        step(ticket, post, by)

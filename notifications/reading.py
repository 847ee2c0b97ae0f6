"""Up to which notice somebody had seen when they acted; and whoever reads a ticket reads their notices of it."""

from django.core.exceptions import BadRequest
from django.dispatch import receiver
from django.http import QueryDict

from tickets.signals import ticket_read


def until_in(post: QueryDict) -> int | None:
    """The notice `until`, which the page showed last; None: not said, so all that is there. BadRequest: no such id."""
    given = post.get("until", "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise BadRequest("`until` is no notice's id")
    return int(given)


@receiver(ticket_read)
def read_along(sender, ticket, person, post, **kwargs):
    """What came after the page was made stays unread. A page that showed no notice at all says 0."""
    person.inbox.filter(ticket=ticket).up_to(until_in(post)).mark_read()

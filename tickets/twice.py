"""What a double click sends a second time is taken once, with script and without: nobody is told twice of one act.

The forms of the pages carry a mark by which they ask for it: the same words by the same person in the same place within
seconds are never meant there, while a program may well say the same thing twice. Of two that arrive together the second
waits for the row that the first holds, and then finds what the first wrote.
"""

import datetime
from collections.abc import Iterable
from typing import Any

from opsi.models import User
from tickets.models import Article, Ticket
from tickets.operations import now

MARK = "clicked"  # a hidden field of the pages' forms
AT_ONCE = datetime.timedelta(seconds=10)


def article_written(ticket: Ticket, by: User, body: str, uploads: Iterable[Any]) -> Article | None:
    """What `by` just wrote with these words and files on `ticket`, whose row is held; on a complete one also what went
    on to the ticket that the first click opened."""
    places = [ticket.pk]
    if ticket.is_complete:
        places += ticket.links.filter(kind="follow_up").values_list("target_id", flat=True)
    just_now = Article.objects.filter(ticket__in=places, author=by, created_at__range=_lately())
    last = just_now.select_related("ticket").order_by("created_at", "pk").last()
    same = last and last.deleted_at is None and last.edited_at is None and last.body == body
    return last if same and _files_of(last) == _named(uploads) else None


def ticket_registered(
    by: User, title: str, body: str, uploads: Iterable[Any], **fields: Any
) -> Ticket | None:
    """What `by` just registered with this title, text and files, and with these fields. Holds the row of `by`."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    just_now = Ticket.objects.filter(created_by=by, created_at__range=_lately(), deleted_at=None)
    last = just_now.order_by("created_at", "pk").last()
    if last is None or last.title != " ".join(title.split()):
        return None
    first = last.articles.get(number=1)
    same = first.body == body and all(getattr(last, name) == value for name, value in fields.items())
    return last if same and _files_of(first) == _named(uploads) else None


def _lately():
    # Not all that lies ahead: after the clock was set back the same words may be meant again.
    return now() - AT_ONCE, now() + AT_ONCE


def _files_of(article):
    return sorted(article.attachments.values_list("name", "size"))


def _named(uploads):
    return sorted((upload.name, upload.size) for upload in uploads)

"""Who was notified and the delivery log are forgotten together, as one alone would say what is not so (docs/mail.md).

Cases:
1. a mail that still waits, is held back or is tried again stays with all that it tells, whatever its age;
2. it ended, but lately: its notices stay as long as it does;
3. a notice stays while it is the last of an inbox row, since the row shows it;
4. somebody sends an old mail again in this moment: whoever holds it first has it, and it is due, or gone.
"""

import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from notifications.models import Candidate, InboxRow, Mail, MailItem, Notice
from notifications.models.mail import UNFINISHED


def forget_told(before: datetime.datetime, batch: int) -> int:
    """Delete what came to its end before then, `batch` of a kind at a time; returns how many rows."""
    return _mails(before, batch) + _candidates(before, batch) + _notices(before, batch)


def _mails(before, batch) -> int:
    ended = Mail.objects.filter(finished_at__lt=before).exclude(state__in=UNFINISHED).order_by()
    ended = ended.select_for_update(skip_locked=True)
    gone, more = 0, True
    while more:
        with transaction.atomic():
            found = list(ended.values_list("pk", flat=True)[:batch])
            told = MailItem.objects.filter(mail__in=found).values("notice")
            gone += Candidate.objects.filter(notice__in=told).delete()[0]
            gone += Mail.objects.filter(pk__in=found).delete()[0]
            more = len(found) == batch
    return gone


def _candidates(before, batch) -> int:
    """By id, which they are made in the order of: those at the beginning are the oldest."""
    mailed = Exists(MailItem.objects.filter(notice=OuterRef("notice")))
    gone, last = 0, 0
    while True:
        following = Candidate.objects.filter(pk__gt=last).order_by("pk")
        found = list(following.values_list("pk", "created_at")[:batch])
        old = [pk for pk, at in found if at < before]
        if old:
            gone += Candidate.objects.filter(~mailed, pk__in=old).delete()[0]
        if len(found) < batch or len(old) < len(found):
            return gone
        last = found[-1][0]


def _notices(before, batch) -> int:
    refers = [
        Exists(model.objects.filter(notice=OuterRef("pk"))) for model in (InboxRow, MailItem, Candidate)
    ]
    old = Notice.objects.filter(created_at__lt=before).order_by("created_at", "pk")
    gone, after = 0, Q()
    while found := list(old.filter(after).values_list("created_at", "pk")[:batch]):
        unused = Notice.objects.filter(*(~one for one in refers), pk__in=[pk for _at, pk in found])
        # In one statement with its conditions: a cascade would take along what has come to refer to it since.
        gone += unused._raw_delete(unused.db)
        at, pk = found[-1]
        after = Q(created_at__gt=at) | Q(created_at=at, pk__gt=pk)
    return gone

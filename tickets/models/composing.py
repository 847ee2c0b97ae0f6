"""Who is writing on which ticket right now: a row each, kept alive while they type (docs/writing.md)."""

import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

EXPIRES = datetime.timedelta(seconds=30)


class ComposingQuerySet(models.QuerySet):
    def alive(self):
        return self.filter(seen_at__gt=timezone.now() - EXPIRES)

    def stale(self):
        return self.filter(seen_at__lte=timezone.now() - EXPIRES)

    def on(self, ticket, *, besides):
        """Those writing on `ticket` now, whoever began first; not `besides`."""
        rows = self.alive().filter(ticket=ticket, person__is_active=True).exclude(person=besides)
        return rows.select_related("person").order_by("since", "pk")

    def beat(self, ticket, person, kind):
        """`person` goes on writing, or begins: two tabs of theirs are one."""
        now = timezone.now()
        row = {"kind": kind, "seen_at": now}
        if not self.alive().filter(ticket=ticket, person=person).update(**row):
            self.bulk_create(
                [self.model(ticket=ticket, person=person, since=now, **row)],
                update_conflicts=True,
                unique_fields=["ticket", "person"],
                update_fields=["kind", "since", "seen_at"],
            )

    def end(self, ticket, person):
        self.filter(ticket=ticket, person=person).delete()


class Composing(models.Model):
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10)
    since = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)

    objects = ComposingQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "person"], name="composing_once")]

    def __str__(self):
        return f"{self.person} on {self.ticket_id}: {self.kind}"

    @property
    def sentence(self):
        """Such as “Uma Ogawa is writing a reply here.”"""
        is_reply = self.kind == "reply"
        text = (
            _("%(person)s is writing a reply here.") if is_reply else _("%(person)s is writing a note here.")
        )
        return text % {"person": self.person}

    @property
    def sentence_by_now(self):
        """Such as “Uma Ogawa is writing a reply here, for 2 minutes.”; `sentence` in the first of them."""
        minutes = int((timezone.now() - self.since).total_seconds() // 60)
        if not minutes:
            return self.sentence
        if self.kind == "reply":
            text = ngettext(
                "%(person)s is writing a reply here, for %(number)d minute.",
                "%(person)s is writing a reply here, for %(number)d minutes.",
                minutes,
            )
        else:
            text = ngettext(
                "%(person)s is writing a note here, for %(number)d minute.",
                "%(person)s is writing a note here, for %(number)d minutes.",
                minutes,
            )
        return text % {"person": self.person, "number": minutes}

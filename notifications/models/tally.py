"""How many people each definition told and did not tell, day by day: a list need not count notices (domain §5)."""

import datetime
from collections.abc import Iterable, Sequence

from django.db import connections, models, router
from django.utils.translation import gettext_lazy as _

from notifications.models.definition import Definition

RECENT = datetime.timedelta(days=30)


class TallyManager(models.Manager["Tally"]):
    def add(self, counts: Iterable[tuple[int, int, int]], now: datetime.datetime) -> None:
        """Count (definition id, people told, people not told) as of `now`. One statement.

        Use it last in a transaction: its rows are shared by all who dispatch, and stay locked until the commit. They
        are taken in one order, so that two of them never wait for each other in a circle.
        """
        rows = sorted(counts)
        if not rows:
            return
        connection = connections[router.db_for_write(self.model)]
        day = connection.ops.adapt_datefield_value(now.astimezone(datetime.UTC).date())
        at = connection.ops.adapt_datetimefield_value(now)
        values = [
            value
            for definition, told, dropped in rows
            for value in (definition, day, told, dropped, at if told else None)
        ]
        with connection.cursor() as cursor:
            cursor.execute(_upsert(len(rows)), values)

    def recent(self, now: datetime.datetime):
        """The rows of the last 30 days."""
        return self.filter(day__gt=now.astimezone(datetime.UTC).date() - RECENT)


def _upsert(rows: int) -> str:
    # The ORM's own upsert sets columns, but does not add to them.
    placeholders = ", ".join(["(%s, %s, %s, %s, %s)"] * rows)
    return (
        "INSERT INTO notifications_tally (definition_id, day, told, dropped, last_told_at) "  # noqa: S608
        f"VALUES {placeholders} ON CONFLICT (definition_id, day) DO UPDATE SET "
        "told = notifications_tally.told + excluded.told, "
        "dropped = notifications_tally.dropped + excluded.dropped, "
        "last_told_at = COALESCE(excluded.last_told_at, notifications_tally.last_told_at)"
    )


class Tally(models.Model):
    """One definition's day, as UTC has it. Somebody told through two channels counts once; so does an address."""

    definition = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="tallies")
    day = models.DateField()
    told = models.PositiveIntegerField(default=0)
    dropped = models.PositiveIntegerField(default=0)
    last_told_at = models.DateTimeField(null=True)

    objects = TallyManager()

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        ordering = ["definition", "day"]
        constraints = [models.UniqueConstraint(fields=["definition", "day"], name="tally_once_a_day")]

    def __str__(self):
        return f"{self.definition_id} {self.day}: {self.told} / {self.dropped}"


def counts(tellings: Sequence) -> list[tuple[int, int, int]]:
    """(definition id, people told, people not told) of one operation: as a notice does, a person counts once."""
    reached: dict[tuple, bool] = {}
    for telling in tellings:
        concern = telling.concern
        who = concern.definition.pk, concern.person.pk if concern.person else concern.address
        reached[who] = reached.get(who, False) or not telling.drop
    found: dict[int, list[int]] = {}
    for (definition, _who), was_told in reached.items():
        found.setdefault(definition, [0, 0])[0 if was_told else 1] += 1
    return [(definition, told, dropped) for definition, (told, dropped) in found.items()]

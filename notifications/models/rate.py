"""How many mails a minute may go to a mail server, over all workers (domain §7)."""

import datetime

from django.db import models, transaction

from notifications.choices import Function

MINUTE = 60.0  # seconds


class SendingRateManager(models.Manager["SendingRate"]):
    def take(self, function: Function, rate: int, wanted: int, now: datetime.datetime) -> int:
        """How many of `wanted` mails may go now; they count for the minute that begins. `rate` 0 is no limit.

        Two workers who ask at once wait for each other for the length of this one transaction, no longer.
        """
        if not rate:
            return wanted
        at = now.timestamp()
        self.get_or_create(function=function)
        with transaction.atomic():
            row = self.select_for_update(no_key=True).get(function=function)
            # What lies ahead was taken before the clock was set back: it counts for a minute from now.
            row.taken = [[min(entry[0], at), entry[1]] for entry in row.taken if entry[0] > at - MINUTE]
            number = max(0, min(wanted, rate - sum(count for _at, count in row.taken)))
            if number:
                row.taken.append([at, number])
                row.save(update_fields=["taken"])
        return number

    def give_back(self, function: Function, number: int, now: datetime.datetime) -> None:
        """Let go what was taken at `now` and did not go to the server after all.

        Of that only: giving back what another worker took later would let more than the rate go within its minute.
        """
        at = now.timestamp()
        with transaction.atomic():
            row = self.select_for_update(no_key=True).get(function=function)
            for entry in row.taken:
                if entry[0] == at:
                    less = min(number, entry[1])
                    entry[1] -= less
                    number -= less
            row.taken = [entry for entry in row.taken if entry[1]]
            row.save(update_fields=["taken"])


class SendingRate(models.Model):
    """What went by a function within the last minute: `taken` is [[POSIX time, number of mails], …].

    Moments and not a count from minute to minute: of that, twice the rate could go around the turn of one.
    """

    function = models.CharField(max_length=20, choices=Function, unique=True)
    taken = models.JSONField(default=list)

    objects = SendingRateManager()

    def __str__(self):
        return f"{self.function}: {sum(count for _at, count in self.taken)}"

"""Addresses that no mail goes to for now, since mail to them came back or was reported as spam (domain §7)."""

import datetime
from collections.abc import Iterable
from itertools import batched

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.choices import PauseReason
from opsi.among import Among

CHUNK = 5_000
BETWEEN_TESTS = datetime.timedelta(minutes=1)


class AddressPauseManager(models.Manager["AddressPause"]):
    def pause(self, address: str, reason: PauseReason, words: str = "") -> None:
        """Pause the normalised `address`; one that is paused stays so since then, with the new reason and words."""
        self.update_or_create(address=address, defaults={"reason": reason, "words": words[:1000]})

    def among(self, addresses: Iterable[str]) -> set[str]:
        """Those of the normalised `addresses` that are paused; one statement for every 5,000."""
        found: set[str] = set()
        for chunk in batched({address for address in addresses if address}, CHUNK):
            found.update(self.filter(Among.these("address", chunk)).values_list("address", flat=True))
        return found

    def of(self, address: str) -> "AddressPause | None":
        return self.filter(address=address).first() if address else None


class AddressPause(models.Model):
    """While the row is there, nothing is mailed to the address; `words` are the provider's own."""

    address = models.CharField(_("address"), max_length=254, unique=True)
    reason = models.CharField(_("reason"), max_length=20, choices=PauseReason, default=PauseReason.ADMIN)
    since = models.DateTimeField(_("since"), default=timezone.now)
    words = models.TextField(_("what the mail provider said"), blank=True)
    tested_at = models.DateTimeField(_("last test mail"), null=True, blank=True)

    objects = AddressPauseManager()

    class Meta:
        verbose_name = _("address pause")
        verbose_name_plural = _("address pauses")
        ordering = ["-since", "-id"]

    def __str__(self):
        return self.address

    def may_test(self) -> bool:
        """Take the one test mail a minute that there may be; of two who ask at once one gets it."""
        now = timezone.now()
        free = Q(tested_at=None) | Q(tested_at__lte=now - BETWEEN_TESTS)
        return bool(AddressPause.objects.filter(free, pk=self.pk).update(tested_at=now))

"""When a worker was last heard of: without one nothing leaves, and nobody would be told (docs/operations.md)."""

import datetime

from django.db import models
from django.utils import timezone

from opsi.singleton import Singleton

OFTEN_ENOUGH = datetime.timedelta(seconds=30)
_said_at: datetime.datetime | None = None


class WorkerSign(Singleton):
    heard_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"{self.heard_at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def give(cls, now: datetime.datetime | None = None) -> None:
        """Say that this process works; of calls in quick succession only the first writes."""
        global _said_at
        now = now or timezone.now()
        if _said_at is None or not datetime.timedelta(0) <= now - _said_at < OFTEN_ENOUGH:
            cls.objects.update_or_create(pk=cls.SINGLETON_ID, defaults={"heard_at": now})
            _said_at = now

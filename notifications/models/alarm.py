"""When administrators are told that notifications are stuck, and the ticket that says so (docs/operations.md)."""

import datetime

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from opsi.singleton import Singleton
from tickets.models import Queue, Ticket

A_DAY = 24 * 60


class HealthAlarm(Singleton):
    """`ticket` is that of the incident that lasts, None where all is well."""

    limit_minutes = models.PositiveIntegerField(
        _("something waits for longer than (minutes)"),
        default=10,
        validators=[MaxValueValidator(A_DAY)],
        help_text=_("An event to be worked out, or mail that is due. 0: nobody is told."),
    )
    queue = models.ForeignKey(
        Queue,
        verbose_name=_("queue of its tickets"),
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        help_text=_("Empty: a queue “System” that only administrators read is made when it is first needed."),
    )
    ticket = models.ForeignKey(
        Ticket, on_delete=models.SET_NULL, related_name="+", null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("health alarm")
        verbose_name_plural = _("health alarm")

    def __str__(self):
        return str(self._meta.verbose_name)

    @property
    def limit(self) -> datetime.timedelta:
        return datetime.timedelta(minutes=self.limit_minutes)

"""A step of the first hour that somebody has found right as it is (opsi.first_hour)."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SettledStep(models.Model):
    """For everybody: it is the installation that is set up, not a person's list."""

    slug = models.SlugField(_("step"), max_length=40, unique=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        verbose_name = _("step of the first hour")
        verbose_name_plural = _("steps of the first hour")

    def __str__(self):
        from opsi.first_hour import find  # it knows the steps, and needs this

        step = find(self.slug)
        return str(step.name) if step else self.slug

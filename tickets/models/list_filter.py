"""Filters of the list of tickets that people gave a name."""

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MOST_FILTERS = 30


class ListFilterQuerySet(models.QuerySet):
    def start_with(self, person, kept):
        """Let the list of `person` begin with `kept`; None: with a view again. Of two at once the later one counts."""
        with transaction.atomic():
            self.filter(person=person).exclude(starts_since=None).update(starts_since=None)
            if kept is not None:
                self.filter(pk=kept.pk).update(starts_since=timezone.now())


class ListFilter(models.Model):
    """`asks` is {parameter: value} of the list, only what it knew when it was saved. Nobody else sees it.

    The one with the latest `starts_since` is where the list of its person begins.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="list_filters", db_index=False
    )
    name = models.CharField(_("name"), max_length=40)
    asks = models.JSONField(default=dict)
    starts_since = models.DateTimeField(null=True, blank=True)

    objects = ListFilterQuerySet.as_manager()

    class Meta:
        verbose_name = _("list filter")
        verbose_name_plural = _("list filters")
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="listfilter_once")]

    def __str__(self):
        return self.name

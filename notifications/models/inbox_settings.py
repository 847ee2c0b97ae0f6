"""How long inbox rows and what was told are kept, and the filters people keep for themselves (docs/inbox.md)."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from opsi.singleton import Singleton

LONGEST = 36_500
MOST_FILTERS = 20  # a person


class InboxRetention(Singleton):
    """Days after which rows leave the inboxes; 0 keeps them for good. What is saved or snoozed stays in any case.

    Only the rows: the notices, and so who was notified, stay with their ticket, unless `told_days` says otherwise.
    """

    done_days = models.PositiveIntegerField(
        _("done: days"), default=90, validators=[MaxValueValidator(LONGEST)]
    )
    read_days = models.PositiveIntegerField(
        _("read: days"), default=180, validators=[MaxValueValidator(LONGEST)]
    )
    unread_days = models.PositiveIntegerField(
        _("unread: days"),
        default=365,
        validators=[MaxValueValidator(LONGEST)],
        help_text=_("Counted from the last news."),
    )
    outbox_days = models.PositiveIntegerField(
        _("worked out: days"),
        default=30,
        validators=[MaxValueValidator(LONGEST)],
        help_text=_("What waits or failed always stays."),
    )
    told_days = models.PositiveIntegerField(
        _("who was notified, and the delivery log: days"),
        default=0,
        validators=[MaxValueValidator(LONGEST)],
        help_text=_("Mail that is still to be sent always stays."),
    )

    class Meta:
        verbose_name = _("inbox retention")
        verbose_name_plural = _("inbox retention")

    def __str__(self):
        return str(_("inbox retention"))


class InboxFilter(models.Model):
    """A filter of the inbox that its person named; `query` is what `Filter.query()` makes of it."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="inbox_filters", db_index=False
    )
    name = models.CharField(_("name"), max_length=40)
    query = models.CharField(max_length=1000)

    class Meta:
        verbose_name = _("inbox filter")
        verbose_name_plural = _("inbox filters")
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="inboxfilter_once")]

    def __str__(self):
        return self.name

"""Who changed which setting, old → new: one row a change, never changed or deleted again (docs/security.md)."""

from django.conf import settings
from django.db import models
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Act(models.TextChoices):
    ADDED = "added", _("added")
    CHANGED = "changed", _("changed")
    DELETED = "deleted", _("deleted")


class AuditEntryQuerySet(models.QuerySet):
    def update(self, **kwargs):
        raise ProtectedError("An audit entry is never changed.", set())

    def delete(self):
        raise ProtectedError("An audit entry is never deleted.", set())


class AuditEntry(models.Model):
    """`kind` and `object_id` say what it belongs to, `row` and `row_name` which of its parts, itself included.

    `changes`: [[field, old, new]], values as JSON has them, rows by their names; None twice for a secret.
    """

    at = models.DateTimeField(_("time"), default=timezone.now, db_index=True)
    # None: the system, such as a command or the shell. Whoever is removed stays with their name.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    actor_name = models.CharField(max_length=260, blank=True)
    act = models.CharField(_("what was done"), max_length=10, choices=Act)
    kind = models.CharField(_("kind"), max_length=100)
    object_id = models.CharField(max_length=40)
    object_name = models.CharField(_("name"), max_length=250)
    row = models.CharField(max_length=100)
    row_name = models.CharField(max_length=250, blank=True)
    changes = models.JSONField(_("old → new"), default=list)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of settings")
        verbose_name_plural = _("changes of settings")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["kind", "object_id", "-at"], name="auditentry_object")]

    def __str__(self):
        return f"{self.object_name}: {self.get_act_display()}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise ProtectedError("An audit entry is never changed.", {self})
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise ProtectedError("An audit entry is never deleted.", {self})

"""Texts that are written once and used often: templates for notes and replies, and signatures (docs/writing.md)."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from tickets.models.queue import Queue


class Use(models.TextChoices):
    BOTH = "both", _("Replies and notes")
    REPLY = "reply", _("Replies to customers")
    NOTE = "note", _("Notes")


class TemplateQuerySet(models.QuerySet):
    def offered(self, ticket, kind):
        """Those for a `kind` ("note" or "reply") on `ticket`, by name."""
        links = self.model.queues.through.objects.filter(texttemplate=OuterRef("pk"))
        here = ~Exists(links) | Exists(links.filter(queue=ticket.queue_id))
        return self.filter(here, is_valid=True, use__in=[Use.BOTH, kind]).order_by("name")


class TextTemplate(models.Model):
    """`text` may have tags of the ticket (tickets.prepared_texts). Without queues it is for all of them."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    use = models.CharField(_("offered for"), max_length=10, choices=Use, default=Use.BOTH)
    queues = models.ManyToManyField(
        Queue,
        verbose_name=_("queues"),
        related_name="+",
        blank=True,
        help_text=_("Only on tickets that lie there. None chosen: in all queues."),
    )
    text = models.TextField(_("text"), max_length=20_000)
    is_valid = models.BooleanField(
        _("valid"), default=True, help_text=_("Without the tick it is kept, but offered to nobody.")
    )

    objects = TemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("reply template")
        verbose_name_plural = _("reply templates")
        ordering = ["name"]

    def __str__(self):
        return self.name


class Signature(models.Model):
    """What a person has put beneath every reply of theirs to a customer, before the signature of the queue."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", primary_key=True
    )
    text = models.TextField(_("signature"), max_length=2_000, blank=True)

    def __str__(self):
        return f"{self.person}: {self.text[:40]}"

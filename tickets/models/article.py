"""What is said on a ticket: articles, their earlier versions, and attachments (domain §2)."""

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.choices import Channel, SenderType


class ArticleQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Articles of tickets `person` may read anyway: agents see all, others only those marked for customers."""
        return self.visible(to_agents=person.is_agent)

    def visible(self, *, to_agents):
        shown = self.filter(deleted_at=None)
        return shown if to_agents else shown.filter(visible_for_customer=True)


class Article(models.Model):
    """`number` counts from 1 within the ticket and never changes, so that people can speak of it.

    `body` is always there and is what mails, search and filters go by; `html` is the same with its looks, as it came by
    mail, "" where there is none. It is cleaned (tickets.rich_text) and shown in a frame of its own.
    """

    ticket = models.ForeignKey(
        "tickets.Ticket", on_delete=models.CASCADE, related_name="articles", db_index=False
    )
    number = models.PositiveIntegerField(_("number"))
    sender_type = models.CharField(_("sender type"), max_length=10, choices=SenderType)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    from_address = models.CharField(_("from"), max_length=320, blank=True)
    to = models.TextField(_("to"), blank=True)
    cc = models.TextField(_("cc"), blank=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    body = models.TextField(_("text"))
    html = models.TextField(_("formatted text"), blank=True, default="")
    visible_for_customer = models.BooleanField(_("visible for customer"), default=False)
    # The ids of those it informs by name, whatever else they are to the ticket; agents alone are told who.
    informed = models.JSONField(default=list, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["ticket", "number"]
        constraints = [models.UniqueConstraint(fields=["ticket", "number"], name="article_number_once")]

    def __str__(self):
        return f"#{self.number} {self.subject}"

    def get_absolute_url(self):
        """Where it lies open among the ticket's other articles."""
        return f"{reverse('ticket', args=[self.ticket.number])}?article={self.number}#article-{self.number}"

    def is_visible_to(self, person):
        """As `ArticleQuerySet.visible_to`, for one article of a ticket `person` may read anyway."""
        return self.deleted_at is None and (person.is_agent or self.visible_for_customer)

    def is_news_to(self, person):
        """Whether `person` sees it and did not write it themselves."""
        return self.is_visible_to(person) and self.author_id != person.pk


class ArticleVersion(models.Model):
    """How an article stood before an edit."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="versions")
    subject = models.CharField(max_length=250, blank=True)
    body = models.TextField()
    html = models.TextField(blank=True, default="")
    visible_for_customer = models.BooleanField()
    replaced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    replaced_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["article", "id"]

    def __str__(self):
        return f"{self.article} ({self.replaced_at:%Y-%m-%d %H:%M})"


def attachment_path(attachment, filename):
    # The name a person gave never becomes a path: it is kept in `name` and sent back in a header.
    return f"attachments/{attachment.article.ticket.number}/{attachment.article.number}/{attachment.key}"


class Attachment(models.Model):
    """A file with an article; served only to those who may read the article, never inline as HTML."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="attachments")
    key = models.UUIDField(editable=False, unique=True)
    name = models.CharField(_("file name"), max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(_("size (bytes)"))
    file = models.FileField(upload_to=attachment_path, storage=default_storage, max_length=200)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["id"]

    def __str__(self):
        return self.name

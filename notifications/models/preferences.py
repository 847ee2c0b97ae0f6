"""What each person decides for themselves (domain §5, §3 rule 4)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.models.definition import Definition
from tickets.models import Queue, Service


class Preference(models.Model):
    """A person's own choice for a definition and channel; without one the definition's default holds."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preferences"
    )
    definition = models.ForeignKey(Definition, on_delete=models.CASCADE, related_name="preferences")
    channel = models.CharField(_("channel"), max_length=20)
    enabled = models.BooleanField(_("on"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "definition", "channel"], name="preference_once")
        ]

    def __str__(self):
        return f"{self.person}: {self.definition} {self.channel} {'on' if self.enabled else 'off'}"


class PersonalSettings(models.Model):
    """Settings of one person; without a row all defaults hold."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_settings"
    )
    out_of_office_from = models.DateField(_("out of office from"), null=True, blank=True)
    out_of_office_until = models.DateField(_("out of office until"), null=True, blank=True)
    own_actions = models.BooleanField(
        _("tell me of my own actions"),
        default=True,
        help_text=_("Customer users are told of what they do themselves on tickets that concern them."),
    )
    no_mail_when_read = models.BooleanField(_("no mail for what I have read in the app"), default=False)
    # Where notifications go instead of to the account's address, as mail knows it; one that was asked for and is not
    # confirmed yet is not used.
    own_address = models.CharField(_("notification address"), max_length=254, blank=True, editable=False)
    asked_address = models.CharField(
        _("notification address to be confirmed"), max_length=254, blank=True, editable=False
    )
    asked_at = models.DateTimeField(_("confirmation asked for"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("personal settings")
        verbose_name_plural = _("personal settings")

    def __str__(self):
        return str(self.person)


class Subscription(models.Model):
    """An agent wants to hear of tickets in a queue, or for a service."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="subscriptions"
    )
    queue = models.ForeignKey(
        Queue, on_delete=models.CASCADE, related_name="subscriptions", null=True, blank=True
    )
    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, related_name="subscriptions", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(queue=None) ^ Q(service=None), name="subscription_queue_or_service"
            ),
            models.UniqueConstraint(
                fields=["person", "queue"], condition=~Q(queue=None), name="subscription_one_per_queue"
            ),
            models.UniqueConstraint(
                fields=["person", "service"], condition=~Q(service=None), name="subscription_one_per_service"
            ),
        ]

    def __str__(self):
        return f"{self.person}: {self.queue or self.service}"

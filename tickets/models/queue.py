"""Where tickets lie: queues and who may do what there; services and service levels (domain §1, §2)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from opsi.models import Group
from opsi.roles import AgentRole
from tickets.choices import FollowUp, Level


class Queue(models.Model):
    name = models.CharField(_("name"), max_length=100, unique=True)
    comment = models.CharField(_("comment"), max_length=200, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    follow_up = models.CharField(
        _("follow-up to a complete ticket"), max_length=10, choices=FollowUp, default=FollowUp.REOPEN
    )

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        ordering = ["name"]

    def __str__(self):
        return self.name

    def grant_shipped(self):
        """What a new queue grants unless its administrator says otherwise (domain §1)."""
        QueueGrant.objects.create(queue=self, role=AgentRole.VIEWER, level=Level.READ)
        QueueGrant.objects.create(queue=self, role=AgentRole.USER, level=Level.WRITE)


class QueueGrant(models.Model):
    """A queue lets a group, or everyone from an agent role upwards, do things up to a level."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="grants")
    group = models.ForeignKey(Group, verbose_name=_("group"), on_delete=models.CASCADE, null=True, blank=True)
    role = models.CharField(_("agent role and stronger"), max_length=20, choices=AgentRole, blank=True)
    level = models.PositiveSmallIntegerField(_("may"), choices=Level, default=Level.READ)

    class Meta:
        verbose_name = _("queue permission")
        verbose_name_plural = _("queue permissions")
        ordering = ["queue", "role", "group"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(group=None) ^ models.Q(role=""),
                name="queuegrant_group_or_role",
                violation_error_message=_("Choose either a group or a role."),
            ),
            models.UniqueConstraint(
                fields=["queue", "group"],
                condition=~models.Q(group=None),
                name="queuegrant_one_per_group",
                violation_error_message=_("This group has a permission on this queue already."),
            ),
            models.UniqueConstraint(
                fields=["queue", "role"],
                condition=~models.Q(role=""),
                name="queuegrant_one_per_role",
                violation_error_message=_("This role has a permission on this queue already."),
            ),
        ]

    def __str__(self):
        return f"{self.queue}: {self.group or self.get_role_display()} – {self.get_level_display()}"


class Service(models.Model):
    name = models.CharField(_("name"), max_length=100, unique=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ["name"]

    def __str__(self):
        return self.name


class Sla(models.Model):
    """A service level: the times promised, in minutes; 0 promises nothing."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    first_response_minutes = models.PositiveIntegerField(_("first response (minutes)"), default=0)
    update_minutes = models.PositiveIntegerField(_("update (minutes)"), default=0)
    solution_minutes = models.PositiveIntegerField(_("solution (minutes)"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("service level")
        verbose_name_plural = _("service levels")
        ordering = ["name"]

    def __str__(self):
        return self.name

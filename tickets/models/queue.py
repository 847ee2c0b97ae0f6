"""Where tickets lie: queues and who may do what there; services and service levels (domain §1, §2)."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from opsi.models import Group
from opsi.roles import AgentRole
from tickets.choices import Clock, FollowUp, Level
from tickets.models.calendar import WorkingCalendar, working_time_of

MOST_MINUTES = 366 * 24 * 60


def minutes_field(label, **options):
    """Minutes, at most a year of them; 0 means none."""
    limit = MaxValueValidator(MOST_MINUTES, _("At most a year: %(limit_value)s minutes."))
    return models.PositiveIntegerField(label, default=0, validators=[limit], **options)


class Queue(models.Model):
    name = models.CharField(_("name"), max_length=100, unique=True)
    comment = models.CharField(_("comment"), max_length=200, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    follow_up = models.CharField(
        _("follow-up to a complete ticket"), max_length=10, choices=FollowUp, default=FollowUp.REOPEN
    )
    open_to_moves = models.BooleanField(
        _("tickets may be moved here by agents who cannot read it"),
        default=False,
        help_text=_("Its name is then offered to every agent who moves a ticket."),
    )
    signature = models.TextField(
        _("signature"),
        max_length=2_000,
        blank=True,
        help_text=_("Stands beneath every reply to a customer from this queue; not beneath notes."),
    )
    unlock_minutes = minutes_field(
        _("unlock after (minutes)"),
        help_text=_("A ticket locked for longer is unlocked, so that others can take it over. 0: never."),
    )
    calendar = models.ForeignKey(
        WorkingCalendar,
        verbose_name=_("working calendar"),
        on_delete=models.PROTECT,
        related_name="queues",
        null=True,
        blank=True,
        help_text=_("Locks last in its working time. None: around the clock."),
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


class SlaQuerySet(models.QuerySet):
    def with_calendar(self):
        """All that calculating with them needs, in two statements."""
        return self.select_related("calendar").prefetch_related("calendar__holidays")


def warning_field(label):
    """Percent of the promised time; 0 warns nobody."""
    limit = MaxValueValidator(99, _("Less than 100 percent; 0 warns nobody."))
    return models.PositiveSmallIntegerField(label, default=80, validators=[limit])


class Sla(models.Model):
    """A service level: the times promised, in minutes of working time; 0 promises nothing.

    Each has a percentage of its time after which those in charge are warned; 0 warns nobody.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    calendar = models.ForeignKey(
        WorkingCalendar,
        verbose_name=_("working calendar"),
        on_delete=models.PROTECT,
        related_name="slas",
        null=True,
        blank=True,
        help_text=_("The times run in its working time. None: around the clock."),
    )
    first_response_minutes = minutes_field(_("first response (minutes)"))
    first_response_warning = warning_field(_("first response: warning at (percent)"))
    update_minutes = minutes_field(_("update (minutes)"))
    update_warning = warning_field(_("update: warning at (percent)"))
    solution_minutes = minutes_field(_("solution (minutes)"))
    solution_warning = warning_field(_("solution: warning at (percent)"))
    is_active = models.BooleanField(_("active"), default=True)

    objects = SlaQuerySet.as_manager()

    class Meta:
        verbose_name = _("service level")
        verbose_name_plural = _("service levels")
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def working_time(self):
        return working_time_of(self.calendar)

    def promise(self, clock: Clock) -> tuple[int, int]:
        """The minutes promised for `clock`, and after which percentage of them a warning goes out."""
        return getattr(self, f"{clock}_minutes"), getattr(self, f"{clock}_warning")

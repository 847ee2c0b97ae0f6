"""Who watches which ticket, and what an administrator decides about watching (domain §3)."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from opsi.models import Group
from opsi.singleton import Singleton
from tickets.models import Ticket
from watchers.choices import Extent, SetterKind, TargetKind
from watchers.presets import Rule
from watchers.watching import WatcherManager


class Watcher(models.Model):
    """One row per (ticket, user) or (ticket, group), kept when the watch ends: nothing brings it back unasked."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="watchers")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watches", null=True, blank=True
    )
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="watches", null=True, blank=True)
    since = models.DateTimeField(_("since"), default=timezone.now)
    # When any of this last changed: open dialogs ask for it.
    changed_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    until_resolved = models.BooleanField(_("until it is resolved"), default=False)
    only_state_changes = models.BooleanField(_("state changes only"), default=False)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # The operation that completed the ticket, where the watch ended by itself: that is no leaving (domain §3 rule 6).
    resolved_in = models.UUIDField(null=True, blank=True, editable=False)

    objects = WatcherManager()

    class Meta:
        verbose_name = _("watcher")
        verbose_name_plural = _("watchers")
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "user"], condition=~Q(user=None), name="watcher_one_per_user"
            ),
            models.UniqueConstraint(
                fields=["ticket", "group"], condition=~Q(group=None), name="watcher_one_per_group"
            ),
            models.CheckConstraint(condition=Q(user=None) ^ Q(group=None), name="watcher_user_or_group"),
        ]
        indexes = [
            models.Index(fields=["user", "ticket"], condition=Q(ended_at=None), name="watcher_active_by_user")
        ]

    def __str__(self):
        return f"{self.user or self.group} → {self.ticket}"

    @property
    def who(self) -> str:
        """The group's name or the person's; of somebody deleted the plain name, as a mark says what became of them."""
        if self.user is None:
            return str(self.group)
        return self.user.name if self.user.deleted_at else str(self.user)

    @property
    def told_of(self) -> str:
        """What it has somebody told, to follow “You are told of”."""
        if self.only_state_changes and self.until_resolved:
            return gettext("state changes only, until it is resolved")
        if self.only_state_changes:
            return gettext("state changes only")
        if self.until_resolved:
            return gettext("everything until it is resolved")
        return gettext("everything that happens")

    @property
    def options(self) -> list[str]:
        """What it is narrowed to, in words."""
        words = {"only_state_changes": _("state changes only"), "until_resolved": _("until it is resolved")}
        return [str(word) for name, word in words.items() if getattr(self, name)]


class AutoWatch(models.Model):
    """On which occasions a person begins to watch by themselves; without a row on none (domain §3 rule 6)."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="auto_watch"
    )
    on_create = models.BooleanField(_("tickets I create"), default=False)
    on_article = models.BooleanField(_("tickets I write on"), default=False)
    on_informed = models.BooleanField(_("tickets somebody informs me of"), default=False)

    class Meta:
        verbose_name = _("automatic watching")
        verbose_name_plural = _("automatic watching")

    def __str__(self):
        return str(self.person)


class PolicyCellManager(models.Manager):
    @transaction.atomic
    def replace(self, table):
        """Make the policy what `table` says (see watchers.presets). Returns the cells that were not so before."""
        cells = {(cell.setter, cell.target): cell for cell in self.select_for_update()}
        changed = []
        for setter, row in table.items():
            for target, rule in row.items():
                cell = cells.get((setter, target)) or PolicyCell(setter=setter, target=target)
                if cell.pk is None or cell.rule != rule:
                    cell.add, cell.see, cell.remove = rule
                    cell.save()
                    changed.append(cell)
        return changed


class PolicyCell(models.Model):
    """One cell of the Watcher policy: what a kind of setter may do about a kind of person (domain §3)."""

    setter = models.CharField(_("who sets"), max_length=20, choices=SetterKind)
    target = models.CharField(_("about whom"), max_length=20, choices=TargetKind)
    add = models.CharField(_("add"), max_length=5, choices=Extent, default=Extent.NONE)
    see = models.CharField(_("see"), max_length=5, choices=Extent, default=Extent.NONE)
    remove = models.CharField(_("remove"), max_length=5, choices=Extent, default=Extent.NONE)

    objects = PolicyCellManager()

    class Meta:
        verbose_name = _("watcher policy")
        verbose_name_plural = _("watcher policy")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["setter", "target"], name="policycell_once")]

    def __str__(self):
        return f"{self.get_setter_display()} – {self.get_target_display()}"

    @property
    def rule(self):
        return Rule(*map(Extent, (self.add, self.see, self.remove)))

    def clean(self):
        if self.target == TargetKind.OTHER_CUSTOMER and self.add != Extent.NONE:
            raise ValidationError({"add": _("Another customer's users can never be added.")})
        if self.add == Extent.OWN:
            raise ValidationError(
                {"add": _("Whom they add is added by them: choose nobody, themselves or all.")}
            )
        for verb in ("add", "remove"):
            extent = getattr(self, verb)
            # Themselves they always see.
            if extent != Extent.SELF and Extent.values.index(extent) > Extent.values.index(self.see):
                raise ValidationError({verb: _("This reaches further than what they see.")})


class WatcherSettings(Singleton):
    """Installation-wide decisions about watching."""

    watching_grants_reading = models.BooleanField(
        _("watching grants reading"),
        default=True,
        help_text=_("Off: only people who can read a ticket anyway may watch it, and are told of it."),
    )

    class Meta:
        verbose_name = _("watcher settings")
        verbose_name_plural = _("watcher settings")

    def __str__(self):
        return str(_("Watcher settings"))

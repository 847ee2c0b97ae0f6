"""Who watches which ticket, and what an administrator decides about watching (domain §3)."""

from dataclasses import replace

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from opsi.models import Group
from opsi.singleton import Singleton
from tickets import operations
from tickets.models import Ticket
from tickets.models.history import record
from tickets.operations import operation
from watchers.choices import Extent, SetterKind, TargetKind
from watchers.presets import Rule


class WatcherQuerySet(models.QuerySet):
    def watching(self):
        return self.filter(ended_at=None)

    def at(self, moment):
        """The watches that were under way at `moment`: dispatch asks as of the event."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=moment), since__lte=moment)


_FromQuerySet = models.Manager.from_queryset(WatcherQuerySet)


class WatcherManager(_FromQuerySet):
    def watch(self, ticket, user, by):
        """Let `user` watch `ticket`, set by `by`. Returns the TicketSubscribe event; None where they watch already.

        Asks no permission: that is `watchers.policy`'s.
        """
        with operation(by) as under_way:
            _watcher, begun = self.get_or_create(
                ticket=ticket, user=user, defaults={"since": operations.now(), "added_by": by}
            )
            if not begun:
                # Of two who bring the same person back at once, one changes the row and the other finds nothing to do.
                begun = self.filter(ticket=ticket, user=user, ended_at__isnull=False).update(
                    since=operations.now(), added_by=by, ended_at=None, ended_by=None
                )
            if not begun:
                return None
            return record(ticket, "TicketSubscribe", under_way, new={"id": user.pk, "name": user.name})

    def begin_automatically(self, ticket, user):
        """Let `user` watch `ticket` by their own setting, whoever acts. Returns the event; None where they have a row.

        Who once left is not brought back (domain §3 rule 6). Asks no permission.
        """
        with operation(user) as under_way:
            _watcher, begun = self.get_or_create(
                ticket=ticket, user=user, defaults={"since": operations.now(), "added_by": user}
            )
            if not begun:
                return None
            # In the operation under way, but their own act: so they are not told of it.
            own = replace(under_way, by=user)
            return record(
                ticket, "TicketSubscribe", own, new={"id": user.pk, "name": user.name}, automatic=True
            )

    def unwatch(self, ticket, user, by, why=""):
        """End `user`'s watch and remember that it was ended. Returns the TicketUnsubscribe event; None for no watch."""
        with operation(by) as under_way:
            ended = self.watching().filter(ticket=ticket, user=user)
            if not ended.update(ended_at=operations.now(), ended_by=by):
                return None
            extra = {"why": why} if why else {}
            return record(
                ticket, "TicketUnsubscribe", under_way, old={"id": user.pk, "name": user.name}, **extra
            )

    def move(self, source, target, by):
        """A merge takes the watchers along: each once, nobody left behind, nobody brought back who had left."""
        with operation(by):
            moving = list(self.watching().filter(ticket=source))
            known = set(self.filter(ticket=target).values_list("user_id", "group_id"))
            self.bulk_create(
                Watcher(
                    ticket=target,
                    user_id=watcher.user_id,
                    group_id=watcher.group_id,
                    since=operations.now(),
                    added_by_id=watcher.added_by_id,
                )
                for watcher in moving
                if (watcher.user_id, watcher.group_id) not in known
            )
            self.filter(pk__in=[watcher.pk for watcher in moving]).update(
                ended_at=operations.now(), ended_by=by
            )


class Watcher(models.Model):
    """One row per (ticket, user) or (ticket, group), kept when the watch ends: nothing brings it back unasked."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="watchers")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watches", null=True, blank=True
    )
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="watches", null=True, blank=True)
    since = models.DateTimeField(_("since"), default=timezone.now)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

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

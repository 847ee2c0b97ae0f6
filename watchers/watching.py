"""What can be done to watches (domain §3, rules 4 to 8): the manager of `watchers.models.Watcher`."""

from dataclasses import replace
from datetime import timedelta

from django.db import models
from django.db.models import Exists, OuterRef, Q

from tickets import operations
from tickets.grounds import groups_of
from tickets.models.history import record, record_each
from tickets.operations import operation


class WatcherQuerySet(models.QuerySet):
    def watching(self):
        return self.filter(ended_at=None)

    def at(self, moment):
        """The watches that were under way at `moment`: dispatch asks as of the event."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=moment), since__lte=moment)

    def may_be_undone(self, by):
        """Those that `by` ended just now."""
        return self.filter(ended_by=by, resolved_in=None, ended_at__gt=operations.now() - UNDO_FOR)


_FromQuerySet = models.Manager.from_queryset(WatcherQuerySet)
# What a watch may be narrowed to, by name, and what it is without that.
OPTIONS = {"until_resolved": False, "only_state_changes": False}
UNDO_FOR = timedelta(minutes=10)


class WatcherManager(_FromQuerySet):
    """Asks no permission: that is `watchers.policy`'s. Every verb joins the operation under way."""

    def watch(self, ticket, user, by, **options):
        """Let `user` watch `ticket`, set by `by`. Returns the TicketSubscribe event; None where they watch already.

        `options` are those of OPTIONS.
        """
        return self._begin(ticket, by, options, user=user)

    def watch_group(self, ticket, group, by, **options):
        """As `watch`, for those members of `group` who may read; they are told of events, not of this."""
        return self._begin(ticket, by, options, group=group)

    def _begin(self, ticket, by, options, **who):
        with operation(by) as under_way:
            now = operations.now()
            fresh = {**OPTIONS, **options, "since": now, "changed_at": now, "added_by": by}
            _watcher, begun = self.get_or_create(ticket=ticket, **who, defaults=fresh)
            if not begun:
                # Of two who bring the same one back at once, one changes the row and the other finds nothing to do.
                ended = self.filter(ticket=ticket, **who, ended_at__isnull=False)
                begun = ended.update(**fresh, ended_at=None, ended_by=None, resolved_in=None)
            if not begun:
                return None
            return record(ticket, "TicketSubscribe", under_way, new=in_history(**who))

    def begin_automatically(self, ticket, user):
        """Let `user` watch `ticket` by their own setting, whoever acts. Returns the event; None where they have a row.

        Who once left is not brought back (domain §3 rule 6), nor is whose watch ended by itself.
        """
        with operation(user) as under_way:
            _watcher, begun = self.get_or_create(
                ticket=ticket, user=user, defaults={"since": operations.now(), "added_by": user}
            )
            if not begun:
                return None
            # In the operation under way, but their own act: so they are not told of it.
            own = replace(under_way, by=user)
            return record(ticket, "TicketSubscribe", own, new=in_history(user), automatic=True)

    def unwatch(self, ticket, user, by, why=""):
        """End `user`'s watch and remember that it was ended. Returns the TicketUnsubscribe event; None for no watch."""
        return self._end(ticket, by, why, user=user)

    def unwatch_all(self, user, by, why):
        """End every watch of `user`, with a line in each history; a fixed number of statements."""
        with operation(by) as under_way:
            # Locked: whoever ends one of them at the same moment waits, and then finds it ended.
            own = self.watching().filter(user=user).select_related("ticket")
            ending = list(own.select_for_update(of=("self",)))
            now = operations.now()
            self.filter(pk__in=[watcher.pk for watcher in ending]).update(
                ended_at=now, changed_at=now, ended_by=by
            )
            changes = [(watcher.ticket, in_history(user), None) for watcher in ending]
            record_each(changes, "TicketUnsubscribe", under_way, why=why)

    def unwatch_group(self, ticket, group, by, why=""):
        return self._end(ticket, by, why, group=group)

    def _end(self, ticket, by, why, **who):
        with operation(by) as under_way:
            now = operations.now()
            ended = self.watching().filter(ticket=ticket, **who)
            if not ended.update(ended_at=now, changed_at=now, ended_by=by):
                return None
            extra = {"why": why} if why else {}
            return record(ticket, "TicketUnsubscribe", under_way, old=in_history(**who), **extra)

    def leave_groups(self, ticket, user):
        """Let `user`, told of `ticket` as a member of a watching group, be told no more (domain §3 rule 8).

        Remembered as any watch they ended. Returns the TicketUnsubscribe event; None where no group had them told.
        """
        with operation(user) as under_way:
            if not self.through_groups(ticket, user).exists():
                return None
            now = operations.now()
            left = {"since": now, "changed_at": now, "ended_at": now, "ended_by": user, "resolved_in": None}
            self.update_or_create(
                ticket=ticket, user=user, defaults=left, create_defaults=left | {"added_by": user}
            )
            return record(ticket, "TicketUnsubscribe", under_way, old=in_history(user), why="left_groups")

    def through_groups(self, ticket, user):
        """The watches of groups that have `user` told of `ticket`: none once they ended a watch of their own."""
        return self.having_told(user).filter(ticket=ticket).exclude(group=None)

    def having_told(self, user):
        """The watches that have `user` told: their own, and those of their groups where they never had or left one."""
        own = self.filter(ticket=OuterRef("ticket"), user=user).exclude(resolved_in__isnull=False)
        by_group = Q(group__in=groups_of(user)) & ~Exists(own)
        return self.watching().filter(Q(user=user) | by_group)

    def bring_back(self, watcher, by):
        """Undo that `by` ended `watcher` just now: as if it had not been, but for the history.

        Returns the TicketSubscribe event, whose data has the operation it undoes; None where there is nothing to undo.
        """
        with operation(by) as under_way:
            ended = self.filter(pk=watcher.pk).may_be_undone(by)
            if not ended.update(ended_at=None, ended_by=None, changed_at=operations.now()):
                return None
            about = {"old__group": watcher.group_id} if watcher.group_id else {"old__id": watcher.user_id}
            endings = watcher.ticket.events.filter(name="TicketUnsubscribe", **about)
            undone = endings.order_by("-pk").values_list("operation", flat=True).first()
            who = in_history(watcher.user, watcher.group)
            extra = {"undoes": str(undone)} if undone else {}
            return record(watcher.ticket, "TicketSubscribe", under_way, new=who, **extra)

    def adjust(self, watcher, by, **options):
        """Set `options` of a watch under way. Returns whether that changed anything.

        Whom somebody else adjusts finds it in the history; one's own settings are nobody else's.
        """
        changed = {name: value for name, value in options.items() if getattr(watcher, name) != value}
        if not changed:
            return False
        with operation(by) as under_way:
            if not self.watching().filter(pk=watcher.pk).update(**changed, changed_at=operations.now()):
                return False
            for name, value in changed.items():
                setattr(watcher, name, value)
            if watcher.user_id != by.pk:
                who = in_history(watcher.user, watcher.group)
                record(watcher.ticket, "TicketWatchUpdate", under_way, new=who, options=changed)
            return True

    def end_as_resolved(self, ticket):
        """End the watches set to last until `ticket` is complete, which it just became.

        Of the operation under way they are told still (`resolved_in`). It is nobody's act, but for whoever completed
        the ticket: so they are not told what they did.
        """
        with operation(None) as under_way:
            lasting = (
                self.watching().filter(ticket=ticket, until_resolved=True).select_related("user", "group")
            )
            # Locked: whoever ends one of them at the same moment is first, or finds it ended.
            ending = list(lasting.select_for_update(of=("self",), no_key=True))
            now = operations.now()
            self.filter(pk__in=[watcher.pk for watcher in ending]).update(
                ended_at=now, changed_at=now, resolved_in=under_way.id
            )
            for own in (False, True):
                changes = [
                    (ticket, in_history(watcher.user, watcher.group), None)
                    for watcher in ending
                    if own == (watcher.user is not None and watcher.user == under_way.by)
                ]
                act = replace(under_way, by=under_way.by if own else None)
                record_each(changes, "TicketUnsubscribe", act, why="resolved")

    def move(self, source, target, by):
        """A merge takes the watchers along: each once, nobody left behind, nobody brought back who had left."""
        with operation(by):
            # Locked: who leaves at the same moment is first and stays behind, or leaves too late.
            moving = list(self.watching().filter(ticket=source).select_for_update(no_key=True))
            known = set(self.filter(ticket=target).values_list("user_id", "group_id"))
            now = operations.now()
            there = [
                self.model(
                    ticket=target,
                    user_id=watcher.user_id,
                    group_id=watcher.group_id,
                    since=now,
                    changed_at=now,
                    added_by_id=watcher.added_by_id,
                    **{name: getattr(watcher, name) for name in OPTIONS},
                )
                for watcher in moving
                if (watcher.user_id, watcher.group_id) not in known
            ]
            # Who begins to watch the target at the same moment watches it, whoever was first.
            self.bulk_create(there, ignore_conflicts=True)
            self.filter(pk__in=[watcher.pk for watcher in moving]).update(
                ended_at=now, changed_at=now, ended_by=by
            )


def in_history(user=None, group=None):
    """Who watches, as the value of a history event: a group's `id` is None, since ids there are people's."""
    if group is not None:
        return {"id": None, "group": group.pk, "name": group.name}
    return {"id": user.pk, "name": user.name}

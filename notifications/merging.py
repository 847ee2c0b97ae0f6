"""One notice per person and ticket, whatever number of definitions and events it comes from (domain §5, step 4)."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Iterable

from notifications import channels
from notifications.choices import Severity, ShowInPreferences
from notifications.drops import Telling
from notifications.holding import hold
from notifications.models import Notice
from notifications.windows import NewItem


def merge(
    tellings: Iterable[Telling],
    operation: uuid.UUID,
    now: datetime.datetime,
    window: datetime.timedelta = datetime.timedelta(0),
) -> tuple[list[Notice], list[NewItem]]:
    """Unsaved notices for what was not dropped, each set on its tellings; and the items of their mail.

    Of an operation that touched many tickets a person who is told of several gets one notice, whose `ticket` is None.
    `window` is how long mail waits that nothing holds.
    """
    groups: dict[tuple, list[Telling]] = defaultdict(list)
    for telling in tellings:
        if not telling.drop:
            person = telling.concern.person
            groups[person.pk if person else 0, telling.concern.address].append(telling)
    notices, pending = [], []
    # In one order for all, so that two dispatches that meet in many rows do not wait for each other in a circle.
    for _who, group in sorted(groups.items(), key=lambda entry: entry[0]):
        notice = _notice(group, operation, now)
        notices.append(notice)
        for telling in group:
            telling.notice = notice
        if mail := _mail(group, notice, now, window):
            pending.append(mail)
    return notices, pending


def _notice(group, operation, now):
    concern = group[0].concern
    names = {telling.channel for telling in group}
    tickets = {telling.concern.ticket_id for telling in group}
    told = [channel.name for channel in channels.all_channels() if channel.name in names]
    spoken = _spoken(group, told[0])
    return Notice(
        operation=operation,
        person_id=concern.person.pk if concern.person else None,
        address=concern.address,
        ticket_id=tickets.pop() if len(tickets) == 1 else None,
        event_id=spoken.event.pk,
        event_ids=sorted({event.pk for telling in group for event in telling.events}),
        definition_version_id=spoken.concern.definition.version_id,
        severity=max(telling.severity for telling in group),
        reasons=_reasons(group),
        stands_in_for=_absent(group),
        channels=told,
        created_at=now,
    )


def _mail(group, notice, now, window):
    by_mail = [telling for telling in group if channels.get(telling.channel).is_mail]
    if not by_mail:
        return None
    spoken = _spoken(by_mail, by_mail[0].channel)
    person = spoken.concern.person
    return NewItem(
        address=by_mail[0].mail_to,
        notice=notice,
        definition_version_id=spoken.concern.definition.version_id,
        event_id=None if spoken.event.pk == notice.event_id else spoken.event.pk,
        severity=notice.severity,
        created_at=now,
        skips_window=notice.severity == Severity.CRITICAL
        and any(telling.concern.definition.critical_skips_window for telling in by_mail),
        hold=hold(person, now=now, window=window, by_summary=_may_wait(by_mail, notice)) if person else None,
    )


def _may_wait(by_mail, notice):
    """Whether a summary may keep it: what its person could as well turn off, and what is not critical."""
    return notice.severity != Severity.CRITICAL and all(
        telling.concern.definition.show_in_preferences == ShowInPreferences.YES for telling in by_mail
    )


def _reasons(group):
    """Each once, in their order. The channels of one concern have the same, which are read once."""
    concerns = {id(telling.concern): telling for telling in group}.values()
    return list(
        dict.fromkeys(
            reason for one in concerns for event in one.events for reason in one.concern.reasons[event]
        )
    )


def _absent(group):
    absent = {person.pk: person for telling in group for person in telling.concern.stands_in_for}
    return [{"id": person.pk, "name": str(person)} for person in absent.values()]


def _spoken(group, channel):
    """Whose text goes out through `channel`: the most important definition's, of equals the oldest one's."""
    through = [telling for telling in group if telling.channel == channel]
    return min(through, key=_importance) if len(through) > 1 else through[0]


def _importance(telling):
    return -telling.severity, telling.concern.definition.pk, telling.event.pk

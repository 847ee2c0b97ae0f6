"""How notices come into the in-app inbox (domain §6; docs/inbox.md). What is done with a row is on the model itself."""

import datetime
from collections.abc import Sequence

from django.db import connection

from notifications.choices import InboxState, Severity
from notifications.models import InboxRow, Notice
from notifications.recipients import subject_of
from tickets.models import TicketEvent

CHUNK = 2_000

ASLEEP = (
    f"({{row}}.state = '{InboxState.SNOOZED}' AND {{row}}.snoozed_until > excluded.changed_at"
    f" AND excluded.severity < {int(Severity.CRITICAL)})"
)
# One statement, so that a count is never lost, whoever does what to the same row at the same time:
# 1. two dispatches make the row at once: the second waits for the first's commit and then adds to its row;
# 2. the person marks it as read meanwhile: whichever comes second sees what the first left, so the row either ends
#    unread with this one notice, or read with all of them;
# 3. two dispatches meet in many rows: both go by person and ticket, so neither waits for the other in a circle.
# A row that was read or done begins to count again; one snoozed stays out of sight unless it is critical or due.
# What its person did before is not taken back over news (`act`), except for one that stays snoozed: it counts them.
RECEIVE = """
INSERT INTO {row} (
    person_id, ticket_id, ticket_ids, notice_id, article_id, takes_leave, state, unread_count, severity, changed_at,
    was_state, was_unread_count
)
SELECT
    notice.person_id, notice.ticket_id, '[]', notice.id,
    CASE WHEN event.name = 'ArticleDelete' THEN NULL ELSE event.article_id END,
    CASE
        WHEN event.name = 'TicketDelete' THEN TRUE
        WHEN event.name = 'TicketUnsubscribe'
            THEN COALESCE(CAST(event.old ->> 'id' AS bigint) = notice.person_id, FALSE)
        ELSE FALSE
    END,
    '{unread}', 1, notice.severity, %s,
    '', 0
FROM {notice} AS notice JOIN {event} AS event ON event.id = notice.event_id
WHERE notice.id IN ({ids}) AND notice.person_id IS NOT NULL AND notice.ticket_id IS NOT NULL
ORDER BY notice.person_id, notice.ticket_id
ON CONFLICT (person_id, ticket_id) WHERE NOT (ticket_id IS NULL) DO UPDATE SET
    notice_id = excluded.notice_id,
    article_id = excluded.article_id,
    takes_leave = excluded.takes_leave,
    changed_at = excluded.changed_at,
    unread_count = CASE WHEN {pending} THEN {row}.unread_count + 1 ELSE 1 END,
    severity = CASE WHEN {pending} AND {row}.severity > excluded.severity
        THEN {row}.severity ELSE excluded.severity END,
    state = CASE WHEN {asleep} THEN '{snoozed}' ELSE '{unread}' END,
    act = CASE WHEN {asleep} THEN {row}.act END,
    was_state = CASE WHEN {asleep} THEN '{unread}' ELSE '' END,
    was_unread_count = CASE WHEN {asleep} THEN {row}.was_unread_count + 1 ELSE 0 END
""".format(
    row=InboxRow._meta.db_table,
    notice=Notice._meta.db_table,
    event=TicketEvent._meta.db_table,
    asleep=ASLEEP.format(row=InboxRow._meta.db_table),
    pending=f"{InboxRow._meta.db_table}.state IN ('{InboxState.UNREAD}', '{InboxState.SNOOZED}')",
    unread=InboxState.UNREAD,
    snoozed=InboxState.SNOOZED,
    ids="{ids}",
)


def receive(notices: Sequence[Notice], now: datetime.datetime) -> None:
    """Put saved in-app `notices` of one operation into their persons' inboxes, inside the caller's transaction.

    One row a person and ticket, which counts what is unread; a notice over many tickets has a row of its own. One
    statement for every 2,000 notices, and one more where some are over many.
    """
    single = sorted(
        (notice for notice in notices if notice.ticket_id is not None),
        key=lambda notice: (notice.person_id or 0, notice.ticket_id),
    )
    at = InboxRow._meta.get_field("changed_at").get_db_prep_value(now, connection)
    with connection.cursor() as cursor:
        for start in range(0, len(single), CHUNK):
            # Numbers of the database's own, written out: a parameter for each takes longer than the rows.
            ids = ", ".join(str(int(notice.pk)) for notice in single[start : start + CHUNK])
            cursor.execute(RECEIVE.format(ids=ids), [at])
    _receive_of_many([notice for notice in notices if notice.person_id and notice.ticket_id is None], now)


def _receive_of_many(notices, now):
    if not notices:
        return
    found = TicketEvent.objects.filter(operation__in={notice.operation for notice in notices})
    events = {event.pk: event for event in found.only("name", "ticket", "old", "new")}
    InboxRow.objects.bulk_create(
        (_row_of_many(notice, events, now) for notice in notices),
        batch_size=CHUNK,
        ignore_conflicts=True,
    )


def _row_of_many(notice, events, now):
    told = [events[pk] for pk in notice.event_ids if pk in events]
    return InboxRow(
        person_id=notice.person_id,
        ticket_ids=sorted({event.ticket_id for event in told}),
        notice=notice,
        takes_leave=any(takes_leave(event, notice.person_id) for event in told),
        unread_count=1,
        severity=notice.severity,
        changed_at=now,
    )


def takes_leave(event: TicketEvent, person: int) -> bool:
    """Whether `event` is the end of the ticket, or of the watch of `person` (an id): told without reading (§5)."""
    return event.name == "TicketDelete" or (event.name == "TicketUnsubscribe" and subject_of(event) == person)

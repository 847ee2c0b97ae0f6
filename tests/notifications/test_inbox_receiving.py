"""Notices fold into one row per person and ticket, and a count is never lost (domain §6)."""

import datetime
import threading
import uuid

import pytest
from django.db import connection, transaction
from django.utils import timezone

from notifications.choices import InboxState, Severity
from notifications.inbox import receive
from notifications.models import Definition, InboxRow, Notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(db):
    definition = Definition.objects.create(name="Something happened", channels={"in_app": True})
    definition.texts.create(language="en", subject="[{{ticket.number}}] {{ticket.title}}", body="Look.")
    return definition.publish()


@pytest.fixture
def told(version, ticket):
    """`told([uma], severity=…)`: the persons get a notice of the ticket's first event, dispatched once more."""

    def tell(people, severity=Severity.INFORMATION, about=ticket, now=None):
        event = ticket.events.first()
        operation = uuid.uuid4()
        notices = Notice.objects.bulk_create(
            Notice(
                operation=operation,
                person=person,
                ticket=about,
                event=event,
                event_ids=[event.pk],
                definition_version=version,
                severity=severity,
                channels=["in_app"],
            )
            for person in people
        )
        with transaction.atomic():
            receive(notices, now or timezone.now())
        return notices

    return tell


def row(person):
    return InboxRow.objects.get(person=person)


def test_a_second_notice_counts_on_the_same_row(told, uma):
    told([uma])
    [second] = told([uma])
    assert (row(uma).unread_count, row(uma).state, row(uma).notice) == (2, InboxState.UNREAD, second)


@pytest.mark.parametrize("end", ["mark_read", "mark_done"])
def test_a_row_that_was_dealt_with_comes_back_and_counts_from_one(told, uma, end):
    told([uma])
    told([uma])
    getattr(uma.inbox.all(), end)()
    told([uma])
    assert (row(uma).unread_count, row(uma).state) == (1, InboxState.UNREAD)


def test_the_severity_is_the_highest_of_what_is_unread(told, uma):
    told([uma], Severity.CRITICAL)
    told([uma])
    assert row(uma).severity == Severity.CRITICAL
    uma.inbox.mark_read()
    told([uma])
    assert row(uma).severity == Severity.INFORMATION


def test_a_snoozed_row_waits_unless_it_is_critical(told, uma):
    told([uma])
    uma.inbox.update(state=InboxState.SNOOZED, snoozed_until=timezone.now() + datetime.timedelta(hours=1))
    told([uma], Severity.WARNING)
    assert (row(uma).state, row(uma).unread_count) == (InboxState.SNOOZED, 2)
    told([uma], Severity.CRITICAL)
    assert (row(uma).state, row(uma).unread_count) == (InboxState.UNREAD, 3)


def test_a_snooze_that_is_over_holds_nothing_back(told, uma):
    told([uma])
    uma.inbox.update(state=InboxState.SNOOZED, snoozed_until=timezone.now() - datetime.timedelta(minutes=1))
    told([uma])
    assert row(uma).state == InboxState.UNREAD


def test_a_saved_row_becomes_unread_and_is_saved_again_once_read(told, uma):
    told([uma])
    uma.inbox.save_for_later()
    told([uma])
    assert row(uma).state == InboxState.UNREAD
    uma.inbox.mark_read()
    assert row(uma).state == InboxState.SAVED


def test_a_notice_over_many_tickets_has_a_row_of_its_own(told, uma):
    told([uma])
    told([uma], about=None)
    told([uma], about=None)
    assert sorted(row.unread_count for row in uma.inbox.all()) == [1, 1, 1]


def test_a_thousand_people_cost_one_statement(told, version, ticket, uma, django_assert_num_queries):
    event = ticket.events.first()
    people = type(uma).objects.bulk_create(
        type(uma)(username=f"agent{number}", full_name=f"Agent {number}") for number in range(1_000)
    )
    notices = Notice.objects.bulk_create(
        Notice(
            operation=event.operation, person=person, ticket=ticket, event=event, definition_version=version,
            severity=1,
        )
        for person in people
    )  # fmt: skip
    with django_assert_num_queries(1):
        receive(notices, timezone.now())
    assert InboxRow.objects.filter(unread_count=1).count() == 1_000


@pytest.mark.django_db(transaction=True)
def test_two_dispatches_at_once_count_two(told, uma, aiko, mika):
    start = threading.Barrier(2)
    failed = []

    def dispatch(people):
        try:
            start.wait()
            for _round in range(5):
                told(people)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=dispatch, args=[people]) for people in ([uma, aiko, mika], [mika, aiko, uma])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert [row(person).unread_count for person in (uma, aiko, mika)] == [10, 10, 10]

"""Many rows written at once: what `bulk_create` would write, with their ids, in few statements."""

import datetime
import uuid

import pytest
from django.db import DataError, IntegrityError, connection
from django.utils import timezone

from notifications.choices import MailState, Severity
from notifications.models import Candidate, Mail, MailItem, Notice
from opsi import rows
from tests.notifications.conftest import make_definition

NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)


@pytest.fixture
def notices(ticket, uma, mika):
    """`notices(n)`: so many, unsaved, each with values of its own."""
    version = make_definition().versions.get()
    event = ticket.events.get()

    def make(count):
        return [
            Notice(
                operation=uuid.UUID(int=number),
                person=uma if number % 2 else mika,
                ticket=ticket,
                event=event,
                event_ids=[event.pk, number],
                definition_version=version,
                severity=Severity.WARNING,
                reasons=["watchers", f"“{number}”"],
                stands_in_for=[{"id": True}, {"id": 1}],
                channels=["email"],
                created_at=NOON + datetime.timedelta(seconds=number),
            )
            for number in range(1, count + 1)
        ]

    return make


def stored(model):
    fields = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    return list(model.objects.order_by("pk").values_list(*fields))


def test_writes_what_bulk_create_writes(notices):
    Notice.objects.bulk_create(notices(5))
    expected = stored(Notice)
    Notice.objects.all().delete()
    rows.insert(notices(5))
    assert stored(Notice) == expected
    assert expected[4][-2:] == (["email"], NOON + datetime.timedelta(seconds=5))


@pytest.mark.parametrize(
    "text", ["会議室", 'it\'s 100% \\ "sure"', "{a: [1]}", "null", "line\nand\ttab", "%s", "$1", "\u2028"]
)
def test_any_text_is_stored_as_it_is(notices, text):
    [notice] = notices(1)
    notice.reasons, notice.address = [text, None, True, 1.5], text
    rows.insert([notice])
    notice.refresh_from_db()
    assert (notice.reasons, notice.address) == ([text, None, True, 1.5], text)


def test_what_it_cannot_write_is_refused_before_anything_is_written(notices):
    made = notices(2)
    made[1].severity = object()
    with pytest.raises(TypeError):
        rows.insert(made)
    assert not Notice.objects.exists()


def test_gives_each_row_its_own_id(notices):
    made = notices(30)
    rows.insert(made)
    for notice in made:
        assert not notice._state.adding
        assert Notice.objects.get(pk=notice.pk).operation == notice.operation


def test_follows_what_got_its_id_since(notices, ticket, uma):
    [notice] = notices(1)
    mail = Mail(address="uma@example.com", state=MailState.OPEN, closes_at=NOON)
    item = MailItem(
        notice=notice, mail=mail, person=uma, definition_version=notice.definition_version, severity=1
    )
    rows.insert([notice])
    rows.insert([mail])
    rows.insert([item])
    item.refresh_from_db()
    assert (item.notice, item.mail, item.event) == (notice, mail, None)


def test_leaves_out_what_a_constraint_keeps_out(db):
    closes = timezone.now()

    def window(address):
        return {"address": address, "state": MailState.OPEN, "closes_at": closes, "opened_at": closes}

    rows.insert_values(Mail, [window("uma@example.com")])
    asked = [window("aiko@example.com"), window("uma@example.com"), window("vera@example.com")]
    new = rows.insert_new(Mail, asked, key=("address", "lane"))
    assert list(new) == [("aiko@example.com", ""), ("vera@example.com", "")]
    assert {mail.pk: mail.address for mail in Mail.objects.all()}[
        new["vera@example.com", ""]
    ] == "vera@example.com"
    assert Mail.objects.count() == 3
    with pytest.raises(IntegrityError):
        rows.insert_values(Mail, [window("uma@example.com")])


def test_rows_that_are_alike_but_for_one_value(notices):
    """What all rows have alike is said once; what only looks alike, 1 beside true, is not."""
    made = notices(3)
    for notice in made:
        notice.operation, notice.created_at, notice.event_ids = uuid.UUID(int=7), NOON, [1]
    made[1].event_ids = [True]
    made[0].stands_in_for, made[1].stands_in_for, made[2].stands_in_for = 1, True, 1
    made[0].person, made[2].person = None, None
    made[0].address, made[2].address = "one@example.com", "two@example.com"
    rows.insert(made)
    found = [Notice.objects.get(pk=notice.pk) for notice in made]
    assert [repr(notice.event_ids) for notice in found] == ["[1]", "[True]", "[1]"]
    assert [repr(notice.stands_in_for) for notice in found] == ["1", "True", "1"]
    assert [notice.address for notice in found] == ["one@example.com", "", "two@example.com"]
    assert [notice.person_id is None for notice in found] == [True, False, True]
    assert {(notice.operation, notice.created_at) for notice in found} == {(uuid.UUID(int=7), NOON)}


def test_rows_that_are_alike_in_all(db):
    closes = timezone.now()
    due = {"address": "uma@example.com", "state": MailState.DUE, "closes_at": closes, "opened_at": closes}
    rows.insert_values(Mail, [due] * 3)
    assert (
        list(Mail.objects.values_list("address", "state", "closes_at"))
        == [("uma@example.com", MailState.DUE, closes)] * 3
    )


def test_rows_that_nobody_needs_as_objects(ticket, uma):
    definition = make_definition()
    event = ticket.events.get()
    told = {
        "operation": event.operation, "ticket_id": ticket.pk, "event_id": event.pk, "definition_id": definition.pk,
        "person_id": uma.pk, "channel": "email", "reasons": ["owner"], "drop": "", "notice_id": None,
        "local_date": NOON.date(),
    }  # fmt: skip
    rows.insert_values(Candidate, [told, told | {"drop": "muted"}])
    assert list(Candidate.objects.values_list("person", "drop", "address", "reasons").order_by("pk")) == [
        (uma.pk, "", "", ["owner"]),
        (uma.pk, "muted", "", ["owner"]),
    ]


def test_nothing_costs_nothing(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        rows.insert([])
        rows.insert_values(Candidate, [])
        assert rows.insert_new(Mail, [], key=("address",)) == {}


def test_one_statement_for_every_2_500(notices, django_assert_num_queries):
    many = notices(2_501)
    with django_assert_num_queries(2):
        rows.insert(many)
    assert Notice.objects.count() == 2_501


def test_ids_go_on_from_statement_to_statement(notices, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(rows, "MOST_ROWS", 3)
    many = notices(7)
    with django_assert_num_queries(3):
        rows.insert(many)
    assert [notice.pk for notice in many] == list(Notice.objects.order_by("pk").values_list("pk", flat=True))


class TestUpdating:
    @pytest.fixture
    def mails(self, db):
        made = [
            Mail(
                address=f"agent{number}@example.com",
                state=MailState.SENDING,
                lease_owner="me",
                closes_at=NOON,
            )
            for number in range(5)
        ]
        rows.insert(made)
        return made

    def test_each_row_gets_its_own_values(self, mails, django_assert_num_queries):
        for number, mail in enumerate(mails):
            mail.subject, mail.attempts, mail.leased_until = f"“{number}” 会議", number, NOON
        mails[0].leased_until = None
        with django_assert_num_queries(1):
            rows.update(mails, ["subject", "attempts", "leased_until"], Mail.objects.held_by("me"))
        assert list(Mail.objects.order_by("pk").values_list("subject", "attempts", "leased_until")) == [
            ("“0” 会議", 0, None),
            *((f"“{number}” 会議", number, NOON) for number in range(1, 5)),
        ]

    def test_what_somebody_else_has_by_now_stays_theirs(self, mails):
        Mail.objects.filter(pk=mails[2].pk).update(lease_owner="another")
        for mail in mails:
            mail.subject = "mine"
        rows.update(mails, ["subject"], Mail.objects.held_by("me"))
        assert Mail.objects.exclude(subject="mine").get() == mails[2]

    def test_nothing_is_cut(self, mails):
        if connection.vendor == "sqlite":
            pytest.skip("SQLite minds no length")
        mails[0].subject = "x" * 999
        with pytest.raises(DataError):
            rows.update(mails, ["subject"], Mail.objects.all())

    def test_nothing_costs_nothing(self, db, django_assert_num_queries):
        with django_assert_num_queries(0):
            rows.update([], ["subject"], Mail.objects.all())

"""One bad apple: only what is bad itself fails, where an administrator sees it, and the rest goes out.

In the same batch of 50 mails, in the same dispatch, and in the same inbox. Rows are poisoned as no program of ours
writes them: by another version of it, by hand, or by a restore that went wrong.
"""

import pytest
from django.db import connection
from django.utils import timezone, translation

from notifications.choices import ItemState, MailState, OutboxState, Outcome
from notifications.dispatch import dispatch_waiting
from notifications.mailing import send_due
from notifications.models import Candidate, Definition, DefinitionVersion, Mail, MailItem, Notice, Outbox
from notifications.models.outbox import MAX_ATTEMPTS
from notifications.told import Told
from opsi.models import User
from tests.faults.delivery_log import last_line, log_says, states
from tests.faults.desk import crowd
from tests.notifications.conftest import make_definition, told
from tests.waiting import minutes
from tickets.models import TicketEvent
from tickets.operations import operation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

PASS_ON = "It is a mistake of the program or of its data: give this line to whoever looks after it. Other mail leaves."
PASS_ON_JA = (
    "プログラムまたはデータの誤りです。この行をシステムの担当者に伝えてください。ほかのメールは送信されます。"
)


def say(item, texts):
    """The text of the item's definition, published as no form lets it through."""
    DefinitionVersion.objects.filter(pk=item.definition_version_id).update(texts=texts)


class TestInABatch:
    @pytest.fixture
    def crew(self):
        return crowd(50)

    @pytest.fixture
    def batch(self, crew, ticket, make_ticket, wait, wording):
        """50 mails due together; person0's is about a ticket of its own, and worded by a definition of its own."""
        apart = wait(crew[0], make_ticket(), version=wording())
        for person in crew[1:]:
            wait(person, ticket)
        return apart

    @pytest.fixture
    def the_others_went(self, after_window, mail_host):
        """`the_others_went()`: in one batch over one connection, all mails but person0's."""

        def send():
            assert after_window() == 49
            assert mail_host.connections == 1
            assert {login for login, state in states().items() if state == MailState.SENT} == {
                f"person{number}" for number in range(1, 50)
            }

        return send

    def test_a_text_that_cannot_be_put_into_words(self, batch, the_others_went):
        """Guard: compose takes each part alone. The mail fails, since nothing is left of it."""
        say(batch, {"en": "no dict"})
        the_others_went()
        name = batch.definition_version.definition.name
        error = """AttributeError("'str' object has no attribute 'get'")"""
        assert states()["person0"] == MailState.FAILED
        assert log_says("person0@example.com") == (
            f"None of its notifications can be put into words: {name}: {error}",
            "Correct the texts of the ticket notification named here, publish it, then try again.",
        )
        assert log_says("person0@example.com", "ja") == (
            f"通知を1件も文章にできません:{name}: {error}",
            "ここに示された通知定義の文章を直して公開し、もう一度送信してください。",
        )
        assert batch.notice.ticket.events.filter(name="EmailDeliveryFailure").count() == 1

    @pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL keeps no such text")
    def test_a_text_that_no_mail_can_hold(self, batch, the_others_went):
        """Half a character, which JSON can hold and no mail. Guard: `deliver` makes the text before it connects."""
        say(batch, {"en": {"subject": "Fine", "body": "Half a \ud83d face", "frame": "default"}})
        the_others_went()
        assert states()["person0"] == MailState.FAILED
        happened, what_to_do = log_says("person0@example.com")
        assert happened.startswith(
            "It cannot be made into a mail: 'utf-8' codec can't encode character '\\ud83d'"
        )
        assert what_to_do == (
            "Correct the texts of the ticket notification it comes from, publish it, then try again."
        )
        happened, what_to_do = log_says("person0@example.com", "ja")
        assert happened.startswith("メールの形にできません:'utf-8' codec can't encode character '\\ud83d'")
        assert what_to_do == "元の通知定義の文章を直して公開し、もう一度送信してください。"

    @pytest.mark.parametrize(
        "nonsense",
        [
            {"event_ids": 5},
            {"event_ids": ["x"]},
            {"event_ids": {"a": 1}},
            {"reasons": 7},
            {"reasons": [["owner"]]},
            {"stands_in_for": 7},
            {"stands_in_for": ["nobody"]},
        ],
        ids=str,
    )
    def test_a_notice_whose_json_is_nonsense(self, batch, the_others_went, nonsense):
        """Guard: what cannot be judged or made together is judged and made one by one. It waits, to be mended."""
        Notice.objects.filter(pk=batch.notice_id).update(**nonsense)
        the_others_went()
        self.waits_as_a_mistake()

    @pytest.mark.parametrize(
        "nonsense", [{"name": "NoSuchEvent"}, {"snapshot": 5}, {"snapshot": "text"}], ids=str
    )
    def test_an_event_that_is_nonsense(self, batch, the_others_went, nonsense):
        TicketEvent.objects.filter(ticket=batch.notice.ticket).update(**nonsense)
        the_others_went()
        self.waits_as_a_mistake()

    def waits_as_a_mistake(self):
        assert states()["person0"] == MailState.DUE
        line = last_line("person0@example.com")
        assert line.outcome == Outcome.TEMPORARY
        with translation.override("en"):
            assert line.happened == f"The mail cannot be made: {line.answer}"
            assert line.what_to_do == PASS_ON
        with translation.override("ja"):
            assert line.happened == f"メールを作成できません:{line.answer}"
            assert line.what_to_do == PASS_ON_JA

    def test_once_mended_it_goes(self, batch, the_others_went, clock, mail_host):
        Notice.objects.filter(pk=batch.notice_id).update(event_ids=5)
        the_others_went()
        Notice.objects.filter(pk=batch.notice_id).update(event_ids=[batch.notice.event_id])
        clock.shift(minutes(2))
        assert send_due() == 1
        assert states()["person0"] == MailState.SENT

    def test_somebody_who_lost_their_address(self, batch, crew, ada, the_others_went):
        """Guard: Withdrawal.NO_ADDRESS. The panel says so."""
        User.objects.filter(pk=crew[0].pk).update(email="")
        the_others_went()
        assert states()["person0"] == MailState.WITHDRAWN
        batch.refresh_from_db()
        assert (batch.state, batch.withdrawal) == (ItemState.WITHDRAWN, "no_address")

    def test_an_address_no_server_takes_is_left_for_that_of_its_person(
        self, batch, after_window, mail_host, clock
    ):
        """A Mail whose address is none. Guard: an item follows its person's address, as the account has it."""
        Mail.objects.filter(pk=batch.mail_id).update(address="not\r\nan address")
        assert after_window() == 50
        assert len(mail_host["person0@example.com"]) == 1
        assert {mail.state for mail in Mail.objects.filter(address="person0@example.com")} == {MailState.SENT}

    @pytest.mark.parametrize(
        "person", [{"language": "xx"}, {"time_zone": "Mars/Olympus"}, {"full_name": "\x07"}]
    )
    def test_a_person_whose_settings_are_nonsense_reads_it_in_english_and_utc(
        self, batch, crew, after_window, mail_host, person
    ):
        User.objects.filter(pk=crew[0].pk).update(**person)
        assert after_window() == 50
        assert len(mail_host["person0@example.com"]) == 1

    def test_of_several_in_one_mail_only_the_bad_one_is_left_out_and_the_log_says_whose(
        self, crew, ticket, make_ticket, wait, wording, after_window, mail_host, ada, signed_in
    ):
        """Guard: `leave_out` writes it down; else nothing but the program's log would know."""
        bad = wait(crew[0], make_ticket(), version=wording())
        wait(crew[0], ticket)
        say(bad, {"en": "no dict"})
        assert after_window() == 1
        assert set(MailItem.objects.values_list("state", flat=True)) == {ItemState.FAILED, ItemState.SENT}
        first, second = Mail.objects.get().deliveries.all()
        name = bad.definition_version.definition.name
        error = """AttributeError("'str' object has no attribute 'get'")"""
        with translation.override("en"):
            assert first.happened == (
                f"One of its notifications cannot be put into words, and is left out: {name}: {error}"
            )
            assert (
                first.what_to_do == "Correct the texts of the ticket notification named here and publish it."
            )
        with translation.override("ja"):
            assert first.happened == f"通知の1件を文章にできないため、除きました:{name}: {error}"
            assert first.what_to_do == "ここに示された通知定義の文章を直して公開してください。"
        assert second.outcome == Outcome.SENT
        page = signed_in(ada).get(f"/admin/notifications/mail/{bad.mail_id}/change/").text
        assert name in page

    def test_all_at_once_in_one_batch_of_fifty(
        self, crew, ticket, make_ticket, wait, wording, after_window, mail_host
    ):
        apart = [wait(person, make_ticket(), version=wording()) for person in crew[:5]]
        for person in crew[5:]:
            wait(person, ticket)
        say(apart[0], {"en": "no dict"})
        say(apart[1], {"en": 7})
        Notice.objects.filter(pk=apart[2].notice_id).update(event_ids=5)
        User.objects.filter(pk=crew[3].pk).update(email="")
        mail_host.answers["person4@example.com"] = "550 5.1.1 No such user"
        assert after_window() == 45
        bad = {login: state for login, state in states().items() if state != MailState.SENT}
        assert bad == {
            "person0": MailState.FAILED,
            "person1": MailState.FAILED,
            "person2": MailState.DUE,
            "person3": MailState.WITHDRAWN,
            "person4": MailState.FAILED,
        }
        assert mail_host.connections == 1


class TestInADispatch:
    @pytest.fixture
    def quiet(self, ticket, uma):
        """What happened so far is told to nobody, and there are no definitions but the test's."""
        Outbox.objects.all().delete()
        Definition.objects.update(validity="invalid")

    def waiting(self):
        return Outbox.objects.get(state=OutboxState.WAITING)

    def test_a_definition_that_is_broken_and_somebody_without_address(self, ticket, uma, mika, aiko, quiet):
        """Guards: `match` and `tellings` take each definition alone; Drop.NO_ADDRESS."""
        aiko.email = "nowhere"
        aiko.save()
        make_definition(name="Broken", users=[uma], article_filter={"body": 5})
        make_definition(name="Sound", recipients=["owner"], users=[aiko])
        ticket.note("Look here.", by=mika)
        assert dispatch_waiting() == 1
        assert told("email") == {"uma": 1}
        assert told("in_app") == {"uma": 1, "aiko": 1}
        assert Outbox.objects.get().error.startswith("Broken: ")
        assert Candidate.objects.get(person=aiko, channel="email").drop == "no_address"
        [shown] = Told(mika, ticket).latest[:1]
        with translation.override("en"):
            [way] = [one.ways["email"] for one in shown.people.values() if one.name == aiko.full_name]
            assert way.text == "has no usable e-mail address"

    def test_a_definition_whose_text_is_nonsense_is_dispatched_and_shown_beside_the_others(
        self, ticket, uma, mika, quiet, signed_in, make_ticket
    ):
        """Guard: `inbox_list.lines` takes each row alone; else uma's whole inbox would be an error for ever."""
        make_definition(name="Sound")
        make_definition(name="Nonsense", events=["TicketPriorityUpdate"])
        DefinitionVersion.objects.filter(definition__name="Nonsense").update(texts={"en": "no dict"})
        ticket.note("Look here.", by=mika)
        other = make_ticket(owner=uma, title="Printer on fire")
        Outbox.objects.filter(state=OutboxState.WAITING).exclude(
            pk=ticket.events.filter(name="ArticleCreate").last().operation
        ).delete()
        other.change_priority("high", by=mika)
        dispatch_waiting()
        assert told() == {"uma": 2}
        page = signed_in(uma).get("/inbox/")
        assert page.status_code == 200
        shown, unshown = sorted(line.subject for line in page.context["lines"])
        assert (shown, unshown) == (ticket.number, "This notification cannot be shown.")
        assert unshown in page.text

    @pytest.mark.parametrize(
        "nonsense",
        [
            {"name": "NoSuchEvent"},
            {"snapshot": 5},
            {"snapshot": {"owner": [1]}},
            {"snapshot": {"owner": {"a": 1}}},
            {"snapshot": {"queue": "x"}},
            {"data": []},
        ],
        ids=str,
    )
    def test_of_a_change_of_many_tickets_one_event_that_makes_no_sense(
        self, make_ticket, uma, mika, quiet, nonsense
    ):
        """Guard: `dispatch.readable`."""
        tickets = [make_ticket(owner=uma) for _number in range(3)]
        Outbox.objects.all().delete()
        make_definition(name="Sound", events=["TicketPriorityUpdate"])
        with operation(by=mika) as under_way:
            for ticket in tickets:
                ticket.change_priority("high", by=mika)
        bad = tickets[1].events.get(name="TicketPriorityUpdate")
        TicketEvent.objects.filter(pk=bad.pk).update(**nonsense)
        assert dispatch_waiting() == 1
        row = Outbox.objects.get(pk=under_way.id)
        assert row.state == OutboxState.DONE
        assert row.error.startswith(f"Event {bad.pk}: ")
        notice = Notice.objects.get()
        assert len(notice.event_ids) == 2
        assert bad.pk not in notice.event_ids

    def test_an_operation_of_which_nothing_makes_sense_waits_and_is_given_up_visibly(
        self, ticket, make_ticket, uma, mika, quiet, clock, ada, signed_in
    ):
        """Guard: UnreadableEvents; without it the operation would count as done, and nobody would ever know."""
        make_definition(name="Sound")
        ticket.note("Lost?", by=mika)
        bad = self.waiting().pk
        TicketEvent.objects.filter(operation=bad).update(name="NoSuchEvent")
        ticket.note("Look here.", by=mika)
        assert dispatch_waiting() == 2
        assert told() == {"uma": 1}
        row = Outbox.objects.get(pk=bad)
        assert (row.state, row.attempts) == (OutboxState.WAITING, 1)
        assert "nobody here knows NoSuchEvent" in row.error
        Outbox.objects.filter(pk=bad).update(attempts=MAX_ATTEMPTS - 1, due_at=timezone.now())
        dispatch_waiting()
        admin = signed_in(ada)
        assert "1 event was given up." in admin.get("/admin/notifications/mail/health/").text
        assert "nobody here knows NoSuchEvent" in admin.get("/admin/notifications/outbox/").text
        TicketEvent.objects.filter(operation=bad).update(name="ArticleCreate")
        Outbox.objects.all().try_again(timezone.now())
        dispatch_waiting()
        assert told() == {"uma": 2}


def test_a_definition_that_is_told_by_cannot_go_away_under_it(ticket, uma, wait):
    """Guard: PROTECT, by which the database itself keeps a version that a waiting mail speaks by."""
    from django.db.models import ProtectedError

    item = wait(uma, ticket)
    with pytest.raises(ProtectedError):
        item.definition_version.delete()
    assert connection.is_usable()

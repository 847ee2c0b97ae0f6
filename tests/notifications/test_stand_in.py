"""While somebody is away their stand-in is told too: one hop, judged like anybody, told once (domain §5)."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.choices import Drop
from notifications.models import Candidate, Mail, MailItem, Notice, PersonalSettings, Preference
from notifications.reasons import your_parts
from notifications.told import Told
from opsi.models import User
from tests.notifications.conftest import drops, told
from tests.waiting import text_of
from tickets.models import Queue
from watchers.models import Watcher

PATH = "/preferences/notifications/"
TODAY = datetime.date(2026, 11, 23)


def away(person, stand_in, until=TODAY):
    PersonalSettings.objects.update_or_create(
        person=person,
        defaults={"out_of_office_from": TODAY, "out_of_office_until": until, "stand_in": stand_in},
    )


@pytest.fixture
def note(clock, ticket, mika, dispatch, forget):
    """`note()`: mika writes one on uma's ticket, and it is dispatched."""

    def write():
        forget()
        ticket.note("Looked at it.", by=mika)
        dispatch()

    return write


def test_they_are_told_in_the_app_and_by_mail_and_why(note, uma, aiko):
    aiko.language = "en"
    aiko.save()
    away(uma, aiko)
    note()
    assert (told("in_app"), told("email")) == ({"uma": 1, "aiko": 1}, {"aiko": 1})
    notice = Notice.objects.get(person=aiko)
    assert notice.reasons == ["stand_in"]
    assert your_parts(notice) == ["you stand in for Uma Ogawa"]


@pytest.mark.usefixtures("mail_host")
def test_the_mail_and_the_inbox_say_whom_they_stand_in_for(
    note, uma, vera, after_window, mail_host, signed_in
):
    away(uma, vera)
    note()
    after_window()
    [mail] = mail_host.mails
    assert mail["To"] == "vera@example.com"
    assert "Because you stand in for Uma Ogawa." in text_of(mail)
    assert "because you stand in for Uma Ogawa" in signed_in(vera).get("/inbox/").content.decode()


def test_who_was_notified_shows_it(note, uma, vera, ticket):
    away(uma, vera)
    note()
    people = Told(uma, ticket).operations[0].people.values()
    assert {person.name: person.because for person in people if person.told} == {
        "Uma Ogawa": "Owner",
        "Vera Viewer": "Stand-in for Uma Ogawa",
    }


@pytest.mark.parametrize("until", [datetime.date(2026, 11, 22), None])
def test_only_while_somebody_is_away(note, uma, vera, until):
    away(uma, vera, until)
    note()
    assert ("vera" in told()) == (until is None)


def test_nobody_stands_in_for_a_stand_in(note, uma, aiko, vera):
    away(uma, aiko)
    away(aiko, vera)
    note()
    # aiko is away herself: the app collects for her, and vera is not told.
    assert (told("in_app"), told("email")) == ({"uma": 1, "aiko": 1}, {})
    assert drops("email")["aiko"] == {Drop.OUT_OF_OFFICE}


def test_two_who_stand_in_for_each_other_are_told_once_each(note, ticket, uma, aiko):
    Watcher.objects.watch(ticket, aiko, by=uma)
    away(uma, aiko)
    away(aiko, uma)
    note()
    assert told() == {"uma": 1, "aiko": 1}


def test_who_is_concerned_anyway_gets_one_notice_with_both_reasons(note, ticket, uma, vera):
    Watcher.objects.watch(ticket, vera, by=uma)
    away(uma, vera)
    note()
    notice = Notice.objects.get(person=vera)
    assert notice.reasons == ["watchers", "stand_in"]
    assert Mail.objects.filter(address="vera@example.com").count() == 1


def test_one_for_two_people_is_told_once_and_of_both(note, ticket, uma, aiko, vera):
    Watcher.objects.watch(ticket, aiko, by=uma)
    away(uma, vera)
    away(aiko, vera)
    note()
    assert your_parts(Notice.objects.get(person=vera)) == ["you stand in for Uma Ogawa, 佐藤 愛子"]


class TestJudgedLikeAnybody:
    def test_who_may_not_read_the_ticket_is_not_told(self, note, ticket, uma, vera, mika):
        away(uma, vera)
        ticket.change_queue(Queue.objects.create(name="Hidden"), by=uma)
        note()
        assert "vera" not in told()
        assert drops()["vera"] == {Drop.NO_ACCESS}

    def test_own_preferences_hold(self, note, only, uma, vera):
        definition = only()
        Preference.objects.create(person=vera, definition=definition, channel="email", enabled=False)
        away(uma, vera)
        note()
        assert (told("in_app"), told("email")) == ({"uma": 1, "vera": 1}, {})

    def test_who_did_it_is_not_told(self, ticket, uma, vera, mika, note):
        away(uma, mika)
        note()
        assert "mika" not in told()

    def test_who_was_disabled_is_not_told(self, note, uma, vera):
        away(uma, vera)
        User.objects.filter(pk=vera.pk).update(is_active=False)
        note()
        assert "vera" not in told()

    def test_an_internal_note_does_not_reach_a_customers_stand_in(self, note, ticket, cora, carl, uma):
        Watcher.objects.watch(ticket, cora, by=uma)
        away(cora, carl)
        note()
        assert not {"cora", "carl"} & set(told())


def test_of_what_somebody_is_not_told_their_stand_in_is_not_either(note, only, ticket, uma, vera, dispatch):
    definition = only()
    for channel in ("in_app", "email"):
        Preference.objects.create(person=uma, definition=definition, channel=channel, enabled=False)
    away(uma, vera)
    note()
    ticket.note("Her own.", by=uma)
    dispatch()
    assert told() == {}
    assert not Candidate.objects.filter(person=vera).exists()


def test_a_stand_in_who_went_to_another_customer_is_none(clock, ticket, cora, carl, uma, borealis, dispatch):
    Watcher.objects.watch(ticket, cora, by=uma)
    away(cora, carl)
    User.objects.filter(pk=carl.pk).update(customer=borealis)
    ticket.reply("We are on it.", by=uma)
    dispatch()
    assert not Candidate.objects.filter(person=carl).exists()


def test_it_costs_one_statement_and_only_where_somebody_is_away(
    clock, ticket, uma, vera, mika, dispatch, forget
):
    def cost():
        forget()
        ticket.note("Looked at it.", by=mika)
        with CaptureQueriesContext(connection) as statements:
            dispatch()
        return len(statements)

    usual = cost()
    away(uma, vera, until=TODAY - datetime.timedelta(days=1))
    assert cost() == usual
    away(uma, vera)
    assert cost() <= usual + 1
    assert "vera" in told()


class TestChoosing:
    @pytest.mark.parametrize(
        ("who", "offered"),
        [
            ("uma", {"ada", "mika", "aiko", "vera"}),
            ("cora", {"carl"}),
            ("ray", None),
        ],
    )
    def test_agents_choose_agents_and_customers_their_own(self, everyone, signed_in, who, offered):
        form = signed_in(everyone[who]).get(PATH).context["settings_form"]
        if offered is None:
            assert "stand_in" not in form.fields
        else:
            assert {one.username for one in form.fields["stand_in"].queryset} == offered

    @pytest.mark.parametrize(
        ("who", "whom"),
        [("uma", "cora"), ("uma", "ray"), ("uma", "uma"), ("cora", "bo"), ("cora", "uma"), ("cora", "cora")],
    )
    def test_anybody_else_is_refused(self, everyone, signed_in, who, whom):
        answer = signed_in(everyone[who]).post(PATH, {"stand_in": everyone[whom].pk})
        assert answer.status_code == 422
        assert list(answer.context["settings_form"].errors) == ["stand_in"]
        assert not PersonalSettings.objects.exists()

    def test_what_is_posted_without_being_offered_is_nothing(self, ray, uma, signed_in):
        assert signed_in(ray).post(PATH, {"stand_in": uma.pk}).status_code == 303
        assert PersonalSettings.objects.get(person=ray).stand_in is None

    def test_the_page_keeps_it_and_tells_the_stand_in(self, uma, vera, signed_in):
        signed_in(uma).post(PATH, {"stand_in": vera.pk})
        assert PersonalSettings.objects.get(person=uma).stand_in == vera
        assert "You stand in for Uma Ogawa." in signed_in(vera).get(PATH).content.decode()

    def test_a_stand_in_chooses_about_what_can_come_to_them(self, uma, vera, define, signed_in):
        define("For uma", recipients=[], users=[uma])

        def offered():
            matrix = signed_in(vera).get(PATH).context["matrix"]
            return {row.definition.name for row in matrix.rows}

        assert "For uma" not in offered()
        PersonalSettings.objects.create(person=uma, stand_in=vera)
        assert "For uma" in offered()


@pytest.mark.usefixtures("mail_host")
class TestWhileTheMailWaits:
    """What the stand-in waits for, once whom they stand in for is gone (domain §5, at sending)."""

    @pytest.fixture
    def fate(self, after_window):
        def of(person):
            after_window()
            item = MailItem.objects.get(person=person)
            return item.withdrawal or item.state

        return of

    def test_the_absent_person_is_deleted(self, note, uma, aiko, ada, fate):
        away(uma, aiko)
        note()
        uma.become_past(by=ada)
        assert fate(aiko) == "absent_gone"

    def test_or_disabled(self, note, uma, aiko, fate):
        away(uma, aiko)
        note()
        User.objects.filter(pk=uma.pk).update(is_active=False)
        assert fate(aiko) == "absent_gone"

    def test_another_ground_of_their_own_stays(self, note, ticket, uma, aiko, fate):
        Watcher.objects.watch(ticket, aiko, by=aiko)
        away(uma, aiko)
        note()
        User.objects.filter(pk=uma.pk).update(is_active=False)
        assert fate(aiko) == "sent"

    def test_that_the_absence_ended_takes_nothing_away(self, note, uma, aiko, fate):
        away(uma, aiko)
        note()
        PersonalSettings.objects.filter(person=uma).update(out_of_office_from=None, out_of_office_until=None)
        assert fate(aiko) == "sent"

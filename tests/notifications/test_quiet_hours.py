"""Quiet hours: no e-mail in them, one at their end; the app goes on, and what may skip the window does (domain §4)."""

import datetime
from zoneinfo import ZoneInfo

import pytest

from notifications.choices import Function, MailState
from notifications.mailing import send_due
from notifications.models import Mail, NotificationFunction, PersonalSettings
from notifications.told import Told
from tests.notifications.conftest import told
from tests.sweeping import sweep
from tests.waiting import text_of

pytestmark = pytest.mark.usefixtures("mail_host")
PATH = "/preferences/notifications/"


def clock_time(text):
    return datetime.time.fromisoformat(text)


def utc(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


def quiet(person, begins="22:00", ends="07:00", days=(), **fields):
    return PersonalSettings.objects.update_or_create(
        person=person,
        defaults={
            "quiet_from": clock_time(begins),
            "quiet_until": clock_time(ends),
            "quiet_days": list(days),
            **fields,
        },
    )[0]


@pytest.fixture
def at(clock):
    """`at("2026-11-23 23:00")`: it is then, in UTC."""
    return lambda text: clock.move_to(utc(text), tick=False)


@pytest.fixture
def note(at, ticket, mika, dispatch, forget):
    """`note("2026-11-23 23:00")`: mika writes one on uma's ticket then, and it is dispatched."""
    forget()

    def write(when, text="Looked at it."):
        at(when)
        ticket.note(text, by=mika)
        dispatch()

    return write


def waiting():
    """{address and lane's kind: when it closes} of the open windows."""
    return {
        (mail.address, mail.lane.partition(":")[0]): mail.closes_at
        for mail in Mail.objects.filter(state=MailState.OPEN)
    }


class TestWhenTheyAre:
    """`PersonalSettings.quiet_end`: until when it is quiet at a moment, in the person's zone."""

    @pytest.mark.parametrize(
        ("hours", "days", "at", "until"),
        [
            (("22:00", "07:00"), [], "2026-11-23 21:59", None),
            (("22:00", "07:00"), [], "2026-11-23 22:00", "2026-11-24 07:00"),
            (("22:00", "07:00"), [], "2026-11-24 06:59", "2026-11-24 07:00"),
            (("22:00", "07:00"), [], "2026-11-24 07:00", None),
            (("12:00", "13:30"), [], "2026-11-23 12:30", "2026-11-23 13:30"),
            (("12:00", "13:30"), [], "2026-11-23 14:00", None),
            # By weekday, a night belongs to the day it begins on; the 27th is a Friday.
            (("22:00", "07:00"), [4], "2026-11-27 23:00", "2026-11-28 07:00"),
            (("22:00", "07:00"), [4], "2026-11-28 03:00", "2026-11-28 07:00"),
            (("22:00", "07:00"), [4], "2026-11-27 03:00", None),
            (("22:00", "07:00"), [4], "2026-11-28 23:00", None),
            (("00:00", "23:59"), [5, 6], "2026-11-29 10:00", "2026-11-29 23:59"),
        ],
    )
    def test_over_midnight_and_by_weekday(self, hours, days, at, until):
        begins, ends = map(clock_time, hours)
        own = PersonalSettings(quiet_from=begins, quiet_until=ends, quiet_days=days)
        assert own.quiet_end(utc(at), datetime.UTC) == (until and utc(until))

    @pytest.mark.parametrize(
        ("at", "until"),
        [
            # Berlin goes from +1 to +2 at 02:00 on 29 March 2026, and back at 03:00 on 25 October.
            ("2026-03-28 21:30", "2026-03-29 05:00"),
            ("2026-03-29 04:59", "2026-03-29 05:00"),
            ("2026-03-29 05:00", None),
            ("2026-10-24 20:30", "2026-10-25 06:00"),
            ("2026-10-25 05:59", "2026-10-25 06:00"),
            ("2026-10-25 06:00", None),
        ],
    )
    def test_the_clock_is_set_in_the_night(self, at, until):
        own = PersonalSettings(quiet_from=clock_time("22:00"), quiet_until=clock_time("07:00"))
        assert own.quiet_end(utc(at), ZoneInfo("Europe/Berlin")) == (until and utc(until))

    @pytest.mark.parametrize(
        ("at", "until"),
        [("2026-03-29 00:30", "2026-03-29 01:30"), ("2026-03-29 01:29", "2026-03-29 01:30")],
    )
    def test_an_end_that_the_clock_leaps_over_comes_an_hour_later_by_it(self, at, until):
        own = PersonalSettings(quiet_from=clock_time("22:00"), quiet_until=clock_time("02:30"))
        assert own.quiet_end(utc(at), ZoneInfo("Europe/Berlin")) == utc(until)

    @pytest.mark.parametrize(
        ("at", "until"),
        [
            ("2026-10-24 22:30", "2026-10-25 00:30"),
            ("2026-10-25 00:29", "2026-10-25 00:30"),
            ("2026-10-25 00:30", None),
            ("2026-10-25 01:29", None),  # 02:29 for the second time
            ("2026-10-25 01:30", None),
        ],
    )
    def test_of_an_end_that_comes_twice_the_first_counts(self, at, until):
        """Guard: preferences._moment, which makes moments of them in UTC."""
        own = PersonalSettings(quiet_from=clock_time("22:00"), quiet_until=clock_time("02:30"))
        assert own.quiet_end(utc(at), ZoneInfo("Europe/Berlin")) == (until and utc(until))

    def test_a_beginning_that_comes_twice_holds_from_the_first_on(self):
        own = PersonalSettings(quiet_from=clock_time("02:30"), quiet_until=clock_time("07:00"))
        for when in ("00:30", "01:00", "01:15", "01:30"):  # 02:30, 02:00, 02:15 and 02:30 again
            assert own.quiet_end(utc(f"2026-10-25 {when}"), ZoneInfo("Europe/Berlin")) == utc(
                "2026-10-25 06:00"
            )

    def test_none_without_both_times(self):
        assert (
            PersonalSettings(quiet_from=clock_time("22:00")).quiet_end(utc("2026-11-23 23:00"), None) is None
        )


def test_what_comes_in_quiet_hours_is_one_mail_at_their_end(note, uma, at, mail_host):
    quiet(uma)
    for when in ("2026-11-23 22:30", "2026-11-24 01:00", "2026-11-24 06:55"):
        note(when, f"Written {when}.")
        send_due()
    assert waiting() == {("uma@example.com", "quiet"): utc("2026-11-24 07:00")}
    assert told("in_app") == {"uma": 3}
    assert mail_host.mails == []
    at("2026-11-24 07:00")
    send_due()
    [mail] = mail_host.mails
    assert mail["Subject"].endswith("(Total 3 notifications)")
    assert text_of(mail).count("Written 2026-11-2") == 3


def test_outside_them_the_ordinary_window_holds(note, uma):
    quiet(uma)
    note("2026-11-23 12:00")
    assert waiting() == {("uma@example.com", ""): utc("2026-11-23 12:10")}


def test_what_would_leave_its_window_in_them_waits_for_their_end_too(note, uma):
    quiet(uma)
    note("2026-11-23 21:49")
    note("2026-11-23 21:55")
    assert waiting() == {
        ("uma@example.com", ""): utc("2026-11-23 21:59"),
        ("uma@example.com", "quiet"): utc("2026-11-24 07:00"),
    }


def test_they_are_the_persons_own_hours(note, uma):
    uma.time_zone = "Asia/Tokyo"
    uma.save()
    quiet(uma)
    note("2026-11-23 15:00")  # midnight there
    assert waiting() == {("uma@example.com", "quiet"): utc("2026-11-23 22:00")}


class TestCritical:
    @pytest.mark.parametrize(
        ("skips", "state", "closes"),
        [
            (True, MailState.DUE, "2026-11-23 23:00"),
            (False, MailState.OPEN, "2026-11-24 07:00"),
        ],
    )
    def test_passes_at_once_where_the_definition_lets_it(self, note, only, uma, skips, state, closes):
        quiet(uma)
        only(severity="critical", critical_skips_window=skips)
        note("2026-11-23 23:00")
        [mail] = Mail.objects.all()
        assert (mail.state, mail.closes_at) == (state, utc(closes))

    def test_it_leaves_the_rest_held(self, note, only, uma, mail_host):
        quiet(uma)
        note("2026-11-23 22:30", "May wait.")
        only(severity="critical", critical_skips_window=True)
        note("2026-11-23 23:00", "Must not.")
        send_due()
        [mail] = mail_host.mails
        assert "Article added" in text_of(mail)
        assert waiting() == {("uma@example.com", "quiet"): utc("2026-11-24 07:00")}


def test_who_shares_the_address_does_not_wait(note, ticket, uma, aiko, mika, at, mail_host, dispatch):
    aiko.email = uma.email
    aiko.save()
    ticket.change_responsible(aiko, by=uma)
    quiet(uma)
    at("2026-11-23 20:00")
    dispatch()
    Mail.objects.all().delete()
    note("2026-11-23 23:00")
    assert waiting() == {
        ("uma@example.com", ""): utc("2026-11-23 23:10"),
        ("uma@example.com", "quiet"): utc("2026-11-24 07:00"),
    }
    at("2026-11-23 23:10")
    send_due()
    [mail] = mail_host.mails
    assert "For Uma" not in text_of(mail)


def test_they_hold_under_the_mail_server_function_without_combining_too(note, uma):
    quiet(uma)
    NotificationFunction(function=Function.MAIL_SERVER).save()
    note("2026-11-23 23:00")
    note("2026-11-24 02:00")
    assert waiting() == {("uma@example.com", "quiet"): utc("2026-11-24 07:00")}
    assert Mail.objects.get().items.count() == 2


def test_the_next_night_is_another_mail(note, uma):
    quiet(uma)
    note("2026-11-23 23:00")
    note("2026-11-24 23:00")
    first, second = Mail.objects.order_by("pk")
    assert (first.state, first.closes_at) == (MailState.DUE, utc("2026-11-24 07:00"))
    assert (second.state, second.closes_at) == (MailState.OPEN, utc("2026-11-25 07:00"))


def test_they_are_judged_again_when_they_end(note, uma, mika, ticket, at, mail_host):
    quiet(uma)
    note("2026-11-23 23:00")
    ticket.delete_article(ticket.articles.last(), by=mika)
    at("2026-11-24 07:00")
    send_due()
    assert mail_host.mails == []


def test_who_was_notified_says_until_when(note, uma, ticket, at):
    quiet(uma)
    note("2026-11-23 23:00")
    [operation] = Told(uma, ticket, only=ticket.events.last().operation).operations
    way = next(person for person in operation.people.values() if person.name == "Uma Ogawa").ways["email"]
    assert (way.told, way.text, way.at) == (True, "held until", utc("2026-11-24 07:00"))


class TestChanged:
    """On the preferences page, while something is held."""

    @pytest.fixture
    def choose(self, uma, signed_in, at):
        def post(when, **fields):
            at(when)
            assert signed_in(uma).post(PATH, {"rhythm": "each", **fields}).status_code == 303

        return post

    def test_turned_off_they_let_go_at_the_next_flush(self, note, uma, choose, mail_host):
        quiet(uma)
        note("2026-11-23 23:00")
        choose("2026-11-24 01:00")
        sweep()
        assert len(mail_host.mails) == 1

    def test_moved_they_move_what_is_held(self, note, uma, choose):
        quiet(uma)
        note("2026-11-23 23:00")
        choose("2026-11-24 01:00", quiet_from="22:00", quiet_until="08:30")
        assert waiting() == {("uma@example.com", "quiet"): utc("2026-11-24 08:30")}

    def test_saving_them_as_they_are_moves_nothing(self, note, uma, choose):
        quiet(uma)
        note("2026-11-23 23:00")
        choose("2026-11-24 01:00", quiet_from="22:00", quiet_until="07:00")
        assert waiting() == {("uma@example.com", "quiet"): utc("2026-11-24 07:00")}

    def test_in_another_time_zone_they_end_by_its_clock(self, note, uma, at, signed_in):
        quiet(uma)
        note("2026-11-23 23:00")
        at("2026-11-23 23:30")
        signed_in(uma).post("/preferences/", {"language": "en", "time_zone": "America/New_York"})
        assert waiting() == {("uma@example.com", "quiet"): utc("2026-11-23 23:30")}
        signed_in(uma).post("/preferences/", {"language": "en", "time_zone": "Europe/Berlin"})
        assert waiting() == {("uma@example.com", "quiet"): utc("2026-11-24 06:00")}

    def test_nobody_elses_mail_is_let_go(self, note, ticket, uma, mika, aiko, choose):
        ticket.change_responsible(aiko, by=mika)
        for person in (uma, aiko):
            quiet(person)
        aiko.time_zone = "UTC"
        aiko.save()
        note("2026-11-23 23:00")
        choose("2026-11-24 01:00")
        assert waiting()["aiko@example.com", "quiet"] == utc("2026-11-24 07:00")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"quiet_from": "22:00"}, {"quiet_until"}),
        ({"quiet_until": "07:00"}, {"quiet_from"}),
        ({"quiet_from": "07:00", "quiet_until": "07:00"}, {"quiet_until"}),
        ({"quiet_from": "late", "quiet_until": "07:00"}, {"quiet_from"}),
        ({"quiet_from": "22:00", "quiet_until": "07:00", "quiet_days": ["7"]}, {"quiet_days"}),
        ({"quiet_from": "22:00", "quiet_until": "07:00", "quiet_days": ["x"]}, {"quiet_days"}),
    ],
)
def test_what_makes_no_hours_is_said_beside_its_field(uma, signed_in, fields, wrong):
    answer = signed_in(uma).post(PATH, fields)
    assert answer.status_code == 422
    assert set(answer.context["times_form"].errors) == wrong
    assert not PersonalSettings.objects.exists()


def test_the_page_keeps_them(uma, signed_in):
    client = signed_in(uma)
    client.post(PATH, {"quiet_from": "22:00", "quiet_until": "07:00", "quiet_days": ["4", "5"]})
    own = PersonalSettings.objects.get(person=uma)
    assert (own.quiet_from, own.quiet_until, own.quiet_days) == (
        clock_time("22:00"),
        clock_time("07:00"),
        [4, 5],
    )
    page = client.get(PATH).content.decode()
    assert 'value="22:00"' in page

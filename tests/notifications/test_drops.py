"""What keeps a notice from a channel: preference, absence, pause, address, function, once per day (B4, B5, B6)."""

import datetime

import pytest
import time_machine

from notifications.choices import Function, ItemState
from notifications.models import (
    AddressPause,
    Candidate,
    InboxRow,
    MailItem,
    NotificationFunction,
    PersonalSettings,
    Preference,
)
from tests.notifications.conftest import drops, told

NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)


@pytest.fixture
def note(ticket, mika, dispatch, forget):
    """`note()`: mika writes one on uma's ticket, and it is dispatched."""
    forget()

    def write():
        ticket.note("Looked at it.", by=mika)
        dispatch()

    return write


def choose(person, definition, **channels):
    for channel, enabled in channels.items():
        Preference.objects.update_or_create(
            person=person, definition=definition, channel=channel, defaults={"enabled": enabled}
        )


def test_the_default_of_the_definition_holds_without_a_choice(note, uma, only):
    only(channels={"in_app": True, "email": False})
    note()
    assert (told("in_app"), told("email")) == ({"uma": 1}, {})
    assert drops("email") == {"uma": {"preference"}}


def test_the_own_choice_wins(note, uma, only):
    choose(uma, only(channels={"in_app": True, "email": False}), in_app=False, email=True)
    note()
    assert (told("in_app"), told("email")) == ({}, {"uma": 1})


def test_who_turned_everything_off_is_not_told(note, uma, only):
    choose(uma, only(), in_app=False, email=False)
    note()
    assert told() == {}
    assert drops() == {"uma": {"preference"}}


def test_a_definition_not_shown_in_preferences_is_always_sent(note, uma, only):
    definition = only(show_in_preferences="no", channels={"in_app": False, "email": False})
    choose(uma, definition, in_app=False, email=False)
    note()
    assert (told("in_app"), told("email")) == ({"uma": 1}, {"uma": 1})


def test_a_mandatory_one_keeps_at_least_one_channel(note, uma, only):
    definition = only(show_in_preferences="mandatory", channels={"in_app": True, "email": False})
    choose(uma, definition, in_app=False, email=False)
    note()
    assert (told("in_app"), told("email")) == ({"uma": 1}, {})


class TestOutOfOffice:
    @pytest.fixture(autouse=True)
    def at_noon(self):
        with time_machine.travel(NOON, tick=False):
            yield

    @pytest.mark.parametrize(
        ("first", "last", "mailed"),
        [
            ("2026-11-20", "2026-11-23", True),
            ("2026-11-20", "2026-11-24", False),
            ("2026-11-24", "2026-11-24", False),
            ("2026-11-24", "2026-11-30", False),
            ("2026-11-25", "2026-11-30", True),
            (None, "2026-11-24", False),
            ("2026-11-24", None, False),
        ],
    )
    def test_both_days_count_and_only_mail_stops(self, note, uma, first, last, mailed):
        PersonalSettings.objects.create(person=uma, out_of_office_from=first, out_of_office_until=last)
        note()
        assert told("in_app") == {"uma": 1}
        assert told("email") == ({"uma": 1} if mailed else {})
        assert drops("email").get("uma", set()) == (set() if mailed else {"out_of_office"})

    def test_the_day_is_the_persons_own(self, ticket, mika, uma, note):
        uma.time_zone = "Pacific/Kiritimati"  # 14 hours ahead: tomorrow already
        uma.save()
        PersonalSettings.objects.create(
            person=uma, out_of_office_from="2026-11-24", out_of_office_until="2026-11-24"
        )
        note()
        assert told("email") == {"uma": 1}

    @pytest.mark.parametrize(
        ("zone", "first_moment", "last_moment"),
        [
            ("Pacific/Kiritimati", "2026-11-23 10:00", "2026-11-25 09:59"),  # +14
            ("Pacific/Pago_Pago", "2026-11-24 11:00", "2026-11-26 10:59"),  # -11
            ("Asia/Kolkata", "2026-11-23 18:30", "2026-11-25 18:29"),  # +5:30
            ("Asia/Kathmandu", "2026-11-23 18:15", "2026-11-25 18:14"),  # +5:45
        ],
    )
    def test_the_first_and_the_last_day_are_whole_days_there(
        self, note, uma, zone, first_moment, last_moment
    ):
        """Guard: Drops.local_date; both ends of PersonalSettings.is_away_on."""
        uma.time_zone = zone
        uma.save()
        PersonalSettings.objects.create(
            person=uma, out_of_office_from="2026-11-24", out_of_office_until="2026-11-25"
        )
        begin, end = (datetime.datetime.fromisoformat(f"{at}+00:00") for at in (first_moment, last_moment))
        minute = datetime.timedelta(minutes=1)
        found = []
        for moment in (begin - minute, begin, end, end + minute):
            with time_machine.travel(moment, tick=False):
                note()
            found.append(told("email").get("uma", 0))
        assert found == [1, 1, 1, 2]

    def test_the_definition_may_say_otherwise(self, note, uma, only):
        only(send_out_of_office=True)
        PersonalSettings.objects.create(person=uma, out_of_office_from="2026-11-24")
        note()
        assert told("email") == {"uma": 1}


def test_a_paused_address_gets_no_mail_but_the_inbox_goes_on(note, uma):
    AddressPause.objects.pause("uma@example.com", "bounced")
    note()
    assert (told("in_app"), told("email")) == ({"uma": 1}, {})
    assert drops("email")["uma"] == {"mail_paused"}


@pytest.mark.parametrize("address", ["", "uma", "ops-i@localhost"])
def test_without_a_usable_address_there_is_no_mail(note, uma, address):
    type(uma).objects.filter(pk=uma.pk).update(email=address)
    note()
    assert (told("in_app"), told("email")) == ({"uma": 1}, {})
    assert drops("email")["uma"] == {"no_address"}


class TestMailServerFunction:
    @pytest.fixture(autouse=True)
    def by_mail_only(self, db):
        return NotificationFunction.objects.create(function=Function.MAIL_SERVER)

    def test_the_app_is_not_told(self, note, uma):
        note()
        assert (told("in_app"), told("email")) == ({}, {"uma": 1})
        assert drops("in_app")["uma"] == {"function"}
        assert not InboxRow.objects.filter(person=uma).exists()

    def test_who_wants_the_app_only_is_dropped_for_that_reason(self, note, uma, only):
        choose(uma, only(), in_app=True, email=False)
        note()
        assert told() == {}
        assert drops("in_app") == {"uma": {"function"}}

    def test_unless_it_is_mandatory(self, note, uma, only):
        choose(uma, only(show_in_preferences="mandatory"), in_app=True, email=False)
        note()
        assert told("email") == {"uma": 1}

    def test_the_app_can_be_switched_on(self, note, uma, by_mail_only):
        by_mail_only.also_in_app = True
        by_mail_only.save()
        note()
        assert (told("in_app"), told("email")) == ({"uma": 1}, {"uma": 1})


class TestOncePerDay:
    @pytest.fixture
    def daily(self, only):
        return only(once_per_day=True)

    def test_the_second_of_a_day_is_dropped_for_each_channel(self, clock, note, daily):
        note()
        note()
        assert told() == {"uma": 1}
        assert drops("in_app") == drops("email") == {"uma": {"once_per_day"}}

    def test_renaming_the_definition_does_not_free_it(self, clock, note, daily):
        note()
        daily.name = "Called otherwise"
        daily.save()
        note()
        assert told() == {"uma": 1}

    def test_another_ticket_is_another_matter(self, note, daily, make_ticket, uma, mika, dispatch):
        note()
        make_ticket(owner=uma).note("Here, too.", by=mika)
        dispatch()
        assert told() == {"uma": 2}

    def test_the_day_is_the_persons_calendar_day(self, note, daily, uma, mika):
        uma.time_zone = "Asia/Tokyo"
        uma.save()
        with time_machine.travel(datetime.datetime(2026, 11, 24, 14, 59, tzinfo=datetime.UTC), tick=False):
            note()
        with time_machine.travel(datetime.datetime(2026, 11, 24, 15, 1, tzinfo=datetime.UTC), tick=False):
            note()
        assert told() == {"uma": 2}

    @pytest.mark.parametrize(
        ("zone", "moments", "number"),
        [
            ("UTC", ["2026-11-30 23:59", "2026-12-01 00:00"], 2),
            ("UTC", ["2026-12-31 23:59", "2027-01-01 00:00"], 2),
            ("UTC", ["2028-02-28 23:59", "2028-02-29 00:00", "2028-02-29 23:59", "2028-03-01 00:00"], 3),
            ("Pacific/Kiritimati", ["2026-12-31 09:59", "2026-12-31 10:00", "2027-01-01 09:59"], 2),
            ("Pacific/Pago_Pago", ["2027-01-01 10:59", "2027-01-01 11:00"], 2),
            ("Asia/Kolkata", ["2028-02-29 18:29", "2028-02-29 18:30"], 2),
            # Berlin's day of 23 hours, and that of 25.
            ("Europe/Berlin", ["2026-03-28 23:00", "2026-03-29 21:59", "2026-03-29 22:00"], 2),
            ("Europe/Berlin", ["2026-10-24 22:00", "2026-10-25 22:59", "2026-10-25 23:00"], 2),
        ],
    )
    def test_days_end_at_midnight_there_whatever_the_date(self, note, daily, uma, zone, moments, number):
        """Guard: Drops.local_date."""
        uma.time_zone = zone
        uma.save()
        for moment in moments:
            with time_machine.travel(datetime.datetime.fromisoformat(f"{moment}+00:00"), tick=False):
                note()
        assert told() == {"uma": number}

    def test_a_mail_withdrawn_before_it_left_frees_the_day_for_mail(self, clock, note, daily):
        note()
        MailItem.objects.update(state=ItemState.WITHDRAWN)
        note()
        assert (told("in_app"), told("email")) == ({"uma": 1}, {"uma": 2})

    def test_it_counts_for_extra_addresses_too(self, clock, note, only, ticket, mika, dispatch):
        only(once_per_day=True, recipients=[], extra_addresses="team@example.org")
        for _again in range(2):
            ticket.reply("Looked at it.", by=mika)
        dispatch()
        assert told() == {"team@example.org": 1}
        assert drops() == {"team@example.org": {"once_per_day"}}


def test_every_drop_is_kept_with_definition_channel_and_reasons(note, uma, only):
    definition = only(channels={"email": False})
    note()
    [candidate] = Candidate.objects.all()
    assert (candidate.definition, candidate.person, candidate.channel) == (definition, uma, "email")
    assert (candidate.drop, candidate.reasons, candidate.notice) == ("preference", ["owner"], None)

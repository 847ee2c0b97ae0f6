"""What one's choices come to is said at the top of the preferences, in sentences (docs/preferences.md)."""

import datetime

import pytest
import time_machine
from django.utils import timezone

from notifications.choices import Function
from notifications.models import AddressPause, Definition, NotificationFunction, PersonalSettings, Preference

pytestmark = pytest.mark.django_db
NOW = "2026-11-25 12:00+00:00"


@pytest.fixture
def said(signed_in):
    """`said(uma)`: the sentences."""

    def get(person):
        with time_machine.travel(NOW, tick=False):
            return signed_in(person).get("/preferences/notifications/").context["in_force"]

    return get


def own(person, **fields):
    PersonalSettings.objects.update_or_create(person=person, defaults=fields)


def test_what_is_preset(uma, said):
    assert said(uma) == [
        "In the app you are told at once.",
        "E-mail to uma@example.com comes at most every 10 minutes.",
    ]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"rhythm": "daily", "summary_at": datetime.time(8)},
         "E-mail to uma@example.com comes in one summary a day, at 08:00."),
        ({"rhythm": "weekly", "summary_day": 4, "summary_at": datetime.time(17, 30)},
         "E-mail to uma@example.com comes in one summary a week, on Friday at 17:30."),
        ({"own_address": "uma@elsewhere.example"}, "E-mail to uma@elsewhere.example comes at most every 10 minutes."),
        ({"quiet_from": datetime.time(20), "quiet_until": datetime.time(7)}, "No e-mail comes from 20:00 to 07:00."),
        ({"quiet_from": datetime.time(20), "quiet_until": datetime.time(7), "quiet_days": [6, 0]},
         "No e-mail comes from 20:00 to 07:00 on: Monday, Sunday."),
        ({"out_of_office_until": datetime.date(2026, 11, 25)}, "You are away until Nov. 25, 2026: no e-mail comes."),
        ({"out_of_office_from": datetime.date(2026, 11, 1)}, "You are away: no e-mail comes."),
        ({"out_of_office_from": datetime.date(2026, 12, 1)}, "From Dec. 1, 2026 you are away."),
    ],
)  # fmt: skip
def test_what_one_chose(uma, said, fields, sentence):
    own(uma, **fields)
    assert sentence in said(uma)


def test_an_absence_that_is_over_is_not_mentioned_and_a_stand_in_is(uma, aiko, said):
    own(uma, out_of_office_until=datetime.date(2026, 11, 24), stand_in=aiko)
    assert len(said(uma)) == 2
    own(uma, out_of_office_until=datetime.date(2026, 11, 26))
    assert said(uma)[-1].endswith(f"{aiko.full_name} stands in for you.")


def test_a_pause_no_address_and_what_is_turned_off(uma, mika, said):
    AddressPause.objects.pause("uma@example.com", "bounced")
    definition = Definition.objects.get(shipped_as="new-article")
    for channel in definition.channels:
        Preference.objects.create(person=uma, definition=definition, channel=channel, enabled=False)
    assert said(uma)[1:] == [
        "No e-mail comes: uma@example.com is paused.",
        "1 kind of notification is turned off altogether.",
    ]
    mika.email = ""
    mika.save()
    assert "There is no address that e-mail could go to." in said(mika)


def test_under_the_mail_server_function(uma, said):
    NotificationFunction(function=Function.MAIL_SERVER, changed_at=timezone.now()).save()
    assert said(uma) == [
        "You are told by e-mail only, not in the app.",
        "E-mail to uma@example.com comes at once.",
    ]


def test_in_ones_own_language(aiko, said):
    assert said(aiko)[0] == "アプリ内ではすぐに通知されます。"

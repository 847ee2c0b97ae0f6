"""Whoever knows the password and guesses codes, from however many addresses: a day has few guesses, and it is told."""

from datetime import timedelta

import pyotp
import pytest
from django.test import Client

from opsi.credentials import WRONG_A_DAY, SecondFactor
from opsi.secrets import encrypt
from tests.opsi.test_two_step import NINE
from tests.people import PASSWORD

SPENT = "Too many wrong codes since yesterday"


@pytest.fixture(autouse=True)
def nine(time_machine):
    time_machine.move_to(NINE, tick=False)


@pytest.fixture
def app():
    return pyotp.TOTP(pyotp.random_base32())


@pytest.fixture
def factor(uma, app):
    return SecondFactor.objects.create(person=uma, secret_encrypted=encrypt(app.secret))


@pytest.fixture
def guess(time_machine):
    """`guess(4)`: so many wrong codes, each an hour later and from an address of its own, so that nothing throttles."""
    moments = [NINE]

    def wrong(times, apart=timedelta(minutes=20)):
        for _ in range(times):
            moments.append(moments[-1] + apart)
            time_machine.move_to(moments[-1], tick=False)
            answer = code("000000", address=f"203.0.113.{len(moments)}")
        return answer, moments[-1]

    return wrong


def code(typed, address="192.0.2.1"):
    client = Client(REMOTE_ADDR=address)
    assert client.post("/login/", {"username": "uma", "password": PASSWORD}).url == "/login/code/"
    answer = client.post("/login/code/", {"code": typed})
    answer.said = client.get("/preferences/").text if answer.status_code == 302 else answer.text
    return answer


def test_a_day_has_so_many_wrong_codes_and_then_not_even_the_right_one_is_looked_at(factor, app, guess):
    answer, _now = guess(WRONG_A_DAY)
    assert answer.status_code == 422
    answer, now = guess(1)
    assert answer.status_code == 429
    assert SPENT in answer.text
    answer = code(app.at(now))
    assert (answer.status_code, SPENT in answer.text) == (429, True)


def test_a_recovery_code_signs_in_all_the_same_and_opens_the_way_again(factor, app, guess):
    recovery, *_others = factor.renew_recovery_codes()
    _answer, now = guess(WRONG_A_DAY)
    assert code(recovery).status_code == 302
    assert code(app.at(now)).status_code == 302


def test_a_day_after_the_first_of_them_codes_are_looked_at_again(factor, app, guess, time_machine):
    guess(WRONG_A_DAY)
    tomorrow = NINE + timedelta(minutes=20, hours=24)
    time_machine.move_to(tomorrow - timedelta(seconds=1), tick=False)
    assert code(app.at(tomorrow)).status_code == 429
    time_machine.move_to(tomorrow, tick=False)
    assert code(app.at(tomorrow)).status_code == 302


def test_whoever_signs_in_is_told_of_what_was_tried(factor, app, guess):
    _answer, now = guess(5)
    answer = code(app.at(now))
    assert "5 wrong codes were typed after your password" in answer.said
    # Once; and not after a slip or two of one's own.
    _answer, now = guess(2)
    assert "typed after your password" not in code(app.at(now)).said


def test_whoever_uses_a_recovery_code_is_told_how_many_are_left(factor):
    recovery, *_others = factor.renew_recovery_codes()
    assert "9 recovery codes are left" in code(recovery).said

"""Two-step sign-in: set up in the preferences, asked for after the password, for each code once."""

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from opsi.audit_entry import AuditEntry
from opsi.credentials import RecoveryCode, SecondFactor
from opsi.models import User
from opsi.secrets import encrypt
from tests.people import PASSWORD

NINE = datetime(2026, 3, 2, 9, 0, 10, tzinfo=UTC)
PAGE = "/preferences/two-step/"
DELETE = {"_method": "delete"}


@pytest.fixture(autouse=True)
def nine(time_machine):
    time_machine.move_to(NINE, tick=False)


@pytest.fixture
def app():
    """Uma's telephone: `app.at(moment)` gives the code of a moment."""
    return pyotp.TOTP(pyotp.random_base32())


@pytest.fixture
def factor(uma, app):
    """Uma's second factor, of which no code is used up yet."""
    return SecondFactor.objects.create(person=uma, secret_encrypted=encrypt(app.secret))


def with_password(login="uma", goal=""):
    client = Client()
    answer = client.post("/login/", {"username": login, "password": PASSWORD, "next": goal})
    return client, answer


def test_it_is_set_up_with_password_picture_and_first_code(uma, signed_in):
    client = signed_in(uma)
    assert "Set up" in client.get(PAGE).text
    assert client.post(PAGE, {"password": PASSWORD}).url == PAGE
    offered = client.get(PAGE).text
    assert "<svg" in offered
    assert "style=" not in offered.partition("<svg")[2].partition("</svg>")[0]
    secret = re.search(r'two-step-key">([A-Z2-7 ]+)<', offered)[1].replace(" ", "")
    assert not SecondFactor.objects.exists()

    answer = client.post(PAGE + "code/", {"code": pyotp.TOTP(secret).at(NINE)})
    codes = re.findall(r"<code>((?:[a-z2-7]{4}-){3}[a-z2-7]{4})</code>", answer.text)
    assert len(set(codes)) == 10
    assert "no-store" in answer["Cache-Control"]
    stored = SecondFactor.objects.get(person=uma)
    assert secret not in stored.secret_encrypted
    assert codes[0] not in "".join(RecoveryCode.objects.values_list("digest", flat=True))
    # They are shown this once.
    page = client.get(PAGE).text
    assert codes[0] not in page
    assert "10 recovery codes are left" in page
    assert [entry.actor for entry in AuditEntry.objects.filter(row="opsi.secondfactor")] == [uma]


def test_setting_up_asks_for_the_password(uma, signed_in):
    client = signed_in(uma)
    answer = client.post(PAGE, {"password": "guessed"})
    assert answer.status_code == 422
    assert "This is not your password." in answer.text
    assert "qr-frame" not in client.get(PAGE).text
    assert client.post(PAGE + "code/", {"code": "123456"}).url == PAGE


def test_a_wrong_first_code_turns_nothing_on(uma, signed_in):
    client = signed_in(uma)
    client.post(PAGE, {"password": PASSWORD})
    answer = client.post(PAGE + "code/", {"code": "000000x"})
    assert answer.status_code == 422
    assert "This code is wrong." in answer.text
    assert "two-step-key" in answer.text
    assert not SecondFactor.objects.exists()


def test_an_offer_is_let_go_without_a_password(uma, signed_in):
    client = signed_in(uma)
    client.post(PAGE, {"password": PASSWORD})
    assert client.post(PAGE, DELETE).url == PAGE
    assert "Set up" in client.get(PAGE).text


def test_an_offer_left_open_is_over_after_a_quarter_of_an_hour(uma, signed_in, time_machine):
    """Whoever finds the session then finds no key in it, and sets no factor of theirs up without the password."""
    client = signed_in(uma)
    client.post(PAGE, {"password": PASSWORD})
    secret = re.search(r'two-step-key">([A-Z2-7 ]+)<', client.get(PAGE).text)[1].replace(" ", "")
    later = NINE + timedelta(minutes=15)
    time_machine.move_to(later, tick=False)
    assert "two-step-key" not in client.get(PAGE).text
    assert client.post(PAGE + "code/", {"code": pyotp.TOTP(secret).at(later)}).url == PAGE
    assert not SecondFactor.objects.exists()


def test_turning_it_on_ends_what_was_signed_in_by_password_alone(uma, signed_in):
    elsewhere, client = signed_in(uma), signed_in(uma)
    client.post(PAGE, {"password": PASSWORD})
    secret = re.search(r'two-step-key">([A-Z2-7 ]+)<', client.get(PAGE).text)[1].replace(" ", "")
    client.post(PAGE + "code/", {"code": pyotp.TOTP(secret).at(NINE)})
    assert elsewhere.get("/preferences/").status_code == 302
    assert client.get("/preferences/").status_code == 200


def test_after_the_password_comes_the_code_and_then_the_page_one_wanted(factor, app):
    client, answer = with_password(goal="/inbox/")
    assert (answer.status_code, answer.url) == (303, "/login/code/")
    assert client.get("/inbox/").url == "/login/?next=/inbox/"  # nobody is signed in yet
    before = client.session.session_key
    answer = client.post("/login/code/", {"code": app.at(NINE)})
    assert answer.url == "/inbox/"
    assert client.get("/inbox/").status_code == 200
    assert client.session.session_key != before


@pytest.mark.parametrize("typed", ["{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}", " {0} "])
def test_spaces_do_not_matter(factor, app, typed):
    client, _answer = with_password()
    assert client.post("/login/code/", {"code": typed.format(app.at(NINE))}).status_code == 302


def test_full_width_digits_of_a_japanese_keyboard_are_digits(factor, app):
    client, _answer = with_password()
    wide = app.at(NINE).translate({ord("0") + n: ord("０") + n for n in range(10)})
    assert client.post("/login/code/", {"code": wide}).status_code == 302


@pytest.mark.parametrize(("seconds", "status"), [(-60, 422), (-30, 302), (30, 302), (60, 422)])
def test_a_telephone_may_be_half_a_minute_off(factor, app, seconds, status):
    client, _answer = with_password()
    code = app.at(NINE + timedelta(seconds=seconds))
    assert client.post("/login/code/", {"code": code}).status_code == status


def test_a_code_works_once(factor, app):
    first, _answer = with_password()
    second, _answer = with_password()
    assert first.post("/login/code/", {"code": app.at(NINE)}).status_code == 302
    again = second.post("/login/code/", {"code": app.at(NINE)})
    assert again.status_code == 422
    assert "wrong or used already" in again.text


def test_nor_does_an_older_one_after_a_newer(factor, app):
    assert factor.accepts(app.at(NINE + timedelta(seconds=30)))
    assert not factor.accepts(app.at(NINE))


def test_a_recovery_code_works_once_in_its_place(factor):
    code, *_others = factor.renew_recovery_codes()
    for status in (302, 422):
        client, _answer = with_password()
        assert client.post("/login/code/", {"code": code.upper()}).status_code == status
    assert factor.codes_left == 9


def test_new_recovery_codes_end_the_former(uma, factor, signed_in):
    old, *_others = factor.renew_recovery_codes()
    client = signed_in(uma)
    assert client.post(PAGE + "recovery-codes/", {"password": "no"}).status_code == 422
    answer = client.post(PAGE + "recovery-codes/", {"password": PASSWORD})
    assert len(re.findall(r"<li><code>", answer.text)) == 10
    assert not factor.accepts(old)


def test_five_wrong_codes_and_the_right_one_is_not_looked_at(factor, app):
    client, _answer = with_password()
    for _try in range(5):
        assert client.post("/login/code/", {"code": "000000"}).status_code == 422
    refused = client.post("/login/code/", {"code": app.at(NINE)})
    assert refused.status_code == 429
    assert "Too many tries" in refused.text
    # Nor is the password, which would not have forgiven them.
    assert with_password()[1].status_code == 429


def test_knowing_the_password_forgives_no_wrong_codes(factor, app):
    client, _answer = with_password()
    for _try in range(4):
        client.post("/login/code/", {"code": "000000"})
    other, _answer = with_password()
    assert other.post("/login/code/", {"code": "000000"}).status_code == 422
    assert other.post("/login/code/", {"code": app.at(NINE)}).status_code == 429


def test_five_minutes_after_the_password_it_is_asked_again(factor, app, time_machine):
    client, _answer = with_password(goal="/inbox/")
    later = NINE + timedelta(minutes=5)
    time_machine.move_to(later, tick=False)
    answer = client.post("/login/code/", {"code": app.at(later)})
    assert answer.url == "/login/?next=%2Finbox%2F&ended=1"
    assert client.get("/inbox/").status_code == 302


@pytest.mark.parametrize("change", ["password", "disabled", "deleted", "off"])
def test_what_changes_meanwhile_ends_the_half_sign_in(factor, app, uma, ada, change):
    client, _answer = with_password()
    match change:
        case "password":
            uma.set_password("another long password")
            uma.save()
        case "disabled":
            User.objects.filter(pk=uma.pk).update(is_active=False)
        case "deleted":
            uma.become_past(by=ada)
        case "off":
            uma.end_second_factor()
    assert client.post("/login/code/", {"code": app.at(NINE)}).url == "/login/?ended=1"
    assert client.get("/").status_code == 302


def test_the_code_page_is_nothing_without_the_password(factor, app):
    client = Client()
    assert client.get("/login/code/").url == "/login/"
    assert client.post("/login/code/", {"code": app.at(NINE)}).url == "/login/"
    assert not Session.objects.exists()


def test_it_is_turned_off_with_the_password(uma, factor, signed_in):
    client = signed_in(uma)
    assert client.post(PAGE, DELETE | {"password": "no"}).status_code == 422
    assert SecondFactor.objects.exists()
    assert client.post(PAGE, DELETE | {"password": PASSWORD}).url == PAGE
    assert with_password()[1].url == "/"
    assert not RecoveryCode.objects.exists()


def test_whoever_is_deleted_leaves_no_factor(uma, ada, factor):
    uma.become_past(by=ada)
    assert not SecondFactor.objects.exists()


def test_an_administrator_turns_it_off_for_whoever_lost_the_telephone(uma, ada, factor, signed_in):
    client = signed_in(ada)
    assert "On since March 2, 2026" in client.get(f"/admin/opsi/user/{uma.pk}/change/").text
    client.post("/admin/opsi/user/", {"action": "end_second_factors", "_selected_action": [uma.pk]})
    assert with_password()[1].url == "/"
    assert AuditEntry.objects.filter(row="opsi.secondfactor", act="deleted", actor=ada).count() == 1


def test_under_a_lost_key_only_recovery_codes_work(factor, app, settings, caplog):
    code, *_others = factor.renew_recovery_codes()
    settings.SECRET_KEY = "another key altogether"
    assert not factor.accepts(app.at(NINE))
    assert "saved under another OPSI_SECRET_KEY" in caplog.text
    assert factor.accepts(code)


class TestDemandedOfAdministrators:
    @pytest.fixture(autouse=True)
    def demanded(self, settings):
        settings.OPSI_TWO_STEP_ADMINS = True

    def test_by_password_alone_the_admin_leads_to_setting_it_up(self, ada, signed_in):
        client = signed_in(ada)
        for url in ("/admin/", f"/admin/opsi/user/{ada.pk}/change/"):
            assert client.get(url).url == PAGE
        assert client.post("/admin/opsi/customer/add/", {"name": "Acme"}).url == PAGE
        assert "Set it up to go on." in client.get(PAGE).text
        assert client.get("/tickets/").status_code == 200

    def test_with_the_first_code_it_opens(self, ada, signed_in):
        client = signed_in(ada)
        client.post(PAGE, {"password": PASSWORD})
        secret = re.search(r'two-step-key">([A-Z2-7 ]+)<', client.get(PAGE).text)[1].replace(" ", "")
        client.post(PAGE + "code/", {"code": pyotp.TOTP(secret).at(NINE)})
        assert client.get("/admin/").status_code == 200
        client.post(PAGE, DELETE | {"password": PASSWORD})
        assert client.get("/admin/").url == PAGE

    def test_others_are_refused_as_ever(self, uma, signed_in):
        assert signed_in(uma).get("/admin/").url.startswith("/admin/login/")

"""Single sign-on: who comes in, as whom, and who does not."""

import pytest
import requests
from django.conf import settings

from opsi.audit_entry import AuditEntry
from opsi.credentials import Identity, SecondFactor
from opsi.models import User
from opsi.secrets import encrypt
from opsi.single_sign_on import Claims
from tests.opsi.sso import CONNECTION, UMA, connecting, who
from tests.people import PASSWORD, person


def test_whoever_the_verified_address_names_is_known_by_the_subject_from_then_on(uma, come, provider):
    client, answer = come("u-1", goal="/inbox/", **UMA)
    assert (answer.status_code, answer.url, who(client)) == (302, "/inbox/", "uma")
    assert client.get("/inbox/").status_code == 200
    identity = Identity.objects.get()
    assert (identity.person, identity.issuer, identity.subject) == (uma, provider, "u-1")
    # The address may go to somebody else: it is not asked again.
    client, _answer = come("u-1", email="married@example.com", email_verified=True)
    assert who(client) == "uma"


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "uma@example.com"},
        {"email": "uma@example.com", "email_verified": False},
        {"email": "uma@example.com", "email_verified": "true"},
        {"email": "nobody@example.com", "email_verified": True},
        {"preferred_username": "uma"},
        {"email": ["uma@example.com"], "email_verified": True},
        {"email": "", "email_verified": True},
    ],
)
def test_an_address_that_is_not_verified_names_nobody(uma, come, claims):
    client, answer = come("u-2", **claims)
    assert (answer.status_code, who(client)) == (403, None)
    assert "You have no account here yet." in answer.text
    assert not Identity.objects.exists()


@pytest.mark.parametrize(
    ("token", "userinfo"),
    [
        ({"email": "uma@example.com"}, {"email": "own@example.com", "email_verified": True}),
        ({"email_verified": True}, {"email": "uma@example.com"}),
    ],
)
def test_what_verifies_one_address_verifies_no_other(configure, token, userinfo):
    """ID token and userinfo may each name one: each speaks of its own."""
    configure()
    issuer = settings.OPSI_OIDC.issuer
    token |= {"iss": issuer, "sub": "u-1", "nonce": "n"}
    claims = Claims.read({"id_token": token, "userinfo": userinfo}, "n")
    assert claims.verified_email in {"", "own@example.com"}


def test_an_address_alone_does_not_lead_around_a_second_step(uma, come):
    """Whoever turned it on connects themselves, with the password; else the address would be a way around it."""
    SecondFactor.objects.create(person=uma, secret_encrypted=encrypt("A" * 32))
    client, answer = come("u-1", **UMA)
    assert (answer.status_code, who(client)) == (403, None)
    assert "connect single sign-on in your preferences" in answer.text
    assert not Identity.objects.exists()
    Identity.objects.create(person=uma, issuer=settings.OPSI_OIDC.issuer, subject="u-1")
    assert who(come("u-1", **UMA)[0]) == "uma"


def test_an_address_that_two_people_have_names_neither(uma, vera, come):
    User.objects.filter(pk=vera.pk).update(email="UMA@example.com")
    client, answer = come("u-3", **UMA)
    assert (answer.status_code, who(client)) == (403, None)
    assert "It is not clear who you are here." in answer.text


def test_an_address_given_to_somebody_new_does_not_open_the_old_account(uma, come):
    come("u-1", **UMA)
    client, answer = come("u-99", **UMA)
    assert (answer.status_code, who(client)) == (403, None)


def test_who_is_disabled_or_deleted_does_not_come_in(uma, ada, come, configure):
    configure(NEW_PEOPLE="1")
    come("u-1", **UMA)
    User.objects.filter(pk=uma.pk).update(is_active=False)
    client, answer = come("u-1", **UMA)
    assert (answer.status_code, who(client)) == (403, None)
    assert "Your account here is not in use." in answer.text
    User.objects.filter(pk=uma.pk).update(is_active=True)
    uma.refresh_from_db()
    uma.become_past(by=ada)
    client, answer = come("u-1", preferred_username="uma2", **UMA)
    assert (answer.status_code, who(client)) == (403, None)
    assert User.objects.count() == 2


def test_who_is_disabled_is_not_linked_by_address_either(uma, come):
    User.objects.filter(pk=uma.pk).update(is_active=False)
    _client, answer = come("u-1", **UMA)
    assert answer.status_code == 403
    assert not Identity.objects.exists()


class TestConnecting:
    """For services that verify no address: who is signed in says who they are there."""

    def test_whoever_connects_signs_in_by_it_from_then_on(self, uma, come, signed_in):
        client, answer = come("u-1", client=signed_in(uma), begin=connecting)
        assert answer.url == "/preferences/two-step/"
        assert "You can sign in by single sign-on from now on." in client.get(answer.url).text
        client, _answer = come("u-1")
        assert who(client) == "uma"

    def test_it_asks_for_the_password(self, uma, come, signed_in):
        answer = signed_in(uma).post(CONNECTION, {"password": "guessed"})
        assert answer.status_code == 422
        assert "This is not your password." in answer.text

    def test_an_account_there_is_one_persons(self, uma, vera, come, signed_in):
        come("u-1", client=signed_in(uma), begin=connecting)
        client, answer = come("u-1", client=signed_in(vera), begin=connecting)
        assert (answer.status_code, who(client)) == (403, "vera")
        _client, answer = come("u-2", client=signed_in(uma), begin=connecting)
        assert answer.status_code == 403
        assert Identity.objects.get().person == uma

    def test_somebody_else_in_the_same_browser_is_not_connected(self, uma, vera, come, signed_in, provider):
        client = signed_in(uma)
        back = requests.post(connecting(client), data={"sub": "u-1"}, allow_redirects=False, timeout=5)
        client.force_login(vera)
        client.get(back.headers["Location"].removeprefix("http://testserver"))
        assert not Identity.objects.exists()

    def test_it_is_taken_away_with_the_password(self, uma, come, signed_in):
        client, _answer = come("u-1", client=signed_in(uma), begin=connecting)
        assert "Connected since" in client.get("/preferences/two-step/").text
        assert client.post(CONNECTION, {"_method": "delete", "password": "no"}).status_code == 422
        client.post(CONNECTION, {"_method": "delete", "password": PASSWORD})
        assert come("u-1")[1].status_code == 403
        assert [entry.act for entry in AuditEntry.objects.filter(row="opsi.identity").order_by("pk")] == [
            "added",
            "deleted",
        ]


class TestNewPeople:
    @pytest.fixture(autouse=True)
    def welcome(self, configure, come):
        configure(NEW_PEOPLE="1")

    def test_they_become_a_requester_without_a_password(self, come, db):
        client, _answer = come(
            "n-1", preferred_username="nori", name="海苔 のり", email="nori@example.com", email_verified=True
        )
        nori = User.objects.get()
        assert (who(client), nori.full_name, nori.email, str(nori.kind)) == (
            "nori",
            "海苔 のり",
            "nori@example.com",
            "requester",
        )
        assert not nori.has_usable_password()
        assert "single sign-on, which decides" in client.get("/preferences/two-step/").text

    def test_an_address_that_is_not_verified_is_not_taken_down(self, come, db):
        come("n-1", preferred_username="nori", email="boss@example.com")
        assert User.objects.get().email == ""

    def test_a_login_that_somebody_has_is_not_theirs(self, uma, come):
        client, answer = come("n-1", preferred_username="UMA", email="other@example.com", email_verified=True)
        assert (answer.status_code, who(client)) == (403, None)

    @pytest.mark.parametrize("claims", [{"preferred_username": "uma"}, {"preferred_username": "x", **UMA}])
    def test_about_who_existed_in_the_past_an_administrator_decides(self, uma, ada, come, claims):
        uma.become_past(by=ada)
        client, answer = come("n-1", **claims)
        assert (answer.status_code, who(client)) == (403, None)
        assert "Somebody has or had your login or e-mail address here." in answer.text

    def test_a_name_is_one_line_and_a_login_one_way_of_writing_it(self, come, db):
        come("n-1", preferred_username="ｎｏｒｉ", name=" Nori\r\nBcc: all@example.com\u202e ")
        nori = User.objects.get()
        assert (nori.username, nori.full_name) == ("nori", "Nori Bcc: all@example.com")

    @pytest.mark.parametrize("login", ["no spaces please", "x" * 101, "~", "", None])
    def test_a_login_that_cannot_be_one_makes_nobody(self, come, login, db):
        client, answer = come("n-1", preferred_username=login)
        assert (answer.status_code, who(client)) == (403, None)
        assert not User.objects.exists()


def test_an_administrator_makes_it_forget_somebody(uma, ada, come, signed_in):
    theirs, _answer = come("u-1", **UMA)
    client = signed_in(ada)
    assert "u-1 (http://localhost" in client.get(f"/admin/opsi/user/{uma.pk}/change/").text
    client.post("/admin/opsi/user/", {"action": "end_identities", "_selected_action": [uma.pk]})
    assert not Identity.objects.exists()
    assert theirs.get("/inbox/").status_code == 302


def test_whoever_comes_back_after_deletion_is_found_once_an_administrator_forgot_the_past_one(
    uma, ada, come, signed_in
):
    come("u-1", **UMA)
    uma.become_past(by=ada)
    uma.make_room()
    again = person("uma", "Uma Ogawa")
    assert come("u-1", **UMA)[1].status_code == 403
    client = signed_in(ada)
    assert "u-1 (http://localhost" in client.get(f"/admin/opsi/user/{uma.pk}/change/").text
    client.post(
        "/admin/opsi/user/?existence=past", {"action": "end_identities", "_selected_action": [uma.pk]}
    )
    come("u-1", **UMA)
    assert Identity.objects.get().person == again

"""Single sign-on: the way out and back, what is not believed, and the session it makes."""

import re

import pytest
import requests
from django.test import Client

from opsi.models import User
from opsi.variables import BadSetting
from tests.opsi.sso import CALLBACK, UMA, way_out, who
from tests.people import PASSWORD


def test_the_way_out_carries_state_and_a_proof_key(uma, configure):
    configure()
    url = way_out(Client())
    assert "code_challenge_method=S256" in url
    assert "state=" in url
    assert "nonce=" in url
    assert "redirect_uri=http%3A%2F%2Ftestserver%2Flogin%2Fsso%2Fcallback%2F" in url


class TestTheProtocol:
    def test_whoever_breaks_it_off_is_told_so(self, uma, come):
        client, answer = come("u-1", deny=True, **UMA)
        assert (answer.status_code, who(client)) == (403, None)
        assert "You did not sign in at the single sign-on service." in answer.text

    def test_an_answer_that_this_browser_did_not_ask_for_signs_nobody_in(self, uma, come, provider):
        theirs = Client()
        back = requests.post(way_out(theirs), data={"sub": "u-1"}, allow_redirects=False, timeout=5)
        back = back.headers["Location"].removeprefix("http://testserver")
        victim = Client()
        assert victim.get(back).status_code == 403
        assert who(victim) is None

    def test_an_answer_works_once(self, uma, come):
        client, answer = come("u-1", **UMA)
        again = client.get(answer.wsgi_request.get_full_path())
        assert again.status_code == 403

    @pytest.mark.parametrize(
        "query", ["", "?state=x", "?code=x", "?error=access_denied", "?state=%00&code=%00"]
    )
    def test_nonsense_is_refused(self, come, query, db):
        answer = Client().get(CALLBACK + query)
        assert answer.status_code == 403
        assert "no-store" in answer["Cache-Control"]

    def test_a_code_that_the_service_does_not_know_is_refused(self, uma, come):
        client = Client()
        state = re.search(r"state=([^&]+)", way_out(client))[1]
        assert client.get(f"{CALLBACK}?state={state}&code=forged").status_code == 403
        assert who(client) is None

    def test_another_issuer_than_ours_is_not_believed(self, uma, come, configure, provider, settings):
        client = Client()
        there = way_out(client)
        back = requests.post(there, data={"sub": "u-1"}, allow_redirects=False, timeout=5).headers["Location"]
        configure(ISSUER="http://localhost:1")
        settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = provider
        assert client.get(back.removeprefix("http://testserver")).status_code == 403
        assert who(client) is None

    def test_an_id_token_of_another_sign_in_is_not_believed(self, uma, come, provider):
        """A code that was caught and put into somebody else's sign-in brings a token made for the other's nonce."""
        client = Client()
        there = re.sub(r"nonce=[^&]+", "nonce=anothers", way_out(client))
        back = requests.post(there, data={"sub": "u-1"}, allow_redirects=False, timeout=5).headers["Location"]
        assert client.get(back.removeprefix("http://testserver")).status_code == 403
        assert who(client) is None

    def test_a_service_out_of_reach_is_said_in_words(self, configure, db):
        configure(ISSUER="http://localhost:1")
        answer = Client().post("/login/sso/")
        assert answer.status_code == 502
        assert "cannot be reached" in answer.text

    def test_it_leads_nowhere_else_afterwards(self, uma, come):
        _client, answer = come("u-1", goal="https://evil.example/", **UMA)
        assert answer.url == "/"


def test_the_session_key_changes(uma, come):
    client = Client()
    way_out(client)
    before = client.session.session_key
    come("u-1", client=client, **UMA)
    assert client.session.session_key != before


def test_it_counts_as_more_than_a_password(ada, come, settings):
    settings.OPSI_TWO_STEP_ADMINS = True
    client, _answer = come("a-1", email="ada@example.com", email_verified=True)
    assert client.get("/admin/").status_code == 200


def test_the_sign_in_page_offers_it_only_where_it_is_set_up(db, configure):
    assert "Kite" not in Client().get("/login/").text
    assert Client().post("/login/sso/").status_code == 404
    assert Client().get(CALLBACK).status_code == 404
    configure()
    assert "Sign in with Kite" in Client().get("/login/?next=/inbox/").text


@pytest.mark.parametrize(
    "variables",
    [
        {"ISSUER": "http://login.example.com"},
        {"ISSUER": "login.example.com"},
        {"CLIENT_ID": ""},
        {"CLIENT_SECRET": ""},
        {"NEW_PEOPLE": "maybe"},
        {"ROLES": "desk=root"},
        {"ROLES": "desk"},
        {"CUSTOMERS": "=Acme"},
    ],
)
def test_a_wrong_variable_stops_the_start_with_one_sentence(configure, variables):
    with pytest.raises(BadSetting, match=r"^OPSI_OIDC_\w+ .*\.$"):
        configure(**variables)


def test_a_password_alone_is_not_made_more_by_what_the_session_was(ada, come, settings):
    """Out of use and in use again, in the same browser."""
    settings.OPSI_TWO_STEP_ADMINS = True
    client, _answer = come("a-1", email="ada@example.com", email_verified=True)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert client.get("/inbox/").status_code == 302
    User.objects.filter(pk=ada.pk).update(is_active=True)
    session = client.session
    session["_auth_user_backend"] = "gone"
    session.save()
    client.post("/login/", {"username": "ada", "password": PASSWORD})
    assert who(client) == "ada"
    assert client.get("/admin/").url == "/preferences/two-step/"

"""Single sign-on in tests: a real OpenID Connect provider on loopback, and the way of somebody through it."""

import re
from html import unescape

import oidc_provider_mock
import pytest
import requests
from django.test import Client

from opsi.environment import Environment
from opsi.models import User
from opsi.oidc_settings import OpenIDConnect
from tests.people import PASSWORD

CALLBACK = "/login/sso/callback/"
CONNECTION = "/preferences/single-sign-on/"


@pytest.fixture(scope="module")
def provider():
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def configure(provider, settings):
    """`configure(ROLE_CLAIM="roles", …)`: single sign-on by these OPSI_OIDC_ variables."""

    def set_up(**variables):
        given = {
            "ISSUER": provider,
            "CLIENT_ID": "opsi",
            "CLIENT_SECRET": "sesame",
            "NAME": "Kite",
        } | variables
        env = Environment({f"OPSI_OIDC_{name}": value for name, value in given.items()})
        settings.OPSI_OIDC = OpenIDConnect.read(env)
        settings.SOCIALACCOUNT_PROVIDERS = settings.OPSI_OIDC.as_allauth()

    return set_up


@pytest.fixture
def come(provider, configure):
    """`come("u-1", email=…)`: the way of somebody with these claims through the provider: their client, its answer."""
    configure()

    def through(subject, client=None, goal="", deny=False, begin=None, **claims):
        claims = {name: value for name, value in claims.items() if value is not None}
        requests.put(f"{provider}/users/{subject}", json=claims, timeout=5).raise_for_status()
        client = client or Client()
        there = (begin or way_out)(client, goal)
        form = {"action": "deny"} if deny else {"sub": subject}
        back = requests.post(there, data=form, allow_redirects=False, timeout=5).headers["Location"]
        assert back.startswith(f"http://testserver{CALLBACK}?")
        return client, client.get(back.removeprefix("http://testserver"))

    return through


def way_out(client, goal=""):
    """Where the page after [Sign in with Kite] leads."""
    return led_to(client.post("/login/sso/", {"next": goal}))


def connecting(client, goal=""):
    """Where the page after [Connect] in the preferences leads."""
    return led_to(client.post(CONNECTION, {"password": PASSWORD}))


def led_to(page):
    assert page.status_code == 200
    return unescape(re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)[1])


def who(client):
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk).username if pk else None


UMA = {"email": "uma@example.com", "email_verified": True}

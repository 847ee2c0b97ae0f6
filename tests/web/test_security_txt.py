"""/.well-known/security.txt: whom to tell of a vulnerability of this installation (RFC 9116)."""

import datetime

import pytest

from tests.waiting import START

pytestmark = pytest.mark.usefixtures("clock")

ADDRESS = "/.well-known/security.txt"


@pytest.fixture
def told(settings):
    settings.OPSI_SECURITY_CONTACT = "mailto:security@example.com"
    settings.OPSI_BASE_URL = "https://tickets.example.com"


def lines(answer):
    return dict(line.split(": ", 1) for line in answer.content.decode().splitlines())


@pytest.mark.usefixtures("told")
class TestWhereSomebodyIsNamed:
    def test_it_answers_to_everybody(self, client):
        answer = client.get(ADDRESS)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert lines(answer)["Contact"] == "mailto:security@example.com"
        assert lines(answer)["Canonical"] == f"https://tickets.example.com{ADDRESS}"

    def test_it_never_runs_out(self, client, clock):
        for days in (0, 400):
            clock.move_to(START + datetime.timedelta(days=days), tick=False)
            left = datetime.datetime.fromisoformat(lines(client.get(ADDRESS))["Expires"]) - START
            assert left == datetime.timedelta(days=days + 30)

    def test_nothing_is_sent_there(self, client):
        assert client.post(ADDRESS).status_code == 405


@pytest.mark.django_db
def test_where_nobody_is_named_there_is_no_such_page(client, settings):
    settings.OPSI_SECURITY_CONTACT = ""
    assert client.get(ADDRESS).status_code == 404

"""What /readyz says of worker, events and mail: whoever stands at the machine need not sign in to see it."""

import pytest
from django.utils import timezone

from notifications.choices import MailState
from notifications.models import Mail, Outbox, WorkerSign, worker
from tests.waiting import START, minutes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture(autouse=True)
def heard(monkeypatch):
    monkeypatch.setattr(worker, "_said_at", None)
    WorkerSign.give(START)


def said(client):
    """{part: what is said of it}."""
    response = client.get("/readyz")
    assert response.status_code == 200, "visitors are sent away only for what they would not find elsewhere"
    return dict(line.split(": ", 1) for line in response.text.splitlines())


def test_where_all_is_well(client):
    told = said(client)
    assert (told["worker"], told["events"], told["mail"]) == ("ok", "ok", "ok")


def test_a_worker_that_is_silent_for_a_minute_is_told(client, clock):
    clock.shift(minutes(60 / 60))
    assert said(client)["worker"] == "ok"
    clock.shift(minutes(1 / 60))
    assert said(client)["worker"] == (
        "not heard of for 61 s (do a worker and beat run? nobody is told of anything meanwhile)"
    )


def test_a_worker_that_was_never_there(client):
    WorkerSign.objects.all().delete()
    assert (
        said(client)["worker"]
        == "never heard of (start a worker and beat: nobody is told of anything meanwhile)"
    )


def test_the_oldest_event_that_waits(client, ticket, mika, clock):
    Outbox.objects.all().delete()  # of its registration
    ticket.note("Looked at it.", by=mika)
    clock.shift(minutes(2))
    ticket.note("And again.", by=mika)
    assert said(client)["events"] == "ok (2 waiting, the oldest for 120 s)"
    clock.shift(minutes(9))
    assert said(client)["events"] == (
        "late, 2 waiting, the oldest for 660 s (see Notification health in the admin)"
    )
    Outbox.objects.update(state="failed")
    assert said(client)["events"] == "2 given up (see the dispatch queue in the admin)"


def test_the_mail_that_should_have_left_first(client, clock):
    def mail(**fields):
        Mail.objects.create(address=f"{Mail.objects.count()}@example.com", **fields)

    mail(state=MailState.OPEN, closes_at=START + minutes(60))
    assert said(client)["mail"] == "ok"
    mail(state=MailState.DUE, closes_at=timezone.now() - minutes(30 / 60))
    mail(state=MailState.DUE, closes_at=timezone.now())
    assert said(client)["mail"] == "ok (2 waiting, the oldest for 30 s)"
    clock.shift(minutes(10))
    assert (
        said(client)["mail"] == "late, 2 waiting, the oldest for 630 s (see Notification health in the admin)"
    )

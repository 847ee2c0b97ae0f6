"""What Prometheus reads at /metrics."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from notifications import tasks
from notifications.choices import MailState
from notifications.models import Mail, Outbox, WorkerSign, worker
from opsi import __version__
from tests.waiting import START, minutes
from watchers.models import Watcher

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

TOKEN = "a-token-as-long-as-it-must-be"


@pytest.fixture(autouse=True)
def token(settings, monkeypatch):
    settings.OPSI_METRICS_TOKEN = TOKEN
    monkeypatch.setattr(worker, "_said_at", None)


@pytest.fixture
def calm(ticket):
    """The ticket, of which nothing waits to be told."""
    Outbox.objects.all().delete()
    return ticket


def read(client):
    """{name or (name, label's value): number}."""
    response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()) if sample.labels else sample.name: sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


@pytest.mark.parametrize("given", [None, "", "Bearer ", "Bearer another-token-of-that-length", TOKEN])
def test_nobody_reads_it_without_the_token(client, given):
    headers = {} if given is None else {"Authorization": given}
    assert client.get("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize("given", ["Bearer ", "Bearer"])
def test_where_no_token_is_set_there_is_no_such_page(client, settings, given):
    settings.OPSI_METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": given}).status_code == 404


def test_who_asks_beside_the_proxy_does_so_by_a_name_that_is_allowed(client, settings):
    settings.ALLOWED_HOSTS = ["tickets.example.com"]
    headers = {"Authorization": f"Bearer {TOKEN}", "Host": "127.0.0.1:8000"}
    assert client.get("/metrics", headers=headers).status_code == 400
    settings.ALLOWED_HOSTS = ["tickets.example.com", "127.0.0.1"]
    assert client.get("/metrics", headers=headers).status_code == 200


def test_of_a_new_installation(client):
    found = read(client)
    assert "opsi_worker_heard_seconds" not in found
    assert found["opsi_info", __version__] == 1
    assert found["opsi_events", "waiting"] == 0
    assert found["opsi_event_oldest_seconds"] == 0
    assert found["opsi_mails", "due"] == 0
    assert found["opsi_mails_last_hour", "sent"] == 0
    assert ("opsi_dispatch_seconds_last_5_minutes", "mean") not in found


def test_what_waits_and_how_long(client, calm, mika, clock):
    WorkerSign.give(START)
    Mail.objects.create(address="a@example.com", state=MailState.DUE, closes_at=START - minutes(1))
    Mail.objects.create(
        address="b@example.com", state=MailState.DUE, closes_at=START + minutes(9), attempts=1
    )
    Mail.objects.create(address="c@example.com", state=MailState.OPEN, closes_at=START + minutes(9))
    calm.note("Looked at it.", by=mika)
    clock.shift(minutes(40 / 60))
    found = read(client)
    assert found["opsi_worker_heard_seconds"] == 40
    assert found["opsi_events", "waiting"] == 1
    assert found["opsi_event_oldest_seconds"] == 40
    assert [found["opsi_mails", state] for state in ("collecting", "held", "due", "retrying", "sending")] == [
        1, 0, 1, 1, 0,
    ]  # fmt: skip
    assert found["opsi_mail_overdue_seconds"] == 100


def test_how_long_it_took_until_people_were_told(client, calm, uma, mika, clock):
    Watcher.objects.watch(calm, uma, by=uma)
    Outbox.objects.all().delete()
    calm.note("Looked at it.", by=mika)
    clock.shift(minutes(2 / 60))
    tasks.dispatch_waiting()
    calm.note("Looked again.", by=mika)
    clock.shift(minutes(6 / 60))
    tasks.dispatch_waiting()
    found = read(client)
    assert found["opsi_events_dispatched_last_5_minutes"] == 2
    assert found["opsi_dispatch_seconds_last_5_minutes", "mean"] == 4
    assert found["opsi_dispatch_seconds_last_5_minutes", "max"] == 6
    assert found["opsi_notices_last_hour"] == 2
    clock.shift(minutes(6))
    assert read(client)["opsi_events_dispatched_last_5_minutes"] == 0


def test_what_became_of_mail(client):
    ends = (MailState.SENT, MailState.DELIVERED, MailState.FAILED, MailState.BOUNCED, MailState.COMPLAINED)
    for number, state in enumerate(ends):
        Mail.objects.create(
            address=f"{number}@example.com", state=state, closes_at=START, finished_at=START - minutes(5)
        )
    Mail.objects.create(
        address="b@example.com", state=MailState.SENT, closes_at=START, finished_at=START - minutes(61)
    )
    found = read(client)
    # What came back had been accepted before.
    assert found["opsi_mails_last_hour", "sent"] == 4
    assert found["opsi_mails_last_hour", "failed"] == 1
    assert found["opsi_mails_last_hour", "came_back"] == 2


def test_it_asks_six_times_however_much_there_is(client, ticket, mika, django_assert_num_queries):
    ticket.note("Looked at it.", by=mika)
    with django_assert_num_queries(6):
        read(client)

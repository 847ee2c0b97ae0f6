"""One id leads through the log from a request to the mail it caused (opsi/logs.py, docs/operations.md)."""

import io
import json
import logging
import uuid

import pytest

from notifications.mailing import send_due
from notifications.models import Mail, Outbox
from opsi.logs import ConsoleFormatter, JsonFormatter
from tests.sweeping import sweep
from tests.waiting import minutes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def log(monkeypatch):
    """`log()`: the lines that the process's own handler wrote as JSON since it was last asked."""
    [handler] = [one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler]
    written = io.StringIO()
    monkeypatch.setattr(handler, "stream", written)
    monkeypatch.setattr(handler, "formatter", JsonFormatter())

    def lines():
        found = [json.loads(line) for line in written.getvalue().splitlines()]
        written.seek(0)
        written.truncate()
        return found

    return lines


@pytest.fixture
def note(ticket, uma, mika, signed_in):
    """`note(**headers)`: mika writes a note on uma's ticket through the page; returns the answer."""
    sweep()
    Outbox.objects.all().delete()
    Mail.objects.all().delete()
    client = signed_in(mika)
    return lambda **headers: client.post(
        f"/tickets/{ticket.number}/articles/", {"kind": "note", "body": "The relay is out."}, headers=headers
    )


def lines_about(operation, lines):
    return [line for line in lines if str(operation) in line.get("operations", ())]


def test_the_operation_leads_from_the_request_over_its_dispatch_to_each_mail(note, log, clock, mail_host):
    """The guards: `about_operation` around an operation and around its dispatch, `Result.about` around a delivery."""
    answer = note(**{"X-Request-ID": "edge-2026-0001"})
    operation = Outbox.objects.get().pk
    [request] = lines_about(operation, log())
    assert (request["logger"], request["message"]) == (
        "opsi.request_log",
        "POST /tickets/<slug:number>/articles/ 302",
    )
    assert request["request_id"] == answer["X-Request-ID"] == "edge-2026-0001"
    sweep()
    clock.shift(minutes(11))
    send_due()
    found = lines_about(operation, log())
    assert "notifications.dispatch" in [line["logger"] for line in found]
    mails = [line for line in found if line["logger"] == "notifications.outcomes"]
    assert len(mails) == len(mail_host.mails) > 0
    assert all(line["mail"] for line in mails)


def test_a_combined_mail_names_every_operation_it_tells_of(note, log, clock, mail_host):
    note()
    note()
    first, second = Outbox.objects.values_list("pk", flat=True)
    sweep()
    clock.shift(minutes(11))
    send_due()
    lines = log()
    assert lines_about(first, lines)[-1] == lines_about(second, lines)[-1]


def test_a_mail_that_is_refused_says_of_which_operation(note, log, clock, mail_host):
    mail_host.answers["uma@example.com"] = "550 5.1.1 no such mailbox"
    note()
    operation = Outbox.objects.get().pk
    sweep()
    clock.shift(minutes(11))
    send_due()
    given_up = [line["message"] for line in lines_about(operation, log()) if line["level"] == "ERROR"]
    assert len(given_up) == 1
    assert "550" in given_up[0]


@pytest.mark.parametrize(
    "given", ["short", "x" * 129, "with blank in it", "a\tb-tab-tab", "naïve-identifier", "<script>12345"]
)
def test_an_id_that_is_not_sane_is_replaced(client, given):
    """The guard: RequestLogMiddleware's SANE."""
    made = client.get("/login/", headers={"X-Request-ID": given})["X-Request-ID"]
    assert made != given
    assert uuid.UUID(made)


def test_who_sent_no_id_gets_none(client):
    """Or an unknown ticket and a forbidden one would not answer alike."""
    assert "X-Request-ID" not in client.get("/login/").headers


def test_what_only_asks_is_no_line_and_what_changes_is_one_without_tokens(client, log):
    client.get("/login/")
    client.post("/unsubscribe/a-secret-token/")
    lines = [line for line in log() if line["logger"] == "opsi.request_log"]
    assert [line["message"].partition(" ")[0] for line in lines] == ["POST"]
    assert "a-secret-token" not in json.dumps(lines)


def test_in_plain_text_the_ids_stand_behind_the_message():
    record = logging.LogRecord("opsi", logging.INFO, __file__, 1, "Done", (), None)
    assert ConsoleFormatter().format(record).endswith("INFO opsi: Done")
    record.request_id, record.operations = "edge-1", ["one", "two"]
    assert ConsoleFormatter().format(record).endswith("INFO opsi: Done [edge-1 one two]")

"""Changing a ticket's fields, one page a field."""

import datetime

import pytest
from django.utils import timezone

from opsi.models import Group
from tickets.choices import State
from tickets.forms.fields import FIELDS
from tickets.models import Queue, Service, Sla, Ticket


def url(ticket, field):
    return f"/tickets/{ticket.number}/fields/{field}/"


def change(client, ticket, field, **values):
    return client.post(url(ticket, field), {"version": ticket.version, **values})


def events(ticket):
    return [(event.name, event.old, event.new) for event in ticket.events.order_by("id")[1:]]


def named(row):
    return {"id": row.pk, "name": str(row)}


def test_uma_changes_every_field(ticket, uma, aiko, mika, acme, borealis, bo, signed_in):
    group = Group.objects.create(name="Network", slug="network")
    service, sla = Service.objects.create(name="Mail"), Sla.objects.create(name="Gold")
    queue = Queue.objects.create(name="Second level")
    queue.grant_shipped()
    client = signed_in(uma)
    for field, values, expected in (
        ("title", {"title": "  Mail   is stuck "},
         ("TicketTitleUpdate", "Mail stops at the gateway", "Mail is stuck")),
        ("state", {"state": "in_progress"}, ("TicketStateUpdate", "new", "in_progress")),
        ("priority", {"priority": "very_high"}, ("TicketPriorityUpdate", "medium", "very_high")),
        ("type", {"type": "incident"}, ("TicketTypeUpdate", "request", "incident")),
        ("owner", {"owner": aiko.pk}, ("TicketOwnerUpdate", named(uma), named(aiko))),
        ("responsible", {"responsible": mika.pk}, ("TicketResponsibleUpdate", None, named(mika))),
        ("assignment-group", {"assignment_group": group.pk}, ("TicketAssignmentGroupUpdate", None, named(group))),
        ("service", {"service": service.pk}, ("TicketServiceUpdate", None, named(service))),
        ("sla", {"sla": sla.pk}, ("TicketSLAUpdate", None, named(sla))),
        ("queue", {"queue": queue.pk}, ("TicketQueueUpdate", named(ticket.queue), named(queue))),
        ("customer", {"customer": borealis.pk, "customer_user": "bo"},
         ("TicketCustomerUpdate", named(acme), named(borealis))),
        ("lock", {"lock": "on"}, ("TicketLockUpdate", False, True)),
    ):  # fmt: skip
        assert client.get(url(ticket, field)).status_code == 200
        answer = change(client, ticket, field, **values)
        assert (answer.status_code, answer.url) == (302, f"/tickets/{ticket.number}/"), field
        assert events(ticket)[-1] == expected
        ticket.refresh_from_db()
    assert ticket.customer_user == bo
    assert len(events(ticket)) == 12


def test_the_reader_is_told_what_changed(ticket, uma, signed_in):
    client = signed_in(uma)
    change(client, ticket, "state", state="in_progress")
    assert "State changed: New → In progress" in client.get(f"/tickets/{ticket.number}/").text


def test_pending_takes_the_time_in_the_readers_zone(ticket, aiko, signed_in):
    until = timezone.now().replace(hour=3, minute=0, second=0, microsecond=0) + datetime.timedelta(days=2)
    tokyo = f"{until + datetime.timedelta(hours=9):%Y-%m-%dT%H:%M}"
    assert change(signed_in(aiko), ticket, "pending", pending_until=tokyo).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.state, ticket.pending_until) == (State.PENDING, until)
    assert len({event.operation for event in ticket.events.all()}) == 2


@pytest.mark.parametrize(
    "until",
    ["2001-01-01T10:00", "9999-12-31T23:59", "0001-01-01T00:00", "2030-13-01T00:00", "tomorrow", "2026-02-30T10:00",
     "\x00", "１２３"],
)  # fmt: skip
@pytest.mark.parametrize(("field", "more"), [("pending", {}), ("state", {"state": "pending"})])
def test_a_time_that_cannot_be_is_told(ticket, aiko, signed_in, field, more, until):
    answer = change(signed_in(aiko), ticket, field, pending_until=until, **more)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["pending_until"])
    assert events(ticket) == []


def test_a_time_left_over_disturbs_no_other_state(ticket, uma, signed_in):
    assert (
        change(signed_in(uma), ticket, "state", state="open", pending_until="2001-01-01T10:00").status_code
        == 302
    )


@pytest.mark.parametrize(
    ("field", "values", "wrong"),
    [("title", {"title": "  "}, "title"), ("title", {"title": "x" * 251}, "title"),
     ("state", {"state": "asleep"}, "state"),
     ("state", {}, "state"), ("priority", {"priority": "1"}, "priority"), ("type", {"type": "\x00"}, "type"),
     ("owner", {"owner": "99999999999999999999"}, "owner"), ("queue", {"queue": ""}, "queue"),
     ("queue", {"queue": "x"}, "queue"), ("service", {"service": "-5"}, "service"), ("sla", {"sla": "1.5"}, "sla"),
     ("assignment-group", {"assignment_group": "no"}, "assignment_group"), ("customer", {"customer": "no"}, "customer"),
     ("customer", {"customer_user": "uma"}, "customer_user"), ("lock", {"lock": "maybe"}, "lock")],
)  # fmt: skip
def test_a_bad_value_is_told_beside_its_field(ticket, uma, signed_in, field, values, wrong):
    answer = change(signed_in(uma), ticket, field, **values)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [wrong])
    assert events(ticket) == []


@pytest.mark.parametrize("login", ["vera", "cora", "bo", "ray"])
def test_who_cannot_work_cannot_own(ticket, everyone, signed_in, login):
    answer = change(signed_in(everyone["uma"]), ticket, "owner", owner=everyone[login].pk)
    assert answer.status_code == 422
    assert events(ticket) == []


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    ("login", "status"), [("vera", 403), ("carl", 403), ("cora", 403), ("bo", 404), ("ray", 404)]
)
def test_forged_changes_are_refused(ticket, everyone, signed_in, login, status, field):
    client = signed_in(everyone[login])
    values = {"title": "x", "state": "closed", "priority": "high", "type": "rfc", "lock": "on"}
    assert client.get(url(ticket, field)).status_code == status
    assert change(client, ticket, field, **values).status_code == status
    assert events(ticket) == []


def test_even_a_watching_viewer_or_owner_by_old_right_changes_nothing(ticket, vera, signed_in):
    Ticket.objects.filter(pk=ticket.pk).update(owner=vera, responsible=vera)
    assert change(signed_in(vera), ticket, "state", state="closed").status_code == 403


def test_two_people_at_once_and_nothing_typed_is_lost(ticket, uma, aiko, signed_in):
    seen = ticket.version
    ticket.change_priority("high", by=aiko)
    answer = signed_in(uma).post(url(ticket, "title"), {"version": seen, "title": "My better title"})
    assert answer.status_code == 409
    text = answer.text
    assert "佐藤 愛子" in text
    assert "Medium → High" in text
    assert 'value="My better title"' in text
    assert [name for name, *_ in events(ticket)] == ["TicketPriorityUpdate"]
    again = {"version": answer.context["form"].data["version"], "title": "My better title"}
    assert signed_in(uma).post(url(ticket, "title"), again).status_code == 302
    ticket.refresh_from_db()
    assert ticket.title == "My better title"


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999999999"])
def test_without_a_true_version_nothing_changes(ticket, uma, signed_in, version):
    answer = signed_in(uma).post(url(ticket, "title"), {"version": version, "title": "New"})
    assert answer.status_code == 422
    assert events(ticket) == []


def test_a_version_from_the_future_is_stale_too(ticket, uma, signed_in):
    answer = signed_in(uma).post(url(ticket, "title"), {"version": 7, "title": "New"})
    assert answer.status_code == 409
    assert events(ticket) == []


def test_changing_nothing_writes_nothing(ticket, uma, signed_in):
    assert change(signed_in(uma), ticket, "priority", priority="medium").status_code == 302
    assert events(ticket) == []


def test_only_queues_one_may_read_are_offered(ticket, uma, signed_in):
    hidden = Queue.objects.create(name="Backstage")
    closed = Queue.objects.create(name="Gone", is_active=False)
    closed.grant_shipped()
    client = signed_in(uma)
    assert "Backstage" not in client.get(url(ticket, "queue")).text
    for queue in (hidden, closed):
        assert change(client, ticket, "queue", queue=queue.pk).status_code == 422


def test_what_is_out_of_use_stays_while_it_is_chosen(ticket, uma, signed_in):
    service = Service.objects.create(name="Fax", is_active=False)
    Ticket.objects.filter(pk=ticket.pk).update(service=service)
    assert f'<option value="{service.pk}" selected>Fax' in signed_in(uma).get(url(ticket, "service")).text


def test_who_hands_a_ticket_on_out_of_sight_lands_on_the_list(ticket, uma, aiko, signed_in):
    ticket.queue.grants.all().delete()
    assert change(signed_in(uma), ticket, "owner", owner=aiko.pk).url == "/tickets/"


def test_the_dialog_gets_the_form_alone_and_renews_the_page_below(ticket, uma, signed_in):
    client, htmx = signed_in(uma), {"HX-Request": "true"}
    part = client.get(url(ticket, "state"), headers=htmx)
    assert "<html" not in part.text
    assert 'id="dialog-title"' in part.text
    wrong = client.post(url(ticket, "state"), {"version": ticket.version, "state": "x"}, headers=htmx)
    assert (wrong.status_code, "<html" in wrong.text) == (422, False)
    done = client.post(url(ticket, "state"), {"version": ticket.version, "state": "open"}, headers=htmx)
    assert done.headers["HX-Refresh"] == "true"


def test_an_unknown_field_is_not_there(ticket, uma, signed_in):
    assert signed_in(uma).get(url(ticket, "number")).status_code == 404
    assert signed_in(uma).delete(url(ticket, "title")).status_code == 405

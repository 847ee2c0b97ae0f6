"""Registering a ticket (contract: `/tickets/new/`)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tickets.models import Attachment, Service, Ticket
from tickets.steps import _steps


@pytest.fixture
def filled(service_desk):
    """What a browser sends of a form filled in as far as it must be."""
    return {
        "title": "Printer is on fire",
        "type": "incident",
        "queue": service_desk.pk,
        "priority": "high",
        "body": "It began this morning.",
    }


def test_uma_registers_a_ticket_with_all_its_fields(filled, uma, aiko, mika, cora, acme, signed_in):
    service = Service.objects.create(name="Printing")
    answer = signed_in(uma).post(
        "/tickets/new/",
        filled
        | {"customer_user": "CORA", "owner": aiko.pk, "responsible": mika.pk, "service": service.pk,
           "visible_for_customer": "on"},
    )  # fmt: skip
    ticket = Ticket.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/tickets/{ticket.number}/")
    assert (ticket.title, ticket.type, ticket.priority) == ("Printer is on fire", "incident", "high")
    assert (ticket.customer, ticket.customer_user) == (acme, cora)
    assert (ticket.owner, ticket.responsible, ticket.service) == (aiko, mika, service)
    article = ticket.articles.get()
    assert (article.body, article.visible_for_customer, article.author) == (
        "It began this morning.",
        True,
        uma,
    )
    assert [event.name for event in ticket.events.all()] == ["TicketCreate"]


def test_a_ticket_whose_first_article_is_internal(filled, uma, cora, signed_in):
    signed_in(uma).post("/tickets/new/", filled | {"customer_user": "cora"})
    assert not Ticket.objects.get().articles.get().visible_for_customer


@pytest.mark.parametrize("login", ["carl", "cora", "bo"])
def test_a_customer_user_registers_for_their_customer(filled, everyone, signed_in, login):
    person = everyone[login]
    answer = signed_in(person).post("/tickets/new/", filled)
    ticket = Ticket.objects.get()
    assert answer.url == f"/tickets/{ticket.number}/"
    assert (ticket.customer, ticket.customer_user, ticket.created_by) == (person.customer, person, person)
    assert ticket.articles.get().visible_for_customer


def test_a_requester_registers_for_themselves(filled, ray, signed_in):
    signed_in(ray).post("/tickets/new/", filled)
    ticket = Ticket.objects.get()
    assert (ticket.customer, ticket.created_by) == (None, ray)


@pytest.mark.parametrize("login", ["carl", "cora", "ray"])
def test_forged_agent_fields_are_nothing_to_others(filled, everyone, borealis, uma, signed_in, login):
    signed_in(everyone[login]).post(
        "/tickets/new/",
        filled
        | {"owner": uma.pk, "responsible": uma.pk, "customer": borealis.pk, "customer_user": "bo", "state": "closed",
           "number": "1", "created_by": uma.pk},
    )  # fmt: skip
    ticket = Ticket.objects.get()
    assert (ticket.owner, ticket.responsible, ticket.state) == (None, None, "new")
    assert ticket.customer == everyone[login].customer
    assert ticket.created_by == everyone[login]


def test_vera_only_looks_on(filled, vera, signed_in):
    client = signed_in(vera)
    assert client.get("/tickets/new/").status_code == 403
    assert client.post("/tickets/new/", filled).status_code == 403
    assert not Ticket.objects.exists()
    assert "/tickets/new/" not in client.get("/tickets/").text


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", ""), ("title", "x" * 251), ("title", "a\x00b"), ("type", "party"), ("queue", ""), ("queue", "0"),
     ("queue", "9" * 30), ("queue", "x\x00"), ("priority", "urgent"), ("body", ""), ("body", " \n "),
     ("body", "x" * 200_001), ("customer", "abc"), ("customer_user", "nobody"), ("customer_user", "uma"),
     ("owner", "-1"), ("responsible", "1e3"), ("service", "7")],
)  # fmt: skip
def test_a_bad_value_is_told_beside_its_field(filled, uma, signed_in, field, value):
    answer = signed_in(uma).post("/tickets/new/", filled | {field: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Ticket.objects.exists()


def test_what_was_typed_stays(filled, uma, signed_in):
    answer = signed_in(uma).post("/tickets/new/", filled | {"title": ""})
    assert "It began this morning." in answer.text
    assert '<option value="incident" selected>' in answer.text


def test_nobody_from_elsewhere_can_be_the_customer_user(filled, uma, bo, acme, signed_in):
    answer = signed_in(uma).post("/tickets/new/", filled | {"customer": acme.pk, "customer_user": "bo"})
    assert answer.status_code == 422
    assert "customer_user" in answer.context["form"].errors


@pytest.mark.parametrize("login", ["vera", "cora", "ray"])
def test_only_those_who_can_work_are_offered_and_taken_as_owner(filled, everyone, signed_in, login):
    answer = signed_in(everyone["uma"]).post("/tickets/new/", filled | {"owner": everyone[login].pk})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["owner"])
    assert everyone[login].full_name not in answer.text


def test_files_come_along(filled, cora, signed_in):
    files = [
        SimpleUploadedFile("error.log", b"421 try again", "text/html"),
        SimpleUploadedFile("写真.png", b"\x89PNG\r\n\x1a\n....", "application/x-evil"),
    ]
    signed_in(cora).post("/tickets/new/", filled | {"attachments": files})
    kept = Ticket.objects.get().articles.get().attachments.all()
    assert [(one.name, one.content_type) for one in kept] == [
        ("error.log", "text/plain"),
        ("写真.png", "image/png"),
    ]


def test_a_refused_file_refuses_the_ticket(filled, cora, signed_in):
    answer = signed_in(cora).post(
        "/tickets/new/", filled | {"attachments": [SimpleUploadedFile("run.exe", b"MZ...")]}
    )
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["attachments"]
    assert not Ticket.objects.exists()


@pytest.fixture
def step():
    """`step(function)` lets an app above take part for the length of a test."""
    added = []

    def add(function):
        _steps.append(function)
        added.append(function)

    yield add
    for function in added:
        _steps.remove(function)


def test_an_app_above_takes_part_in_the_same_operation(filled, uma, signed_in, step):
    step(lambda ticket, post, by: ticket.note(post["remark"], by=by))
    signed_in(uma).post("/tickets/new/", filled | {"remark": "Seen."})
    assert Ticket.objects.get().events.values("operation").distinct().count() == 1


def test_what_an_app_above_objects_to_is_shown_and_nothing_is_kept(
    filled, uma, signed_in, step, settings, tmp_path
):
    from django.core.exceptions import ValidationError

    def object_to(ticket, post, by):
        raise ValidationError({"watchers": "Nobody is called xyz."})

    step(object_to)
    stored = Attachment.file.field.storage
    before = set(_files(stored))
    log = SimpleUploadedFile("error.log", b"421 try again")
    answer = signed_in(uma).post("/tickets/new/", filled | {"attachments": [log]})
    assert answer.status_code == 422
    assert "Nobody is called xyz." in answer.text
    assert not Ticket.objects.exists()
    assert set(_files(stored)) == before


def _files(storage, folder=""):
    if not storage.exists(folder or "attachments"):
        return
    folders, files = storage.listdir(folder or "attachments")
    yield from (f"{folder or 'attachments'}/{file}" for file in files)
    for inner in folders:
        yield from _files(storage, f"{folder or 'attachments'}/{inner}")


def test_agents_find_customer_users_by_name(uma, cora, bo, signed_in):
    found = signed_in(uma).get("/tickets/customer-users/", {"customer_user": "castor"})
    assert 'value="cora"' in found.text
    assert "bo" not in found.text


@pytest.mark.parametrize("login", ["cora", "ray"])
def test_nobody_else_searches_customer_users(everyone, signed_in, login):
    answer = signed_in(everyone[login]).get("/tickets/customer-users/", {"customer_user": "c"})
    assert answer.status_code == 403

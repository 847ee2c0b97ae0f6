"""What an attacker tries by hand: others' rows, fields no form has, tokens for something else, oracles, races."""

import threading

import pytest
from django.db import connection
from django.test import Client

from notifications.models import InboxRow, MailServer, Mute, PersonalSettings
from opsi.models import User
from tests.platform import access_world
from tickets.models import Article, Ticket
from watchers.models import AutoWatch, Watcher


@pytest.fixture
def world(everyone, acme, borealis, service_desk, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return access_world.build(everyone, acme, borealis, service_desk)


# Other people's rows


@pytest.mark.parametrize("do", ["read", "unread", "done", "saved"])
def test_a_selection_with_other_peoples_rows_touches_ones_own_alone(do, world, signed_in):
    everything = list(InboxRow.objects.values_list("pk", flat=True))
    others = InboxRow.objects.exclude(person=world.people["cora"]).order_by("pk")
    hidden = InboxRow.objects.filter(person=world.people["bo"], ticket=world.tickets["acme"])
    before, before_hidden = list(others.values()), list(hidden.values())
    for login in ("cora", "bo"):
        answer = signed_in(world.people[login]).post("/inbox/selection/", {"do": do, "row": everything})
        assert answer.status_code == 303
        if login == "cora":
            assert list(others.values()) == before
    assert list(hidden.values()) == before_hidden, "what bo cannot read any more he cannot touch either"


def test_preferences_are_saved_for_oneself_whoever_else_is_named(world, signed_in, uma, cora):
    named = {
        "person": uma.pk,
        "user": uma.pk,
        "person_id": uma.pk,
        "id": uma.pk,
        "pk": uma.pk,
        "login": "uma",
    }
    client = signed_in(cora)
    for path, sent in (
        ("/preferences/", {"language": "ja", "time_zone": "Asia/Tokyo"}),
        ("/preferences/watching/", {"on_create": "on"}),
        ("/preferences/notifications/address/", {"address": "else@where.example"}),
        ("/preferences/notifications/choices/", {"_method": "delete"}),
        ("/preferences/notifications/pause/", {"_method": "delete"}),
    ):
        assert client.post(path, sent | named).status_code == 303, path
    uma.refresh_from_db()
    assert (uma.language, uma.time_zone) == ("en", "UTC")
    assert not AutoWatch.objects.filter(person=uma).exists()
    assert PersonalSettings.objects.get(person=uma).asked_address == "uma@elsewhere.example"


# Tokens for something else


def test_a_token_says_by_itself_which_ticket_it_is_about(world, client, cora):
    token = world.unsubscribe_token("cora", "acme")
    _about, _colon, signature = token.partition(":")
    swapped = f"{cora.pk}-{world.tickets['borealis'].pk}:{signature}"
    assert client.post(f"/unsubscribe/{swapped}/").status_code == 404
    sent = {"ticket": world.tickets["borealis"].number, "number": world.tickets["borealis"].number}
    assert client.post(f"/unsubscribe/{token}/", sent).status_code == 200
    assert list(Mute.objects.values_list("person__username", "ticket")) == [
        ("cora", world.tickets["acme"].pk)
    ]


# Fields that no form has


def test_a_request_takes_nothing_that_its_form_does_not_ask(
    world, signed_in, cora, borealis, uma, service_desk
):
    sent = {
        "title": "Mine", "type": "request", "queue": service_desk.pk, "priority": "low", "body": "Mine.",
        "owner": uma.pk, "responsible": uma.pk, "customer": borealis.pk, "customer_user": "bo", "created_by": uma.pk,
        "state": "closed", "number": "1", "visible_for_customer": "", "channel": "email", "is_locked": "on",
        "service": world.admin_rows["service"], "sla": world.admin_rows["sla"], "assignment_group": "1", "version": "9",
        "merged_into": world.tickets["acme"].pk, "deleted_at": "2026-01-01", "watchers": "",
    }  # fmt: skip
    assert signed_in(cora).post("/tickets/new/", sent).status_code == 302
    made = Ticket.objects.order_by("-pk").first()
    assert (made.title, made.created_by, made.customer, made.customer_user) == (
        "Mine",
        cora,
        cora.customer,
        cora,
    )
    assert (made.owner, made.responsible, made.service, made.sla) == (None, None, None, None)
    assert (made.assignment_group, made.merged_into, made.deleted_at) == (None, None, None)
    assert (made.state, made.is_locked, made.number != "1") == ("new", False, True)
    assert made.articles.get().visible_for_customer
    assert made.articles.get().channel == "web"


def test_a_follow_up_is_ones_own_and_visible_whatever_is_sent_along(world, signed_in, cora, uma):
    ticket = world.tickets["acme"]
    sent = {
        "body": "Any news?", "kind": "reply", "visible_for_customer": "", "informed": "uma", "author": uma.pk,
        "sender_type": "agent", "channel": "email", "to": "bo@example.com", "cc": "bo@example.com", "number": "1",
        "next_state": "closed", "version": ticket.version, "from_address": "Uma <uma@example.com>", "subject": "Spoof",
    }  # fmt: skip
    assert signed_in(cora).post(f"/tickets/{ticket.number}/articles/", sent).status_code == 302
    written = ticket.articles.order_by("-number").first()
    assert (written.author, written.sender_type, written.channel) == (cora, "customer", "web")
    assert (written.to, written.cc, written.visible_for_customer) == ("", "", True)
    assert "cora@example.com" in written.from_address
    ticket.refresh_from_db()
    assert ticket.state == "new"
    assert not ticket.events.order_by("-pk").first().data.get("informed")


def test_nobody_makes_themselves_more_by_their_preferences(world, signed_in, cora, borealis):
    sent = {
        "language": "ja", "time_zone": "Asia/Tokyo", "agent_role": "itsm_admin", "effective_role": "itsm_admin",
        "customer": borealis.pk, "customer_role": "customer_manager", "is_staff": "on", "is_superuser": "on",
        "is_system": "on", "groups": world.admin_rows["group"], "username": "ada", "email": "ada@example.com",
        "full_name": "Ada", "is_active": "", "own_address": "ada@example.com",
    }  # fmt: skip
    before = User.objects.filter(pk=cora.pk).values().get()
    for path in ("/preferences/", "/preferences/watching/", "/preferences/notifications/"):
        assert signed_in(cora).post(path, sent).status_code in (303, 422), path
    after = User.objects.filter(pk=cora.pk).values().get()
    assert {name for name in after if after[name] != before[name]} <= {"language", "time_zone", "last_login"}
    assert not User.objects.get(pk=cora.pk).groups.exists()


def test_a_customer_user_sets_nobody_elses_people_on_a_new_ticket(world, signed_in, carl, service_desk):
    sent = {"title": "Mine", "type": "request", "queue": service_desk.pk, "priority": "low", "body": "Mine."}
    refusals = set()
    for login in ("bo", "uma", "zoe"):
        answer = signed_in(carl).post("/tickets/new/", sent | {"watchers": login, "customer": "2"})
        assert answer.status_code == 422
        refusals.add(answer.text.count("cannot be set as a watcher."))
    assert len(refusals) == 1, "the same of another customer's, an agent and nobody at all"
    assert not Ticket.objects.filter(title="Mine").exists()


# Internal articles


def test_an_internal_note_stays_so_through_quoting_merging_and_the_new_tickets_pages(
    world, signed_in, mika, cora
):
    ticket, target = world.tickets["acme"], world.merge_targets["acme"]
    client = signed_in(cora)
    assert client.get(f"/tickets/{ticket.number}/articles/new/?kind=reply&article=2").status_code == 403
    ticket.merge_into(target, by=mika)
    note = Article.objects.get(ticket=target, body="We suspect the budget.")
    assert not note.visible_for_customer
    for path in (
        "",
        "watchers/",
        f"articles/{note.number}/",
        "?article=2",
        f"?article={note.number}",
        "?page=2",
    ):
        assert "We suspect the budget." not in client.get(f"/tickets/{target.number}/{path}").text
    for path in (
        f"/tickets/{target.number}/articles/{note.number}/",
        f"/tickets/{ticket.number}/articles/2/",
    ):
        assert client.get(path).status_code == 404


# Oracles


@pytest.mark.parametrize(
    "query",
    ["owner=mine", "owner=1", "owner__email=uma@example.com", "owner__password__startswith=md5", "customer=2",
     "customer__name=Borealis", "articles__body__icontains=budget", "q=budget", "sort=owner", "sort=-owner__email",
     "sort=articles__body", "order_by=owner", "o=1", "created_by=1", "queue__name=Locked up", "responsible=2"],
)  # fmt: skip
def test_the_list_of_a_customer_user_answers_no_question_about_what_is_hidden(query, world, signed_in, carl):
    client = signed_in(carl)
    name, _equals, value = query.partition("=")
    asked, nonsense = client.get("/tickets/", {name: value}), client.get("/tickets/", {name: "zzzzzz"})
    assert asked.status_code == nonsense.status_code
    assert numbers(asked.text) == numbers(nonsense.text), "a hit would show"


def numbers(html):
    return [
        ticket for ticket in Ticket.objects.order_by("pk").values_list("number", flat=True) if ticket in html
    ]


def test_after_leaving_a_ticket_the_inbox_answers_no_question_about_what_became_of_it(
    world, signed_in, ray, mika
):
    ticket = world.tickets["watched"]
    Watcher.objects.unwatch(ticket, ray, by=mika)
    access_world.tell()
    client = signed_in(ray)
    assert "You no longer watch" in client.get("/inbox/").text
    ticket.rename("The board sells Borealis", mika)
    ticket.change_queue(world.tickets["locked up"].queue, mika)
    page = client.get("/inbox/").text
    assert "sells Borealis" not in page
    assert "Locked up" not in page
    for asked, nonsense in (
        ({"q": "sells Borealis"}, {"q": "sells Umbrellas"}),
        ({"queue": ticket.queue_id}, {"queue": ticket.queue_id + 1000}),
    ):
        assert client.get("/inbox/", asked).text.count('<li class="notice') == client.get(
            "/inbox/", nonsense
        ).text.count('<li class="notice')


@pytest.mark.parametrize(
    "asked",
    ["opsi/user/?password__startswith=md5", "opsi/user/?groups__members__password__startswith=md5",
     "tickets/ticket/?owner__password__startswith=md5", "tickets/queue/?grants__group__members__password__contains=a",
     "opsi/customer/?people__password__startswith=md5", "notifications/mail/?items__person__password__startswith=md5",
     "opsi/user/?_to_field=password", "opsi/user/add/?_to_field=password&_popup=1"],
)  # fmt: skip
def test_the_admins_lists_are_not_asked_for_passwords(asked, world, signed_in, ada):
    answer = signed_in(ada).get(f"/admin/{asked}")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "model", ["opsi/user", "notifications/mailserver", "notifications/notificationfunction"]
)
def test_no_page_of_the_admin_shows_a_password_or_its_hash(model, world, signed_in, ada, uma):
    server = MailServer.load()
    server.secret = "hunter2-hunter2"
    server.save()
    for end in ("", f"{uma.pk}/change/", "1/change/"):
        html = signed_in(ada).get(f"/admin/{model}/{end}", follow=True).text
        assert "md5$" not in html
        assert "hunter2" not in html


# Mail


def test_a_name_brings_no_header_of_its_own_into_a_mail(
    ticket, mika, uma, wait, wording, after_window, mail_host
):
    User.objects.filter(pk=mika.pk).update(full_name="Mika\r\nBcc: all@example.com")
    User.objects.filter(pk=uma.pk).update(full_name="Uma\nBcc: all@example.com\n\n<script>")
    ticket.note("See the log.", by=User.objects.get(pk=mika.pk))
    wait(User.objects.get(pk=uma.pk), ticket, version=wording(en=("{{actor.name}} {{recipient.name}}", "x")))
    after_window()
    [mail] = mail_host.mails
    assert mail["Bcc"] is None
    assert mail_host.recipients == [["uma@example.com"]]


# Two clicks at once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "sent", "made"),
    [("/tickets/{}/watch/", {}, (1, 0, 0)), ("/tickets/{}/watchers/", {"user": "aiko"}, (1, 0, 0)),
     ("/tickets/{}/mute/", {}, (0, 1, 0)), ("/preferences/watching/", {"on_create": "on"}, (0, 0, 1)),
     ("/preferences/notifications/", {}, (0, 0, 0)), ("/tickets/{}/watch/", {"_method": "delete"}, (0, 0, 0))],
)  # fmt: skip
def test_two_clicks_at_once_are_one(path, sent, made, ticket, uma, aiko):
    clients = [Client(), Client(), Client()]
    for client in clients:
        client.force_login(uma)
    together, answers = threading.Barrier(len(clients)), []

    def click(client):
        try:
            together.wait(timeout=20)
            answers.append(client.post(path.format(ticket.number), sent).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=click, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(answers) == len(clients), "none broke off"
    assert set(answers) <= {303, 422}
    begun = ticket.events.filter(name="TicketSubscribe").count()
    assert (begun, Mute.objects.count(), AutoWatch.objects.count()) == made

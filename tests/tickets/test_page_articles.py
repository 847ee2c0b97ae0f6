"""Writing on a ticket and what becomes of it (contract: POST `/tickets/<number>/articles/`)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from opsi.models import Group
from tickets.choices import FollowUp, Level
from tickets.models import Queue, Ticket


def url(ticket, tail=""):
    return f"/tickets/{ticket.number}/articles/{tail}"


def said(ticket):
    """Articles after the first, as (number, channel, sender, visible)."""
    return [
        (one.number, one.channel, one.sender_type, one.visible_for_customer)
        for one in ticket.articles.all()[1:]
    ]


def test_umas_note_is_internal_and_leads_to_itself(ticket, uma, signed_in):
    answer = signed_in(uma).post(url(ticket), {"kind": "note", "body": "Seen.\r\nIt is the disk."})
    assert (answer.status_code, answer.url) == (302, f"/tickets/{ticket.number}/?article=2#article-2")
    assert said(ticket) == [(2, "note", "agent", False)]
    assert ticket.articles.last().body == "Seen.\nIt is the disk."
    assert ticket.articles.last().subject == ticket.title


def test_a_note_may_be_shown_to_the_customer(ticket, uma, signed_in):
    signed_in(uma).post(url(ticket), {"kind": "note", "body": "Seen.", "visible_for_customer": "on"})
    assert said(ticket) == [(2, "note", "agent", True)]


def test_a_reply_is_seen_by_the_customer_and_keeps_whom_it_went_to(ticket, uma, signed_in):
    signed_in(uma).post(
        url(ticket),
        {"kind": "reply", "body": "Done.", "subject": "Re: mail", "to": "cora@example.com; Carl <carl@example.com>",
         "cc": "boss@example.com"},
    )  # fmt: skip
    assert said(ticket) == [(2, "email", "agent", True)]
    article = ticket.articles.last()
    assert (article.subject, article.to, article.cc) == (
        "Re: mail",
        "cora@example.com, Carl <carl@example.com>",
        "boss@example.com",
    )


def test_the_next_state_goes_along_in_the_same_operation(ticket, uma, signed_in):
    signed_in(uma).post(
        url(ticket), {"kind": "reply", "body": "Done.", "next_state": "resolved", "version": ticket.version}
    )
    created, changed = ticket.events.all()[1:]
    assert (created.name, changed.name) == ("ArticleCreate", "TicketStateUpdate")
    assert created.operation == changed.operation
    ticket.refresh_from_db()
    assert ticket.state == "resolved"


def test_a_stale_next_state_saves_nothing_and_loses_nothing(ticket, uma, aiko, signed_in):
    seen = ticket.version
    ticket.change_state("in_progress", by=aiko)
    answer = signed_in(uma).post(
        url(ticket), {"kind": "note", "body": "A long story.", "next_state": "closed", "version": seen}
    )
    assert answer.status_code == 409
    for kept in ("A long story.", "佐藤 愛子", "New → In progress", '<option value="closed" selected>'):
        assert kept in answer.text
    assert said(ticket) == []
    again = {"kind": "note", "body": "A long story.", "next_state": "closed",
             "version": answer.context["form"].data["version"]}  # fmt: skip
    assert signed_in(uma).post(url(ticket), again).status_code == 302


def test_a_note_alone_minds_no_change_meanwhile(ticket, uma, aiko, signed_in):
    seen = ticket.version
    ticket.change_state("in_progress", by=aiko)
    assert (
        signed_in(uma).post(url(ticket), {"kind": "note", "body": "Hm.", "version": seen}).status_code == 302
    )


@pytest.mark.parametrize("login", ["carl", "cora"])
def test_customer_users_follow_up(ticket, everyone, signed_in, login):
    signed_in(everyone[login]).post(url(ticket), {"body": "Still broken."})
    assert said(ticket) == [(2, "web", "customer", True)]
    assert ticket.articles.last().author == everyone[login]


def test_a_requester_follows_up_on_their_own(make_ticket, ray, signed_in):
    ticket = make_ticket(by=ray)
    assert signed_in(ray).post(url(ticket), {"body": "And again."}).status_code == 302
    assert said(ticket) == [(2, "web", "customer", True)]


@pytest.mark.parametrize("kind", ["note", "reply", "phone", "\x00"])
def test_a_customers_forged_kind_or_state_is_a_follow_up_all_the_same(ticket, cora, signed_in, kind):
    signed_in(cora).post(
        url(ticket),
        {"kind": kind, "body": "x", "visible_for_customer": "", "next_state": "closed", "version": ticket.version,
         "to": "all@example.com", "subject": "Closed"},
    )  # fmt: skip
    assert said(ticket) == [(2, "web", "customer", True)]
    ticket.refresh_from_db()
    assert (ticket.state, ticket.articles.last().to) == ("new", "")


@pytest.mark.parametrize("kind", ["note", "reply"])
@pytest.mark.parametrize(("login", "status"), [("vera", 403), ("bo", 404), ("ray", 404)])
def test_forged_articles_are_refused(ticket, everyone, signed_in, login, status, kind):
    client = signed_in(everyone[login])
    assert client.post(url(ticket), {"kind": kind, "body": "Hello"}).status_code == status
    assert client.get(url(ticket, f"new/?kind={kind}")).status_code == status
    assert said(ticket) == []


def test_who_only_watches_may_not_follow_up(make_ticket, ray, uma, signed_in):
    from watchers.models import Watcher

    ticket = make_ticket()
    Watcher.objects.watch(ticket, ray, by=uma)
    assert signed_in(ray).post(url(ticket), {"body": "Me too"}).status_code == 403
    assert said(ticket) == []


@pytest.fixture
def taking_notes(db, uma):
    """A queue where uma may add notes and no more."""
    queue = Queue.objects.create(name="Notes only")
    group = Group.objects.create(name="Helpers", slug="helpers")
    uma.groups.add(group)
    queue.grants.create(group=group, level=Level.NOTE)
    return queue


def test_note_level_writes_internal_notes_and_nothing_more(make_ticket, taking_notes, uma, signed_in):
    ticket = make_ticket(queue=taking_notes)
    client = signed_in(uma)
    sent = {"kind": "note", "body": "x", "visible_for_customer": "on", "next_state": "closed", "version": "1"}
    assert client.post(url(ticket), sent).status_code == 302
    assert said(ticket) == [(2, "note", "agent", False)]
    ticket.refresh_from_db()
    assert ticket.state == "new"
    assert client.post(url(ticket), sent | {"kind": "reply"}).status_code == 403


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [({"body": ""}, "body"), ({"body": "\n \t"}, "body"), ({"body": "a\x00b"}, "body"),
     ({"body": "x" * 200_001}, "body"),
     ({"body": "x", "subject": "s" * 251}, "subject"), ({"body": "x", "next_state": "asleep"}, "next_state"),
     ({"body": "x", "next_state": "open", "version": "soon"}, "version"),
     ({"body": "x", "next_state": "pending", "pending_until": "2001-01-01T10:00"}, "pending_until"),
     ({"body": "x", "kind": "reply", "to": "not an address"}, "to"),
     ({"body": "x", "kind": "reply", "cc": "a@b.example, c@"}, "cc")],
)  # fmt: skip
def test_a_bad_value_is_told_beside_its_field_and_the_text_stays(ticket, uma, signed_in, sent, wrong):
    answer = signed_in(uma).post(url(ticket), {"kind": "note"} | sent)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [wrong])
    assert said(ticket) == []


def test_an_unknown_kind_is_refused(ticket, uma, signed_in):
    assert signed_in(uma).post(url(ticket), {"kind": "fax", "body": "x"}).status_code == 422
    assert signed_in(uma).get(url(ticket, "new/?kind=fax")).status_code == 404


def test_subject_and_addresses_stay_on_one_line(ticket, uma, signed_in):
    signed_in(uma).post(
        url(ticket),
        {"kind": "reply", "body": "x", "subject": "Hi\r\nBcc: all@example.com", "to": "a@example.com\r\n"},
    )
    article = ticket.articles.last()
    assert (article.subject, article.to) == ("Hi Bcc: all@example.com", "a@example.com")


def test_files_come_along_and_a_refused_one_refuses_all(ticket, uma, signed_in):
    client = signed_in(uma)
    log = SimpleUploadedFile("a.log", b"421")
    answer = client.post(
        url(ticket), {"kind": "note", "body": "See", "attachments": [log, SimpleUploadedFile("b.exe", b"MZ")]}
    )
    assert answer.status_code == 422
    assert "b.exe" in answer.text
    assert "choose the files again" in answer.text
    assert said(ticket) == []
    log.seek(0)
    client.post(url(ticket), {"kind": "note", "body": "See", "attachments": [log]})
    assert [one.name for one in ticket.articles.last().attachments.all()] == ["a.log"]


@pytest.mark.parametrize("how", FollowUp.values)
def test_a_follow_up_to_a_complete_ticket_does_what_its_queue_says(ticket, cora, uma, signed_in, how):
    ticket.queue.follow_up = how
    ticket.queue.save()
    ticket.change_state("closed", by=uma)
    answer = signed_in(cora).post(url(ticket), {"body": "It is back."})
    ticket.refresh_from_db()
    match how:
        case FollowUp.REOPEN:
            assert answer.url == f"/tickets/{ticket.number}/?article=2#article-2"
            assert ticket.state == "open"
        case FollowUp.LINK:
            successor = Ticket.objects.exclude(pk=ticket.pk).get()
            assert answer.url == f"/tickets/{successor.number}/?article=1#article-1"
            assert (ticket.state, said(ticket)) == ("closed", [])
        case FollowUp.REJECT:
            assert answer.status_code == 409
            assert "takes no more follow-ups" in answer.text
            assert "It is back." in answer.text
            assert said(ticket) == []


def test_the_reply_page_knows_whom_to_answer_and_quotes(ticket, uma, cora, signed_in):
    Ticket.objects.filter(pk=ticket.pk).update(customer_user=cora)
    form = signed_in(uma).get(url(ticket, "new/?kind=reply&article=1")).text
    assert 'value="cora@example.com"' in form
    assert "&gt; Since this morning nothing leaves." in form


@pytest.mark.parametrize("article", ["99", "x", "-1", "9" * 30, "%00"])
def test_quoting_what_is_not_there_breaks_nothing(ticket, uma, signed_in, article):
    assert signed_in(uma).get(url(ticket, f"new/?kind=reply&article={article}")).status_code in (200, 404)


def test_an_articles_own_address_leads_to_it(ticket, uma, signed_in):
    assert signed_in(uma).get(url(ticket, "1/")).url == f"/tickets/{ticket.number}/?article=1#article-1"


def test_editing_keeps_how_it_stood(ticket, uma, signed_in):
    ticket.note("Teh disk.", by=uma)
    client = signed_in(uma)
    assert "Teh disk." in client.get(url(ticket, "2/edit/")).text
    answer = client.post(
        url(ticket, "2/edit/"), {"subject": "Disk", "body": "The disk.", "visible_for_customer": "on"}
    )
    assert answer.url == f"/tickets/{ticket.number}/?article=2#article-2"
    article = ticket.articles.get(number=2)
    assert (article.subject, article.body, article.visible_for_customer) == ("Disk", "The disk.", True)
    assert article.versions.get().body == "Teh disk."
    assert ticket.events.last().name == "ArticleUpdate"


def test_an_emptied_article_is_refused(ticket, uma, signed_in):
    answer = signed_in(uma).post(url(ticket, "1/edit/"), {"body": " "})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["body"])


def test_deleting_asks_first_and_hides_it_from_all(ticket, uma, signed_in):
    ticket.note("Wrong ticket.", by=uma)
    client = signed_in(uma)
    assert "Delete article #2?" in client.get(url(ticket, "2/delete/")).text
    assert ticket.articles.get(number=2).deleted_at is None
    assert client.post(url(ticket, "2/delete/")).status_code == 302
    assert "Wrong ticket." not in client.get(f"/tickets/{ticket.number}/?article=2").text
    for tail in ("2/", "2/edit/", "2/delete/"):
        assert client.get(url(ticket, tail)).status_code == 404


@pytest.mark.parametrize("act", ["edit", "delete"])
@pytest.mark.parametrize(("login", "status"), [("vera", 403), ("carl", 403), ("bo", 404), ("ray", 404)])
def test_forged_edits_and_deletions_are_refused(ticket, everyone, signed_in, login, status, act):
    client = signed_in(everyone[login])
    assert client.get(url(ticket, f"1/{act}/")).status_code == status
    assert client.post(url(ticket, f"1/{act}/"), {"body": "Nothing happened."}).status_code == status
    article = ticket.articles.get()
    assert (article.body, article.deleted_at) == ("Since this morning nothing leaves.", None)


@pytest.mark.parametrize("number", ["0", "99", "9" * 30])
def test_articles_that_are_not_there(ticket, uma, signed_in, number):
    for tail in ("", "edit/", "delete/"):
        assert signed_in(uma).get(url(ticket, f"{number}/{tail}")).status_code == 404


def test_the_form_within_the_page_gets_its_own_part_and_leads_on(ticket, uma, signed_in):
    client, htmx = signed_in(uma), {"HX-Request": "true"}
    part = client.get(url(ticket, "new/?kind=note"), headers=htmx)
    assert "<html" not in part.text
    wrong = client.post(url(ticket), {"kind": "note", "body": ""}, headers=htmx)
    assert (wrong.status_code, "<html" in wrong.text) == (422, False)
    done = client.post(url(ticket), {"kind": "note", "body": "x"}, headers=htmx)
    assert done.headers["HX-Redirect"] == f"/tickets/{ticket.number}/?article=2#article-2"


def test_the_articles_address_takes_posts_alone(ticket, uma, signed_in):
    client = signed_in(uma)
    assert client.get(url(ticket)).status_code == 405
    assert client.delete(url(ticket)).status_code == 405
    assert client.post(url(ticket, "new/")).status_code == 405


def test_a_note_can_be_made_visible_by_whoever_may_reply(ticket, uma, signed_in):
    page = f"/tickets/{ticket.number}/articles/new/?kind=note"
    assert 'name="visible_for_customer"' in signed_in(uma).get(page).text
    assert 'name="visible_for_customer"' not in signed_in(uma).get(page.replace("note", "reply")).text

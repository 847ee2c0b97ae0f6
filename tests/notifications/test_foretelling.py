"""While an article is being written: whom it would be told to, decided by the code that dispatches."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from notifications.foretelling import Writing, foretell
from notifications.models import Definition
from tests.notifications.conftest import told
from watchers.models import AutoWatch, PolicyCell, Watcher


@pytest.fixture
def watched(ticket, uma, aiko, vera, cora):
    """Acme's ticket that mika registered and uma owns; aiko, vera and cora watch it."""
    for one in (aiko, vera, cora):
        Watcher.objects.watch(ticket, one, by=uma)
    return ticket


def foretold(writer, ticket, **kind):
    ticket.refresh_from_db()
    return foretell(Writing.of(ticket, writer, **{"is_reply": False, "is_visible": False} | kind))


def said(writer, ticket, **kind):
    return foretold(writer, ticket, **kind).sentence


def test_an_internal_note(watched, mika):
    expected = "Goes to 3: owner, 2 watchers; 1 watcher will not see this internal note."
    assert said(mika, watched) == expected


def test_a_visible_note_and_a_reply(watched, mika):
    expected = "Goes to 4: owner, 3 watchers."
    assert said(mika, watched, is_visible=True) == expected
    assert said(mika, watched, is_reply=True, is_visible=True) == expected


def test_everybody_at_once(make_ticket, acme, mika, uma, cora, carl, aiko, vera):
    ticket = make_ticket(customer=acme, customer_user=cora, owner=uma)
    for one in (aiko, carl):
        Watcher.objects.watch(ticket, one, by=uma)
    assert said(mika, ticket, informed=[vera]) == (
        "Goes to 3: owner, 1 watcher, 1 informed agent; 1 watcher will not see this internal note."
    )
    assert said(mika, ticket, is_visible=True) == "Goes to 4: owner, customer user, 2 watchers."


def test_the_next_state_tells_more_people(watched, mika):
    assert said(mika, watched, next_state="open") == (
        "Goes to 4: owner, 3 watchers; 1 of them hears of the new state alone; "
        "1 watcher will not see this internal note."
    )


def test_who_writes_is_not_told(watched, uma):
    assert said(uma, watched).startswith("Goes to 3: creator, 2 watchers;")


def test_nobody(make_ticket, mika):
    assert said(mika, make_ticket()) == "Nobody will be told."


def test_an_address_counts(ticket, mika, only):
    only(recipients=[], extra_addresses="boss@elsewhere.example")
    assert foretold(mika, ticket, is_reply=True, is_visible=True).number == 1
    assert said(mika, ticket) == "Nobody will be told."


def test_whom_the_writer_may_not_see_is_not_counted(watched, mika):
    PolicyCell.objects.filter(setter="itsm_manager", target="own_customer").update(see="none")
    assert said(mika, watched) == "Goes to 3: owner, 2 watchers."
    assert said(mika, watched, is_visible=True) == "Goes to 3: owner, 2 watchers."


def test_nothing_is_written_and_many_cost_as_few(watched, mika, django_assert_max_num_queries):
    before = Definition.objects.count()
    with django_assert_max_num_queries(20):
        foretold(mika, watched)
    assert (Definition.objects.count(), watched.articles.count()) == (before, 1)


MIXES = {
    "an internal note": {},
    "a visible note": {"visible_for_customer": "on"},
    "a reply": {"kind": "reply", "to": "cora@example.com"},
    "a note that names people": {"body": "@vera and @ada, look"},
    "a note that names whom it reaches anyway": {"body": "@uma @aiko"},
    "a visible note in which @ informs nobody": {"body": "@ada", "visible_for_customer": "on"},
    "a reply that informs": {"kind": "reply", "informed": "ada, mika"},
    "a note with a state": {"next_state": "in_progress"},
    "a note with a state and a time": {"next_state": "pending", "pending_until": "2027-01-04T12:00"},
    "a reply with a state": {"kind": "reply", "next_state": "resolved", "informed": "ada"},
    "a state that it has already": {"next_state": "new"},
    "a note with a file": {"attachments": "old.csv"},
}


@pytest.mark.parametrize("sent", MIXES.values(), ids=MIXES)
@pytest.mark.parametrize("writer", ["mika", "uma"])
def test_it_is_as_many_as_are_then_told(
    watched, everyone, define, signed_in, forget, dispatch, clock, writer, sent
):
    """The page's own line against the dispatch of the very note."""
    define(name="Copy to the manufacturer", recipients=["last_article_recipients"],
           extra_addresses="maker@elsewhere.example")  # fmt: skip
    for has_any in (True, False):
        define(name=f"Files: {has_any}", recipients=["roles"], roles=["itsm_admin"] if has_any else ["itsm_viewer"],
               article_filter={"has_attachment": has_any})  # fmt: skip
    AutoWatch.objects.create(person=everyone["ada"], on_informed=True)
    AutoWatch.objects.create(person=everyone["mika"], on_article=True)
    forget()
    client = signed_in(everyone[writer])
    form = {"kind": "note", "body": "The disk is full.", "version": watched.version} | sent
    line = client.post(f"/tickets/{watched.number}/articles/audience/", form).context["foretold"]
    before = watched.events.count()
    clock.shift(1)
    if name := form.pop("attachments", ""):
        form["attachments"] = SimpleUploadedFile(name, b"one;two")
    assert client.post(f"/tickets/{watched.number}/articles/", form).status_code == 302
    assert watched.events.count() > before
    dispatch()
    assert line.number == len(told())


class TestThePage:
    def test_the_form_says_it(self, watched, mika, signed_in):
        page = signed_in(mika).get(f"/tickets/{watched.number}/articles/new/?kind=note").text
        assert "Goes to 3: owner, 2 watchers;" in page
        page = signed_in(mika).get(f"/tickets/{watched.number}/articles/new/?kind=reply").text
        assert "Goes to 4: owner, 3 watchers." in page

    def test_it_is_renewed_when_the_note_is_made_visible(self, watched, mika, signed_in):
        page = signed_in(mika).post(
            f"/tickets/{watched.number}/articles/audience/", {"kind": "note", "visible_for_customer": "on"}
        )
        assert "Goes to 4: owner, 3 watchers." in page.text

    def test_in_japanese(self, watched, aiko, signed_in):
        page = signed_in(aiko).get(f"/tickets/{watched.number}/articles/new/?kind=note").text
        assert "通知" in page.partition("foretold")[2][:700]

    def test_a_name_that_informs_nobody_is_said(self, watched, mika, signed_in):
        page = signed_in(mika).post(f"/tickets/{watched.number}/articles/audience/", {"body": "@zoe"})
        assert "“zoe” informs nobody" in page.text

    @pytest.mark.parametrize("kind", ["letter", "\0"])
    def test_another_kind_is_not_there(self, watched, mika, signed_in, kind):
        page = signed_in(mika).post(f"/tickets/{watched.number}/articles/audience/", {"kind": kind})
        assert page.status_code == 422

    def test_a_form_that_comes_back_says_it_of_what_was_sent(self, watched, mika, signed_in):
        sent = {"kind": "note", "body": "", "visible_for_customer": "on"}
        assert "Goes to 4:" in signed_in(mika).post(f"/tickets/{watched.number}/articles/", sent).text

    @pytest.mark.parametrize("login", ["cora", "vera"])
    def test_only_who_may_write_it_is_told(self, watched, everyone, signed_in, login):
        page = signed_in(everyone[login]).post(f"/tickets/{watched.number}/articles/audience/", {})
        assert page.status_code == 403

    def test_a_customers_reply_says_nothing_of_it(self, watched, cora, signed_in):
        assert "foretold" not in signed_in(cora).get(f"/tickets/{watched.number}/").text

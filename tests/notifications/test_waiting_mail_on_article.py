"""The author sees on their article that mail about it waits, and can change what it says until then (domain §5, W)."""

import datetime
import re

import pytest

from notifications.mailing import send_due
from notifications.models import Mail, PersonalSettings
from tests.waiting import minutes, text_of
from watchers.models import Watcher

pytestmark = pytest.mark.usefixtures("clock", "mail_host")


@pytest.fixture
def written(clock, ticket, uma, mika, aiko, vera, cora, dispatch, forget):
    """`written()`: mika's note to uma, who owns the ticket, and to aiko and vera, who watch it."""
    for person in (aiko, vera, cora):
        Watcher.objects.watch(ticket, person, by=uma)
    forget()

    def write(text="The disk is full."):
        article = ticket.note(text, by=mika)
        dispatch()
        return article

    return write


@pytest.fixture
def said(ticket, signed_in):
    """`said(mika)`: what stands above the text of the article that lies open; None where nothing does."""

    def get(person, query=""):
        page = signed_in(person).get(f"/tickets/{ticket.number}/{query}").content.decode()
        found = re.search(r'<div id="waiting-mail".*?</div>', page, re.S)
        return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else None

    return get


def test_how_many_and_when(written, mika, said, clock):
    written()
    assert said(mika) == (
        "3 e-mails about this go out in 10 min. Until then you can edit or delete it: they follow."
    )
    clock.shift(minutes(6.5))
    assert said(mika).startswith("3 e-mails about this go out in 4 min.")


def test_one_by_one_and_what_is_held(written, mika, uma, aiko, said):
    for person in (uma, aiko):
        PersonalSettings.objects.create(
            person=person,
            rhythm="daily",
            summary_at=datetime.time(8),
        )
    written()
    assert said(mika) == (
        "1 e-mail about this goes out in 10 min. 2 e-mails about this are held for quiet hours or a summary. "
        "Until then you can edit or delete it: they follow."
    )


def test_nothing_once_they_are_sent(written, mika, said, clock):
    written()
    clock.shift(minutes(10))
    send_due()
    assert said(mika) is None


@pytest.mark.parametrize("who", ["uma", "ada", "vera", "cora"])
def test_nobody_but_the_author_is_told(written, everyone, said, who):
    written()
    assert said(everyone[who]) is None


def test_nor_is_a_customer_how_many_agents_there_are(ticket, cora, said, dispatch):
    ticket.follow_up("Any news?", by=cora)
    dispatch()
    assert said(cora) is None


def test_only_of_the_article_that_lies_open(written, mika, said, clock):
    written()
    assert said(mika, "?article=2") is not None
    clock.shift(minutes(1))
    assert said(mika, "?article=1") is None


class TestUntilThen:
    """What the recheck makes of it, as the people get it."""

    def test_an_edited_note_is_mailed_as_it_is_by_then(self, written, ticket, mika, after_window, mail_host):
        article = written("The disk is fool.")
        ticket.edit_article(article, by=mika, body="The disk is full.")
        after_window()
        assert len(mail_host.mails) == 3
        for mail in mail_host.mails:
            assert "The disk is full." in text_of(mail)
            assert "fool" not in text_of(mail)

    def test_a_deleted_note_is_mailed_to_nobody(self, written, ticket, mika, after_window, mail_host):
        article = written()
        ticket.delete_article(article, by=mika)
        after_window()
        assert mail_host.mails == []
        assert set(Mail.objects.values_list("state", flat=True)) == {"withdrawn"}

    def test_a_reply_made_internal_no_longer_reaches_the_customer(
        self, ticket, uma, mika, cora, forget, dispatch, after_window, mail_host
    ):
        Watcher.objects.watch(ticket, cora, by=uma)
        forget()
        article = ticket.reply("The disk is full.", by=mika)
        dispatch()
        ticket.edit_article(article, by=mika, visible_for_customer=False)
        after_window()
        assert {mail["To"] for mail in mail_host.mails} == {"uma@example.com"}


class TestAMomentLater:
    """Right after writing the dispatch is still under way: the page asks once more."""

    @pytest.fixture
    def url(self, ticket):
        return lambda number: f"/tickets/{ticket.number}/articles/{number}/waiting/"

    def test_the_page_asks_again_where_nothing_is_decided_yet(self, ticket, mika, signed_in, clock, url):
        article = ticket.note("The disk is full.", by=mika)
        page = f"/tickets/{ticket.number}/"
        assert f'hx-get="{url(article.number)}"' in signed_in(mika).get(page).content.decode()
        clock.shift(minutes(1))
        assert "waiting-mail" not in signed_in(mika).get(page).content.decode()

    def test_it_gets_the_part_alone_and_does_not_ask_for_ever(self, written, mika, signed_in, url):
        article = written()
        part = signed_in(mika).get(url(article.number)).content.decode()
        assert "3 e-mails about this go out in 10 min." in part
        assert "<html" not in part
        assert "hx-get" not in part

    @pytest.mark.parametrize("who", ["uma", "cora", "bo", "ray"])
    def test_it_is_nobody_elses(self, written, everyone, signed_in, url, who):
        article = written()
        assert signed_in(everyone[who]).get(url(article.number)).status_code == 404

    def test_what_there_is_not_is_not_found(self, written, mika, signed_in, url):
        written()
        assert signed_in(mika).get(url(99)).status_code == 404
        assert signed_in(mika).get(url(10**30)).status_code == 404
        assert signed_in(mika).post(url(2)).status_code == 405


@pytest.mark.parametrize("who", ["mika", "uma"])
def test_the_page_keeps_to_twenty_statements(
    written, ticket, everyone, signed_in, django_assert_max_num_queries, who
):
    written()
    client = signed_in(everyone[who])
    client.get("/login/")
    with django_assert_max_num_queries(20):
        client.get(f"/tickets/{ticket.number}/")

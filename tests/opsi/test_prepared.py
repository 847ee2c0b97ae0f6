"""Prepared questions (opsi/prepared.py): put into SQL once, and asked with whatever values."""

import threading

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef

from opsi.models import User
from opsi.prepared import prepared
from tickets.models import Article, TicketEvent


@prepared
def articles_by(ticket, author):
    others = Article.objects.filter(ticket=OuterRef("ticket")).exclude(author=author)
    articles = Article.objects.filter(ticket=ticket, author=author).select_related("author")
    return articles.annotate(is_answered=Exists(others)).order_by("number")


@prepared
def subjects(ticket, *numbers, newest_first):
    articles = Article.objects.filter(ticket=ticket, number__in=numbers)
    return articles.order_by("-number" if newest_first else "number").values_list("number", "created_at")


@prepared
def events_of(operation):
    return TicketEvent.objects.filter(operation=operation).values("name", "at", "data")


@pytest.fixture
def talk(ticket, uma, mika):
    ticket.note("The disk is full.", by=uma)
    ticket.note("I ordered another.", by=mika)
    return ticket


def test_it_finds_what_the_queryset_finds(talk, uma, mika):
    for author in (uma, mika):
        found, expected = articles_by(talk, author), articles_by.question(talk, author)
        assert found == list(expected)
        assert found
        assert [one.is_answered for one in found] == [one.is_answered for one in expected]


def test_one_statement_which_brings_what_was_selected_along(talk, uma, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert {article.author.full_name for article in articles_by(talk, uma)} == {"Uma Ogawa"}


def test_from_the_second_time_on_only_the_values_differ(talk, uma, mika, monkeypatch):
    articles_by(talk, uma)
    monkeypatch.setattr(articles_by, "question", None)  # is not asked again
    assert {article.author for article in articles_by(talk, mika)} == {mika}
    assert {article.author for article in articles_by(talk.pk, uma.pk)} == {uma}


def test_each_choice_and_each_number_of_values_has_its_own_sql(talk):
    def numbers(*values, **choices):
        return [number for number, _at in subjects(talk, *values, **choices)]

    assert numbers(1, 2, newest_first=False) == [1, 2]
    assert numbers(1, 2, newest_first=True) == [2, 1]
    assert numbers(3, newest_first=True) == [3]
    assert numbers(2, 3, newest_first=False) == [2, 3]


def test_values_come_back_as_the_fields_give_them(talk):
    (_number, at), *_rest = subjects(talk, 1, newest_first=False)
    assert at == talk.articles.get(number=1).created_at
    event = talk.events.last()
    assert events_of(event.operation) == [{"name": "ArticleCreate", "at": event.at, "data": event.data}]


def test_a_value_stays_a_value(talk):
    @prepared
    def called(login):
        return User.objects.filter(username=login)

    assert called("' OR 1=1 --") == []
    assert [person.username for person in called("uma")] == ["uma"]


def test_a_question_cannot_hang_on_a_value(talk, uma):
    @prepared
    def visible(person):
        return Article.objects.visible_to(person)

    with pytest.raises(AttributeError):
        visible(uma)


@pytest.mark.django_db(transaction=True)
def test_every_thread_asks_by_its_own_connection(talk, uma):
    found = []

    def ask():
        try:
            found.append([article.pk for article in articles_by(talk, uma)])
        finally:
            connection.close()

    asked = articles_by(talk, uma)
    threads = [threading.Thread(target=ask) for _one in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[article.pk for article in asked]] * 2


def test_none_is_refused_as_nothing_equals_it(talk):
    for nothing in (None, User(username="unsaved")):
        with pytest.raises(TypeError, match="question"):
            articles_by(talk, nothing)

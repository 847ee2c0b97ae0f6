"""What a person has read of a ticket's articles: what opens, what is new, and what lists can ask."""

import threading

import pytest
from django.db import close_old_connections

from tickets.inheriting import take_over
from tickets.models import Reading, Ticket


@pytest.fixture
def talked_about(ticket, uma, cora):
    """#1 public by mika, #2 uma's internal note, #3 uma's reply, #4 cora's follow-up; uma owns it."""
    ticket.note("The gateway's disk is full, do not tell them.", by=uma)
    ticket.reply("We are on it.", by=uma)
    ticket.follow_up("Thank you.", by=cora)
    return ticket


def unread(client, ticket):
    rows = client.get(f"/tickets/{ticket.number}/").context["conversation"].rows
    return [row.number for row in reversed(rows) if row.is_unread]


def opens(client, ticket):
    return client.get(f"/tickets/{ticket.number}/").context["conversation"].shown.number


def report(client, ticket, **post):
    return client.post(f"/tickets/{ticket.number}/reading/", post)


def has_news(ticket, person):
    return Ticket.objects.with_new_articles(person).filter(pk=ticket.pk).exists()


def test_what_one_wrote_oneself_is_not_unread(talked_about, uma, aiko, cora, signed_in):
    assert unread(signed_in(uma), talked_about) == [1, 4]
    assert unread(signed_in(aiko), talked_about) == [1, 2, 3, 4]
    assert unread(signed_in(cora), talked_about) == [1, 3]


def test_the_first_unread_article_lies_open_and_then_the_newest(talked_about, uma, signed_in):
    client = signed_in(uma)
    assert opens(client, talked_about) == 1
    report(client, talked_about, article=1)
    assert opens(client, talked_about) == 4
    report(client, talked_about, article=4)
    talked_about.note("By me.", by=uma)
    assert opens(client, talked_about) == 5
    assert unread(client, talked_about) == []


def test_the_first_unread_article_brings_its_page_of_the_list(ticket, uma, mika, signed_in):
    for number in range(2, 61):
        ticket.note(f"Note {number}", by=mika)
    client = signed_in(uma)
    report(client, ticket, article=6)
    page = client.get(f"/tickets/{ticket.number}/")
    assert [row.number for row in page.context["conversation"].rows] == list(range(10, 0, -1))
    assert 'id="article-7"' in page.text
    assert "54 unread" in page.text


def test_unread_is_said_in_words(talked_about, uma, aiko, signed_in):
    text = signed_in(uma).get(f"/tickets/{talked_about.number}/").text
    assert text.count(">Unread</span>") == 2
    assert "2 unread" in text
    report(signed_in(uma), talked_about, article=4)
    assert ">Unread</span>" not in signed_in(uma).get(f"/tickets/{talked_about.number}/").text


def test_asking_marks_nothing(talked_about, aiko, signed_in):
    client = signed_in(aiko)
    for tail in ("", "?article=4", "?page=1"):
        client.get(f"/tickets/{talked_about.number}/{tail}")
    assert not Reading.objects.exists()


def test_an_older_page_that_reports_later_takes_nothing_back(talked_about, aiko, signed_in):
    client = signed_in(aiko)
    report(client, talked_about, article=4)
    report(client, talked_about, article=2)
    assert Reading.objects.get(person=aiko).up_to == 4


def test_one_cannot_have_read_what_is_not_there_yet_or_not_to_be_seen(talked_about, cora, uma, signed_in):
    client = signed_in(cora)
    report(client, talked_about, article=2)
    assert Reading.objects.get(person=cora).up_to == 1
    report(client, talked_about, article=999)
    assert Reading.objects.get(person=cora).up_to == 4
    talked_about.reply("Done.", by=uma)
    assert unread(client, talked_about) == [5]


@pytest.mark.parametrize("article", ["x", "-1", "1.5", "٣", "9" * 40])
def test_what_is_no_articles_number_is_refused(talked_about, uma, signed_in, article):
    assert report(signed_in(uma), talked_about, article=article).status_code == 400
    assert not Reading.objects.exists()


def test_a_report_refused_by_a_floor_above_leaves_nothing_half_done(talked_about, uma, signed_in):
    assert report(signed_in(uma), talked_about, article=4, until="x").status_code == 400
    assert not Reading.objects.exists()


def test_without_script_all_of_it_is_marked_by_a_button(talked_about, aiko, signed_in):
    client = signed_in(aiko)
    answer = report(client, talked_about, all="yes", until="0")
    assert (answer.status_code, answer.url) == (303, f"/tickets/{talked_about.number}/")
    assert unread(client, talked_about) == []


def test_lists_ask_for_tickets_with_new_articles(talked_about, make_ticket, uma, vera, cora, signed_in):
    older = make_ticket(by=uma)
    assert list(Ticket.objects.readable_by(uma).with_new_articles(uma)) == [talked_about]
    assert set(Ticket.objects.readable_by(vera).with_new_articles(vera)) == {talked_about, older}
    report(signed_in(vera), talked_about, article=4)
    assert list(Ticket.objects.readable_by(vera).with_new_articles(vera)) == [older]


def test_an_internal_note_is_news_to_agents_alone(talked_about, mika, uma, cora, signed_in):
    for person in (uma, cora):
        report(signed_in(person), talked_about, article=4)
    talked_about.note("Internal again.", by=mika)
    assert has_news(talked_about, uma)
    assert not has_news(talked_about, cora)


def test_a_deleted_article_is_no_news(talked_about, mika, uma, signed_in):
    report(signed_in(uma), talked_about, article=4)
    note = talked_about.note("Wrong ticket.", by=mika)
    talked_about.delete_article(note, by=mika)
    assert not has_news(talked_about, uma)


def test_a_note_shown_to_customers_later_is_news_to_them(talked_about, uma, mika, cora, signed_in):
    for person in (mika, cora):
        report(signed_in(person), talked_about, article=4)
    talked_about.edit_article(talked_about.articles.get(number=2), visible_for_customer=True, by=uma)
    assert opens(signed_in(cora), talked_about) == 2
    assert not has_news(talked_about, mika)
    talked_about.edit_article(talked_about.articles.get(number=2), body="Disk full.", by=uma)
    report(signed_in(cora), talked_about, article=4)
    assert not has_news(talked_about, cora)


def test_a_merge_takes_along_what_was_read(talked_about, make_ticket, acme, uma, mika, vera, aiko, signed_in):
    target = make_ticket(customer=acme, by=uma)
    target.note("Second.", by=uma)
    for person, read, read_there in ((mika, 4, 2), (vera, 2, 2), (aiko, 4, 1)):
        report(signed_in(person), talked_about, article=read)
        report(signed_in(person), target, article=read_there)
    report(signed_in(uma), talked_about, article=1)
    talked_about.merge_into(target, by=mika)
    assert unread(signed_in(mika), target) == []
    assert unread(signed_in(vera), target) == [5, 6]
    # What aiko had not read here comes first; what she had read there stays read behind it.
    assert unread(signed_in(aiko), target) == [2]
    # All of the target is uma's own.
    assert unread(signed_in(uma), target) == [6]
    assert not talked_about.readings.exists()


def test_what_was_read_stays_so_through_a_second_merge(
    talked_about, make_ticket, acme, uma, mika, vera, signed_in
):
    second, third = (make_ticket(customer=acme, by=uma) for _ticket in range(2))
    Reading.objects.read(talked_about, vera, up_to=3)
    talked_about.merge_into(second, by=mika)
    assert unread(signed_in(vera), second) == [1, 5]
    second.merge_into(third, by=mika)
    assert unread(signed_in(vera), third) == [1, 2, 6]
    assert opens(signed_in(vera), third) == 1
    report(signed_in(vera), third, article=2)
    assert unread(signed_in(vera), third) == [6]
    assert has_news(third, vera)
    report(signed_in(vera), third, article=6)
    assert not has_news(third, vera)


def test_what_lay_between_is_asked_for_no_more_once_it_is_read(
    talked_about, make_ticket, acme, uma, mika, vera
):
    second, third = make_ticket(customer=acme, by=uma), make_ticket(customer=acme, by=vera)
    Reading.objects.read(talked_about, vera, up_to=4)
    talked_about.merge_into(second, by=mika)
    Reading.objects.read(third, vera, up_to=1)
    second.merge_into(third, by=mika)
    assert has_news(third, vera)
    Reading.objects.read(third, vera, up_to=2)
    assert not has_news(third, vera)


def test_a_note_shown_to_customers_after_a_merge_is_news_to_them(
    talked_about, make_ticket, acme, uma, mika, cora, signed_in
):
    target = make_ticket(customer=acme, by=uma)
    Reading.objects.read(talked_about, cora, up_to=4)
    talked_about.merge_into(target, by=mika)
    assert unread(signed_in(cora), target) == [1]
    target.edit_article(target.articles.get(number=3), visible_for_customer=True, by=uma)
    assert unread(signed_in(cora), target) == [1, 3, 4]


def test_an_heir_of_parts_has_read_them_too(
    talked_about, make_ticket, acme, aiko, vera, ada, uma, mika, signed_in
):
    target = make_ticket(customer=acme, by=uma)
    Reading.objects.read(talked_about, vera, up_to=4)
    talked_about.merge_into(target, by=mika)
    take_over(aiko, vera, by=ada)
    assert unread(signed_in(aiko), target) == [1]


def test_an_heir_goes_on_where_the_past_person_was(talked_about, make_ticket, aiko, vera, ada, mika):
    other = make_ticket()
    Reading.objects.read(talked_about, vera, up_to=3)
    Reading.objects.read(other, vera, up_to=1)
    Reading.objects.read(talked_about, aiko, up_to=4)
    take_over(aiko, vera, by=ada)
    assert dict(aiko.readings.values_list("ticket", "up_to")) == {talked_about.pk: 4, other.pk: 1}
    assert not vera.readings.exists()


@pytest.mark.django_db(transaction=True)
def test_two_first_reports_at_once_leave_the_higher(talked_about, aiko):
    start = threading.Barrier(2)

    def read(number):
        start.wait()
        Reading.objects.read(talked_about, aiko, up_to=number)
        close_old_connections()

    both = [threading.Thread(target=read, args=(number,)) for number in (4, 2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert Reading.objects.get(person=aiko).up_to == 4


def test_asking_all_tickets_is_one_statement(talked_about, uma, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert list(Ticket.objects.readable_by(uma).with_new_articles(uma)) == [talked_about]

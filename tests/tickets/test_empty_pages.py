"""An installation with nothing in it yet: each page says what is going on and what to do next."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["/", "/tickets/new/"])
def test_without_a_queue_each_is_told_what_is_missing_and_who_mends_it(ada, uma, ray, signed_in, page):
    told = {person.username: signed_in(person).get(page).text for person in (ada, uma, ray)}
    assert 'href="/admin/tickets/queue/add/"' in told["ada"]
    assert "An administrator sets them up" in told["uma"]
    assert "Requests cannot be sent yet" in told["ray"]
    for text in told.values():
        assert "Create ticket" not in text
    assert "/admin/" not in told["uma"] + told["ray"]


def test_what_was_written_stays_when_the_last_queue_goes(uma, signed_in):
    answer = signed_in(uma).post("/tickets/new/", {"title": "Long thought about"})
    assert answer.status_code == 422
    assert "Long thought about" in answer.text


def test_no_tickets_at_all_is_another_matter_than_none_that_wait(
    uma, vera, service_desk, make_ticket, signed_in
):
    assert "There are no tickets yet. The first one" in signed_in(uma).get("/?view=all").text
    assert "no tickets yet that you may read" in signed_in(vera).get("/?view=all").text
    make_ticket().change_state("closed", by=uma)
    assert "Nothing is waiting here." in signed_in(uma).get("/?view=all").text


@pytest.mark.parametrize(
    ("listing", "says"),
    [
        ("opsi/customer", "Without customers"),
        ("opsi/group", "one for each team"),
        ("tickets/queue", "Without a queue"),
        ("tickets/ticket", "Nobody has registered a ticket"),
        ("notifications/mail", "No mail was made yet"),
        ("notifications/outbox", "Nothing has happened on a ticket"),
    ],
)
def test_an_empty_list_of_the_admin_says_what_it_means(ada, signed_in, listing, says):
    client = signed_in(ada)
    page = client.get(f"/admin/{listing}/").text
    assert "Nothing here yet" in page
    assert says in page
    # What is searched for and not found is another matter.
    assert "Nothing here yet" not in client.get(f"/admin/{listing}/?q=nothing").text


@pytest.mark.parametrize("page", ["watchers/policycell/try", "notifications/definition/dry-run"])
def test_what_is_tried_on_a_ticket_says_that_there_is_none(ada, signed_in, page):
    answer = signed_in(ada).get(f"/admin/{page}/")
    assert (answer.status_code, "no ticket yet to try it on" in answer.text) == (200, True)


def test_inbox_and_watched_list_say_how_something_comes_to_them(uma, signed_in):
    client = signed_in(uma)
    assert "You are told when something happens" in client.get("/inbox/?show=all").text
    assert "Watch it myself" in client.get("/watched/").text

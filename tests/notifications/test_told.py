"""The zoom panel **Who was notified**: who sees which people, which reasons, which addresses (domain §7)."""

import datetime
import re
import uuid

import pytest
from django.utils import timezone

from notifications.choices import Drop
from notifications.models import Candidate, Definition, DeliveryAttempt, Mail, MailItem, PersonalSettings
from notifications.told import PEOPLE, RECENT, Told
from opsi.models import User
from tickets.models import TicketEvent
from tickets.operations import operation
from watchers.choices import Extent, SetterKind, TargetKind
from watchers.models import PolicyCell, Watcher


@pytest.fixture
def acted(ticket, mika, uma, aiko, cora, dispatch, forget):
    """The Acme ticket with watchers aiko and cora and, last, a note by mika that is internal."""
    for person in (aiko, cora):
        Watcher.objects.watch(ticket, person, by=uma)
    forget()
    ticket.note("The customer need not know.", by=mika)
    dispatch()
    return ticket


@pytest.fixture
def panel(signed_in):
    """The panel's words, without what is not for reading; None where there is none."""

    def get(person, ticket):
        page = signed_in(person).get(f"/tickets/{ticket.number}/").content.decode()
        found = re.search(
            r'<section class="card panel" aria-labelledby="told-title">.*?</section>', page, re.S
        )
        return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else None

    return get


def ways(person, ticket):
    """{name: {channel: what became of it}} of the newest operation, as `person` is shown it."""
    newest = Told(person, ticket).operations[0]
    return {
        who.name: {channel: way.text for channel, way in who.ways.items()} for who in newest.people.values()
    }


def test_it_says_who_was_told_where_and_who_was_not_and_why(acted, uma):
    assert ways(uma, acted) == {
        "Cora Castor": {"in_app": Drop.NO_ARTICLE_ACCESS.label, "email": Drop.NO_ARTICLE_ACCESS.label},
        "Mika Manager": {"in_app": Drop.ACTOR.label, "email": Drop.ACTOR.label},
        "Uma Ogawa": {"in_app": "told", "email": "goes out"},
        "佐藤 愛子": {"in_app": "told", "email": "goes out"},
    }


def test_the_panel_stands_on_the_agents_zoom_page(acted, uma, panel):
    words = panel(uma, acted)
    assert words.startswith("Who was notified Article added 2 told, 2 not Mika Manager, just now")
    assert "Uma Ogawa Owner In the app: told" in words


@pytest.mark.parametrize("who", ["cora", "carl"])
def test_customers_have_no_such_panel_and_no_such_page(acted, everyone, signed_in, panel, who):
    assert panel(everyone[who], acted) is None
    assert signed_in(everyone[who]).get(f"/tickets/{acted.number}/told/").status_code == 404


def test_a_requester_who_watches_has_none_either(acted, ray, uma, panel, signed_in):
    Watcher.objects.watch(acted, ray, by=uma)
    assert panel(ray, acted) is None
    assert signed_in(ray).get(f"/tickets/{acted.number}/told/").status_code == 404


def test_why_somebody_was_not_told_needs_write(acted, vera):
    assert set(ways(vera, acted)) == {"Uma Ogawa", "佐藤 愛子"}


def test_whom_the_policy_hides_is_not_spoken_of(acted, uma, mika, dispatch):
    PolicyCell.objects.filter(setter=SetterKind.USER, target=TargetKind.OWN_CUSTOMER).update(see=Extent.NONE)
    assert "Cora Castor" not in ways(uma, acted)
    assert "Cora Castor" in ways(mika, acted)
    assert "Uma Ogawa" in ways(uma, acted)


def test_one_always_finds_oneself(acted, uma):
    PolicyCell.objects.update(see=Extent.NONE)
    assert set(ways(uma, acted)) == {"Uma Ogawa"}


def test_mail_is_followed_to_its_end(acted, uma, ada):
    item = MailItem.objects.get(person=uma)
    at = timezone.now()
    item.state, item.finished_at = "sent", at
    item.save()
    [way] = [
        one for one in Told(ada, acted).operations[0].people[uma.pk].ways.values() if one.channel == "email"
    ]
    assert (way.text, way.at, way.told) == ("sent", at, True)
    item.state, item.withdrawal = "withdrawn", "watch_ended"
    item.save()
    assert ways(uma, acted)["Uma Ogawa"]["email"] == "not sent: stopped watching"
    item.state, item.withdrawal = "failed", ""
    item.save()
    assert ways(uma, acted)["Uma Ogawa"]["email"] == "could not be delivered"


def test_why_a_mail_was_held_back_needs_write_too(acted, uma, vera):
    MailItem.objects.filter(person=uma).update(state="withdrawn", withdrawal="watch_ended")
    assert ways(vera, acted)["Uma Ogawa"]["email"] == "not sent"


def test_addresses_and_the_servers_answers_are_for_administrators(acted, ada, mika, uma, panel):
    mail = Mail.objects.get(items__person=uma)
    DeliveryAttempt.objects.create(
        mail=mail, function="opsi", outcome="temporary", answer="450 4.2.0 Greylisted"
    )
    assert "uma@example.com" in panel(ada, acted)
    assert "450 4.2.0 Greylisted" in panel(ada, acted)
    for person in (mika, uma):
        assert "@example.com" not in panel(person, acted)
        assert "Greylisted" not in panel(person, acted)


def test_an_extra_address_is_named_to_administrators_only(acted, ada, uma, mika, dispatch):
    Definition.objects.filter(shipped_as="new-article").update(extra_addresses="boss@example.org")
    acted.reply("We are on it.", by=mika)
    dispatch()
    assert "boss@example.org" in ways(ada, acted)
    assert "boss@example.org" not in str(ways(uma, acted))
    assert "An extra address" in ways(uma, acted)


def test_what_one_turned_off_is_said_per_channel(acted, uma, aiko, mika, dispatch):
    PersonalSettings.objects.create(person=aiko, out_of_office_from=datetime.date(2020, 1, 1))
    acted.note("Another.", by=mika)
    dispatch()
    assert ways(uma, acted)["佐藤 愛子"] == {"in_app": "told", "email": Drop.OUT_OF_OFFICE.label}


def test_a_change_of_many_tickets_shows_on_each(ticket, make_ticket, acme, uma, mika, dispatch, forget):
    other = make_ticket(customer=acme, owner=uma)
    forget()
    with operation(by=mika):
        ticket.change_state("in_progress", by=mika)
        other.change_state("in_progress", by=mika)
    dispatch()
    for one in (ticket, other):
        assert ways(mika, one)["Uma Ogawa"] == {"in_app": "told", "email": "goes out"}


def test_what_waits_for_dispatch_says_so(acted, mika, uma, panel):
    acted.change_priority("high", by=mika)
    assert "Who is notified is being worked out." in panel(uma, acted)


def test_what_was_done_quietly_says_so(acted, mika, uma, panel):
    with operation(by=mika, quiet=True):
        acted.change_priority("high", by=mika)
    assert "Whoever did this chose to tell nobody." in panel(uma, acted)


def test_only_the_last_twenty_operations(acted, mika, uma):
    for number in range(RECENT + 3):
        acted.note(f"Note {number}", by=mika)
    operations = Told(uma, acted).operations
    assert len(operations) == RECENT
    assert operations[0].id == TicketEvent.objects.order_by("pk").last().operation


def test_of_very_many_people_the_first_and_a_link_to_all(acted, uma, signed_in):
    event = acted.events.last()
    crowd(acted, event, 100)
    newest = Told(uma, acted).operations[0]
    assert (len(newest.people), newest.more) == (PEOPLE, True)
    page = signed_in(uma).get(f"/tickets/{acted.number}/told/{event.operation}/").content.decode()
    assert page.count("Zoe ") == 100


def test_a_page_of_an_operation_that_is_not_the_tickets_is_not_found(acted, make_ticket, uma, bo, signed_in):
    other = make_ticket().events.last().operation
    client = signed_in(uma)
    assert client.get(f"/tickets/{acted.number}/told/{other}/").status_code == 404
    assert client.get(f"/tickets/{acted.number}/told/{uuid.uuid4()}/").status_code == 404
    assert client.get(f"/tickets/{acted.number}/told/nothing/").status_code == 404
    assert signed_in(bo).get(f"/tickets/{acted.number}/told/").status_code == 404
    assert client.post(f"/tickets/{acted.number}/told/").status_code == 405


@pytest.mark.parametrize(("who", "statements"), [("uma", 4), ("ada", 5)])
def test_statements_do_not_grow_with_people(acted, everyone, who, statements, django_assert_num_queries):
    viewer = User.objects.get(username=who)
    with django_assert_num_queries(statements):
        assert Told(viewer, acted).operations
    crowd(acted, acted.events.last(), 1_000)
    with django_assert_num_queries(statements):
        assert Told(viewer, acted).operations


def crowd(ticket, event, number):
    people = User.objects.bulk_create(
        User(
            username=f"crowd{index}",
            full_name=f"Zoe {index}",
            effective_role="itsm_user",
            agent_role="itsm_user",
        )
        for index in range(number)
    )
    definition = Definition.objects.first()
    Candidate.objects.bulk_create(
        Candidate(
            operation=event.operation, ticket=ticket, event=event, definition=definition, person=person,
            channel="in_app", reasons=["watchers"], drop="preference", local_date=datetime.date(2026, 1, 1),
        )
        for person in people
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "text", "counts"),
    [
        ("sent", "sent", True),
        ("delivered", "delivered", True),
        ("bounced", "came back", False),
        ("complained", "reported as spam", True),
    ],
)
def test_what_the_provider_reported_stands_there_with_its_time(acted, uma, state, text, counts):
    now = timezone.now()
    Mail.objects.update(state=state, finished_at=now)
    MailItem.objects.update(state="sent", finished_at=now)
    [way] = [
        person.ways["email"]
        for person in Told(uma, acted).operations[0].people.values()
        if person.name == "Uma Ogawa"
    ]
    assert (way.text, way.at, way.told) == (text, now, counts)


def test_a_mail_that_is_tried_again_says_when(acted, uma):
    Mail.objects.update(state="due", attempts=1, closes_at=timezone.now())
    assert ways(uma, acted)["Uma Ogawa"]["email"] == "could not be sent yet, tried again"

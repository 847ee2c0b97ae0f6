"""A Customer Manager follows all tickets of their customer, by type and priority; visible articles only (domain §5)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.choices import Drop
from notifications.models import Candidate, Definition, Following, Notice
from notifications.reasons import your_parts
from opsi.models import User
from opsi.roles import CustomerRole
from tests.notifications.conftest import drops, told
from tests.waiting import text_of

PATH = "/preferences/notifications/"


def follow(person, **fields):
    return Following.objects.create(person=person, customer=person.customer, **fields)


@pytest.fixture
def acts(make_ticket, acme, uma, dispatch, forget):
    """`acts(ticket=…)`: of an Acme ticket nobody of Acme is concerned with, the last act is dispatched."""

    def run(act, **fields):
        ticket = make_ticket(**({"customer": acme, "owner": uma} | fields))
        forget()
        act(ticket)
        dispatch()
        return ticket

    return run


@pytest.mark.parametrize(
    ("act", "is_told"),
    [
        (lambda ticket, uma: ticket.reply("We are on it.", by=uma), True),
        (lambda ticket, uma: ticket.note("Between us.", by=uma), False),
        (lambda ticket, uma: ticket.change_state("open", by=uma), True),
        (lambda ticket, uma: ticket.change_priority("high", by=uma), False),
    ],
    ids=["public article", "internal note", "state", "priority"],
)
def test_of_what_is_visible_and_of_states_they_are_told(acts, carl, uma, act, is_told):
    follow(carl)
    acts(lambda ticket: act(ticket, uma))
    assert ("carl" in told()) == is_told


def test_they_are_told_of_a_new_ticket_and_why(make_ticket, acme, carl, dispatch):
    follow(carl)
    make_ticket(customer=acme)
    dispatch()
    notice = Notice.objects.get(person=carl)
    assert notice.reasons == ["following_managers"]
    assert your_parts(notice) == ["you follow your customer's tickets"]


def test_a_new_ticket_that_begins_with_an_internal_article_is_not_told(make_ticket, acme, carl, dispatch):
    follow(carl)
    make_ticket(customer=acme, visible_for_customer=False)
    dispatch()
    assert drops()["carl"] == {Drop.NO_ARTICLE_ACCESS}


@pytest.mark.parametrize(
    ("chosen", "is_told"),
    [
        ({}, True),
        ({"types": ["incident", "problem"]}, True),
        ({"types": ["request"]}, False),
        ({"priorities": ["very_high", "high"]}, True),
        ({"priorities": ["low"]}, False),
        ({"types": ["incident"], "priorities": ["low"]}, False),
    ],
)
def test_only_of_the_types_and_priorities_they_chose(make_ticket, acme, carl, dispatch, chosen, is_told):
    follow(carl, **chosen)
    make_ticket(customer=acme, type="incident", priority="high")
    dispatch()
    assert ("carl" in told()) == is_told


def test_another_customers_tickets_are_not_theirs(make_ticket, borealis, carl, dispatch):
    follow(carl)
    make_ticket(customer=borealis)
    dispatch()
    assert "carl" not in told()


class TestEnds:
    @pytest.fixture
    def is_told(self, acts, carl, uma):
        def ask():
            acts(lambda ticket: ticket.reply("We are on it.", by=uma))
            return "carl" in told()

        return ask

    def test_with_the_role(self, carl, is_told):
        follow(carl)
        User.objects.filter(pk=carl.pk).update(customer_role=CustomerRole.USER)
        assert not is_told()
        User.objects.filter(pk=carl.pk).update(customer_role=CustomerRole.MANAGER)
        assert is_told()

    def test_with_the_customer_for_good(self, carl, acme, borealis, is_told):
        follow(carl)
        carl.switch_customer(borealis)
        assert not is_told()
        carl.switch_customer(acme)
        assert not is_told()

    def test_with_the_customer_however_it_was_changed(self, carl, acme, borealis, make_ticket, dispatch):
        follow(carl)
        User.objects.filter(pk=carl.pk).update(customer=borealis)
        for customer in (acme, borealis):
            make_ticket(customer=customer)
        dispatch()
        assert not Candidate.objects.filter(person=carl).exists()

    def test_when_the_ticket_goes_to_another_customer(self, carl, acts, borealis, uma):
        follow(carl)
        acts(lambda ticket: (ticket.change_customer(borealis, by=uma), ticket.reply("Hello.", by=uma)))
        assert "carl" not in told()


def test_their_own_act_is_not_told_where_they_only_follow(acts, carl):
    """Rule 4 of domain §3 speaks of watchers, creators and customer users."""
    follow(carl)
    acts(lambda ticket: ticket.follow_up("Any news?", by=carl))
    assert "carl" not in told()


def test_who_is_concerned_anyway_gets_one_notice(acts, carl, uma):
    follow(carl)
    acts(lambda ticket: ticket.reply("We are on it.", by=uma), customer_user=carl)
    assert Notice.objects.get(person=carl).reasons == ["customer_user", "following_managers"]


@pytest.mark.usefixtures("mail_host")
def test_the_mail_says_why(clock, acts, carl, uma, after_window, mail_host):
    follow(carl)
    acts(lambda ticket: ticket.reply("We are on it.", by=uma))
    after_window()
    text = next(text_of(mail) for mail in mail_host.mails if mail["To"] == "carl@example.com")
    assert "Because you follow your customer's tickets." in text


class TestChoosing:
    @pytest.mark.parametrize("who", ["ada", "uma", "cora", "bo", "ray"])
    def test_only_customer_managers_are_asked(self, everyone, signed_in, who):
        client = signed_in(everyone[who])
        assert "My customer&#x27;s tickets" not in client.get(PATH).content.decode()
        assert "My customer's tickets" not in client.get(PATH).content.decode()
        client.post(PATH, {"follow": "on"})
        assert not Following.objects.exists()

    def test_what_is_chosen_is_kept_and_ended(self, carl, acme, signed_in):
        client = signed_in(carl)
        assert "Follow all tickets of Acme" in client.get(PATH).content.decode()
        client.post(PATH, {"follow": "on", "types": ["incident"], "priorities": ["high", "very_high"]})
        own = Following.objects.get()
        assert (own.person, own.customer, own.types, own.priorities) == (
            carl,
            acme,
            ["incident"],
            ["high", "very_high"],
        )
        client.post(PATH, {"follow": "on"})
        assert Following.objects.get().types == []
        client.post(PATH, {})
        assert not Following.objects.exists()

    @pytest.mark.parametrize("fields", [{"types": ["joke"]}, {"priorities": ["9"]}])
    def test_what_there_is_not_is_refused(self, carl, signed_in, fields):
        assert signed_in(carl).post(PATH, {"follow": "on", **fields}).status_code == 422
        assert not Following.objects.exists()

    def test_what_they_chose_at_another_customer_is_not_shown(self, carl, borealis, signed_in):
        follow(carl)
        User.objects.filter(pk=carl.pk).update(customer=borealis)
        form = signed_in(User.objects.get(pk=carl.pk)).get(PATH).context["following_form"]
        assert form.initial == {}


def test_statements_do_not_grow_with_followers(make_ticket, acme, uma, dispatch, forget):
    ticket = make_ticket(customer=acme, owner=uma)
    Definition.objects.exclude(shipped_as="answer-to-customer").update(validity="invalid")

    def cost(count):
        User.objects.filter(username__startswith="manager").update(is_active=False)
        people = User.objects.bulk_create(
            User(
                username=f"manager{number}of{count}",
                full_name=f"Manager {number}",
                email=f"manager{number}of{count}@example.com",
                customer=acme,
                customer_role=CustomerRole.MANAGER,
            )
            for number in range(count)
        )
        Following.objects.bulk_create(Following(person=person, customer=acme) for person in people)
        forget()
        ticket.reply("We are on it.", by=uma)
        with CaptureQueriesContext(connection) as statements:
            dispatch()
        assert Notice.objects.count() == count
        return len(statements)

    assert cost(2) == cost(100)

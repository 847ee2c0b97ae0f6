"""Every installation starts with the shipped definitions, in English and Japanese (domain §5)."""

import pytest
from django.core.management import call_command

from notifications import channels, recipients
from notifications.models import Definition, Notice, Subscription
from notifications.shipped import SHIPPED, ship
from notifications.wording import Reader, unknown_tags, words
from tests.notifications.conftest import drops, told
from tickets import events
from tickets.models.history import record
from tickets.operations import operation
from watchers.models import Watcher


@pytest.mark.parametrize("shipped", [one["shipped_as"] for one in SHIPPED])
def test_each_is_complete(db, shipped):
    definition = Definition.objects.get(shipped_as=shipped)
    assert definition.is_valid
    assert set(definition.events) <= {name for name, _label in events.choices()}
    assert set(definition.recipients) <= {name for name, _label in recipients.choices()}
    assert set(definition.channels) == {name for name, _label in channels.choices()}
    texts = definition.current_version().texts
    assert set(texts) == {"en", "ja"}
    for text in texts.values():
        assert unknown_tags(text["subject"] + text["body"]) == []
    definition.full_clean()
    assert definition.publish().number == 1


def test_each_can_be_read_in_both_languages(ticket, uma, aiko):
    event = ticket.change_state("open", by=uma)
    for definition in Definition.objects.all():
        for reader in (Reader.of(uma), Reader.of(aiko)):
            told = words(definition.current_version(), event, reader)
            assert ticket.number in told.subject
            assert "{{" not in told.subject + told.body


def test_what_an_administrator_left_is_not_touched(db):
    Definition.objects.exclude(shipped_as="ticket-created").delete()
    Definition.objects.update(name="Ours")
    ship()
    assert [definition.name for definition in Definition.objects.all()] == ["Ours"]


def test_they_come_back_after_everything_was_cleared(db):
    Definition.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert Definition.objects.count() == len(SHIPPED)


class TestWhoIsTold:
    """A ticket that carl created, owned by uma, mika responsible, cora and vera watching; aiko subscribes its queue."""

    @pytest.fixture
    def ticket(self, make_ticket, service_desk, carl, uma, mika, cora, vera, aiko):
        Subscription.objects.create(person=aiko, queue=service_desk)
        with operation(by=carl):
            ticket = make_ticket(by=carl, owner=uma, responsible=mika)
            Watcher.objects.watch(ticket, cora, by=carl)
            Watcher.objects.watch(ticket, vera, by=carl)
        return ticket

    def test_of_a_new_ticket(self, ticket, dispatch):
        dispatch()
        assert told() == {"carl": 1, "uma": 1, "mika": 1, "cora": 1, "vera": 1, "aiko": 1}

    def test_of_an_internal_note(self, ticket, uma, dispatch, forget):
        forget()
        ticket.note("Not for the customer.", by=uma)
        dispatch()
        assert told() == {"mika": 1, "vera": 1}
        assert drops()["carl"] == {"no_article_access"}

    def test_of_an_answer(self, ticket, uma, dispatch, forget):
        forget()
        ticket.reply("We are on it.", by=uma)
        dispatch()
        assert told() == {"mika": 1, "vera": 1, "carl": 1, "cora": 1}

    def test_of_a_follow_up_on_a_ticket_nobody_has_locked(self, ticket, carl, dispatch, forget):
        forget()
        ticket.follow_up("Any news?", by=carl)
        dispatch()
        assert told() == {"mika": 1, "uma": 1, "vera": 1, "carl": 1, "cora": 1, "aiko": 1}

    def test_of_a_follow_up_on_a_locked_one(self, ticket, carl, uma, dispatch, forget):
        ticket.lock(by=uma)
        forget()
        ticket.follow_up("Any news?", by=carl)
        dispatch()
        assert "aiko" not in told()

    @pytest.mark.parametrize(
        "change",
        [
            lambda ticket: ticket.change_state("in_progress", by=None),
            lambda ticket: ticket.change_priority("very_high", by=None),
            lambda ticket: ticket.change_type("incident", by=None),
            lambda ticket: ticket.rename("Another title", by=None),
            lambda ticket: ticket.remove(by=None),
        ],
    )
    def test_of_a_change(self, ticket, change, dispatch, forget):
        forget()
        change(ticket)
        dispatch()
        assert told() == {"mika": 1, "uma": 1, "vera": 1, "carl": 1, "cora": 1}

    def test_of_a_lock_nobody(self, ticket, mika, dispatch, forget):
        forget()
        ticket.lock(by=mika)
        dispatch()
        assert told() == {}

    def test_of_a_new_owner_the_new_one_too(self, ticket, aiko, mika, dispatch, forget):
        forget()
        ticket.change_owner(aiko, by=mika)
        dispatch()
        assert told() == {"aiko": 1, "vera": 1, "carl": 1, "cora": 1}

    @pytest.mark.parametrize(
        ("event", "severity"),
        [
            ("NotificationPendingReminder", 1),
            ("NotificationEscalationNotifyBefore", 2),
            ("NotificationEscalation", 3),
        ],
    )
    def test_of_time_events_those_in_charge_once_a_day(self, ticket, event, severity, dispatch, forget):
        forget()
        for _again in range(2):
            with operation(by=None) as under_way:
                record(ticket, event, under_way)
        dispatch()
        assert told() == {"uma": 1, "mika": 1, "aiko": 1}
        assert {notice.severity for notice in Notice.objects.all()} == {severity}

    def test_of_a_delivery_failure_owner_responsible_and_administrators(self, ticket, ada, dispatch, forget):
        forget()
        with operation(by=None) as under_way:
            record(ticket, "EmailDeliveryFailure", under_way)
        dispatch()
        assert told() == {"uma": 1, "mika": 1, "ada": 1}

"""From a change on a ticket to the mails people get, with the shipped definitions (domain §5, behaviour B12)."""

import pytest

from notifications.mailing import send_due
from notifications.models import InboxRow, MailItem, NotificationFunction
from tests.sweeping import sweep
from tests.waiting import mail_server, minutes, text_of
from watchers.models import Watcher

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
]


@pytest.fixture
def begun(make_ticket, acme, uma, aiko, cora, mika):
    """An Acme ticket that uma owns, aiko and cora watch, and everybody has been told of."""
    ticket = make_ticket(customer=acme, owner=uma)
    for watcher in (aiko, cora):
        Watcher.objects.watch(ticket, watcher, by=mika)
    sweep()
    MailItem.objects.all().delete()
    return ticket


def boxes(host):
    return {address.partition("@")[0]: len(host[address]) for address in {mail["To"] for mail in host.mails}}


def test_an_internal_note_reaches_agents_and_a_reply_everybody_in_their_language(
    begun, uma, mika, carl, clock, mail_host
):
    begun.note("Please look at the relay.", by=mika)
    begun.follow_up("It happened again.", by=carl)
    sweep()
    assert mail_host.mails == []
    clock.shift(minutes(10))
    sweep()
    assert boxes(mail_host) == {"uma": 1, "aiko": 1, "cora": 1, "mika": 1}
    [cora] = mail_host["cora@example.com"]
    assert "It happened again." in text_of(cora)
    assert "relay" not in cora.as_string()
    [uma_mail] = mail_host["uma@example.com"]
    assert uma_mail["Subject"].endswith("(Total 2 notifications)")
    assert "Please look at the relay." in text_of(uma_mail)
    assert f"http://testserver/tickets/{begun.number}/?article=3#article-3" in text_of(uma_mail)
    [aiko] = mail_host["aiko@example.com"]
    assert "さんの記事" in text_of(aiko)
    sweep()
    assert len(mail_host.mails) == 4


def test_under_the_mail_server_function_one_mail_each_and_nothing_in_the_app(
    begun, uma, mika, clock, mail_host, smtp_server, ada
):
    own, port = smtp_server(account=("desk", "secret"))
    mail_server(port, account="desk", secret="secret").test("ada@example.com")
    NotificationFunction.load().change_over("mail_server", by=ada)
    InboxRow.objects.all().delete()
    begun.note("One.", by=mika)
    begun.note("Two.", by=mika)
    sweep()
    assert len(own["uma@example.com"]) == 2
    assert len(own["aiko@example.com"]) == 2
    assert not InboxRow.objects.exists()
    assert mail_host.mails == []


def test_mail_that_waits_keeps_its_channels_when_the_function_changes(
    begun, uma, mika, ada, clock, mail_host, smtp_server
):
    begun.note("Before the change-over.", by=mika)
    sweep()
    own, port = smtp_server()
    mail_server(port)
    NotificationFunction.load().change_over("mail_server", by=ada, anyway=True)
    assert send_due() == 0
    clock.shift(minutes(10))
    assert send_due() == 2
    assert mail_host.mails == []
    assert boxes(own) == {"uma": 1, "aiko": 1}
    assert InboxRow.objects.filter(person=uma, ticket=begun).exists()


def test_a_failed_mail_is_told_to_who_can_mend_it_but_not_for_ever(begun, ada, mika, clock, mail_host):
    mail_host.answers["cora@example.com"] = mail_host.answers["uma@example.com"] = "550 No such user"
    begun.reply("Dear Cora.", by=mika)
    sweep()
    for _turn in range(6):
        clock.shift(minutes(10))
        sweep()
    [told] = mail_host["ada@example.com"]
    assert "could not be delivered" in text_of(told)
    # Of cora's mail and of uma's, but not of the one that told uma of cora's.
    assert begun.events.filter(name="EmailDeliveryFailure").count() == 2

"""What people bring along from the systems they know, one test a behaviour, as they would notice it missing.

The finer points stand in the files that are named behind each.
"""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from notifications.dispatch import dispatch_operation
from notifications.exchange import export, import_file
from notifications.mailing import send_due
from notifications.models import (
    Candidate,
    Definition,
    MailItem,
    Notice,
    Outbox,
    Preference,
    Subscription,
)
from notifications.wording import Reader, words
from opsi.models import Group
from tests.notifications.conftest import drops, make_definition, told
from tests.waiting import minutes, text_of
from tickets.models import TicketEvent
from tickets.models.history import record
from tickets.operations import operation
from watchers.models import Watcher


def test_b1_a_bad_call_changes_nothing_and_a_ticket_that_is_gone_is_skipped(ticket, mika, forget):
    """test_outbox.py"""
    forget()
    with pytest.raises(KeyError), operation(by=mika) as under_way:
        record(ticket, "NoSuchEvent", under_way)
    assert not TicketEvent.objects.filter(name="NoSuchEvent").exists()
    assert dispatch_operation("nonsense") is False
    ticket.note("Looked at it.", by=mika)
    waiting = Outbox.objects.get(state="waiting").pk
    type(ticket).objects.filter(pk=ticket.pk).delete()
    assert dispatch_operation(waiting) is True
    assert not Notice.objects.exists()
    assert not Candidate.objects.exists()
    assert Outbox.objects.get(pk=waiting).error == ""


@pytest.mark.parametrize(
    ("shown", "default", "own", "is_told"),
    [
        ("yes", True, None, True),
        ("yes", False, None, False),
        ("yes", True, False, False),
        ("yes", False, True, True),
        ("no", False, False, True),
        ("mandatory", True, False, True),
        ("mandatory", False, None, True),
    ],
)
def test_b5_own_choice_else_the_default_and_what_nobody_may_do_without(
    shown, default, own, is_told, ticket, uma, mika, only, dispatch, forget
):
    """test_drops.py; that saving without a channel is refused: test_preferences_page.py"""
    forget()
    definition = only(show_in_preferences=shown, channels={"email": default})
    if own is not None:
        Preference.objects.create(person=uma, definition=definition, channel="email", enabled=own)
    ticket.note("Looked at it.", by=mika)
    dispatch()
    assert told() == ({"uma": 1} if is_told else {})


def test_b8_however_many_grounds_there_are_it_is_one_notice(
    ticket, uma, aiko, ada, service_desk, only, dispatch, forget
):
    """test_recipients.py, test_step_merging.py"""
    group = Group.objects.create(name="Network", slug="network", agent_role="itsm_manager")
    group.members.add(uma, aiko)
    ticket.change_responsible(uma, by=ada)
    ticket.change_assignment_group(group, by=ada)
    Watcher.objects.watch(ticket, uma, by=uma)
    Subscription.objects.create(person=uma, queue=service_desk)
    forget()
    kinds = ["owner", "responsible", "assignment_group", "watchers", "write_agents", "queue_subscribers"]
    only(
        recipients=kinds,
        users=[uma],
        groups=[group],
        roles=["itsm_manager"],
        extra_addresses="uma@example.com",
    )
    ticket.reply("We are on it.", by=ada)
    dispatch()
    assert (told()["uma"], told()["aiko"]) == (1, 1)
    assert set(Notice.objects.get(person=uma).reasons) == {
        *kinds, "named_users", "named_groups", "roles", "extra_addresses"
    }  # fmt: skip


def test_b9_recipients_of_an_article_get_a_mail_each_and_learn_nothing_of_each_other(
    ticket, mika, only, dispatch, forget, clock, mail_host
):
    """test_recipients.py"""
    forget()
    only(recipients=["last_article_recipients"])
    to = "Ann <ann@example.org>, ben@example.org, ANN@example.org"
    ticket.reply("We are on it.", by=mika, to=to, cc="ben@example.org, eve@example.org")
    dispatch()
    clock.shift(minutes(10))
    send_due()
    everybody = {"ann@example.org", "ben@example.org", "eve@example.org"}
    assert sorted(mail["To"] for mail in mail_host.mails) == sorted(everybody)
    assert [len(recipients) for recipients in mail_host.recipients] == [1, 1, 1]
    for mail in mail_host.mails:
        assert not any(address in mail.as_string() for address in everybody - {mail["To"]})


@pytest.mark.parametrize(
    ("addresses", "reached"),
    [
        ("a@example.org,b@example.org", ["a@example.org", "b@example.org"]),
        ("a@example.org;b@example.org", ["a@example.org", "b@example.org"]),
        ("a@example.org b@example.org\n\n", ["a@example.org", "b@example.org"]),
        (" , ;; a@example.org,, nonsense, @x, y@ ", ["a@example.org"]),
        ("A@Example.ORG, a@example.org", ["a@example.org"]),
        ("{{ticket.number}}@example.org", ["2026112300000001@example.org"]),
        ("{{no.such.tag}}", []),
    ],
)
def test_b10_extra_addresses(addresses, reached, ada, only, dispatch, forget, clock, make_ticket):
    """test_recipients.py"""
    ticket = make_ticket()
    forget()
    only(recipients=[], extra_addresses=addresses)
    ticket.reply("We are on it.", by=ada)
    dispatch()
    assert sorted(told()) == reached


def test_b11_the_article_filter_counts_for_every_event_that_has_an_article(
    make_ticket, uma, mika, only, dispatch, forget
):
    """test_filters.py"""
    forget()
    only(
        events=["TicketCreate", "ArticleCreate", "ArticleUpdate", "ArticleDelete", "TicketStateUpdate"],
        article_filter={"body": ["gateway", "router"], "sender_type": ["agent"]},
        ticket_filter={"priority": ["high", "medium"], "is_locked": [False]},
        channels={"in_app": True},
    )
    for word in ("printer", "gateway"):
        ticket = make_ticket(owner=uma, body=f"The {word} hums.")
        article = ticket.note(f"The {word} is silent.", by=mika)
        ticket.edit_article(article, by=mika, body=f"The {word} is still silent.")
        ticket.delete_article(article, by=mika)
        dispatch()
    events = [notice.event.name for notice in Notice.objects.order_by("pk")]
    # The deleted note is told of as deleted only.
    assert events == ["TicketCreate", "ArticleDelete"]
    ticket.change_priority("low", by=mika)
    ticket.note("Another gateway.", by=mika)
    dispatch()
    assert Notice.objects.count() == 2


def test_b12_each_reads_it_in_their_language_and_time_zone(
    ticket, uma, aiko, mika, define, only, dispatch, forget, clock, mail_host
):
    """test_wording.py"""
    Watcher.objects.watch(ticket, aiko, by=uma)
    forget()
    text = "{{event.new}} {{ticket.priority}} {{event.time}} {{no.such.tag}}"
    definition = only(events=["TicketStateUpdate"], recipients=["owner", "watchers"], subject="EN", body=text)
    definition.texts.create(language="ja", subject="JA", body=text)
    definition.publish()
    ticket.change_state("in_progress", by=mika)
    dispatch()
    clock.shift(minutes(10))
    send_due()
    [to_uma], [to_aiko] = mail_host["uma@example.com"], mail_host["aiko@example.com"]
    assert "In progress Medium 2026-11-23 09:00 (UTC) -" in text_of(to_uma)
    assert "対応中 中 2026-11-23 18:00 (Asia/Tokyo) -" in text_of(to_aiko)
    assert (to_uma["Subject"], to_aiko["Subject"]) == ("EN", "JA")


def test_b13_what_one_may_read_never_leaks_into_the_next(ticket, uma, carl, mika):
    """test_wording.py"""
    event = ticket.note("The customer need not know.", by=mika).events.get()
    version = make_definition(name="Ours", body="{{recipient.name}}: {{article.body}}").current_version()
    read = [words(version, event, Reader.of(one)).body for one in (uma, carl, mika, carl)]
    secret = "The customer need not know."
    assert read == [f"Uma Ogawa: {secret}", "Carl Castor: -", f"Mika Manager: {secret}", "Carl Castor: -"]


def test_b14_definitions_are_named_once_copied_exported_and_silent_while_invalid(
    ticket, mika, ada, signed_in, only, dispatch, forget
):
    """test_definition_admin.py, test_exchange.py"""
    forget()
    definition = only(name="通知 🎫", validity="invalid")
    with pytest.raises(ValidationError):
        Definition(name="通知 🎫", events=["TicketCreate"], channels={"email": True}).full_clean()
    ticket.note("Looked at it.", by=mika)
    dispatch()
    assert told() == {}
    copy = definition.copy()
    file = export([definition, copy])
    Definition.objects.filter(pk=copy.pk).delete()
    imported = import_file(file.encode(), overwrite=True)
    assert [one.name for one in imported.added] == [copy.name]
    assert [one.pk for one in imported.overwritten] == [definition.pk]
    add = reverse("admin:notifications_definition_add")
    for left_out in ("events", "texts"):
        posted = {
            "name": "Half", "validity": "valid", "severity": "warning", "show_in_preferences": "yes",
            "events": ["TicketCreate"], "channels": ["email"], "texts-TOTAL_FORMS": "1", "texts-INITIAL_FORMS": "0",
            "texts-0-language": "en", "texts-0-frame": "default", "texts-0-subject": "S", "texts-0-body": "B",
        } | ({"events": []} if left_out == "events" else {"texts-0-subject": "", "texts-0-body": ""})  # fmt: skip
        assert signed_in(ada).post(add, posted).status_code == 200
    assert not Definition.objects.filter(name="Half").exists()
    assert not MailItem.objects.exists()
    assert drops() == {}

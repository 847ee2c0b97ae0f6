"""Whatever happened while a notification waited, nobody is mailed what they may not read or no longer want (§5, T)."""

import pytest
from django.utils import timezone

from notifications.choices import ItemState, MailState, Severity
from notifications.models import Candidate, InboxRow, Mail, MailItem, PersonalSettings, Preference
from opsi.models import User
from tests.waiting import minutes, text_of
from tickets.models import QueueGrant
from watchers.models import Watcher

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock", "mail_host"),
]


@pytest.fixture
def fate(after_window):
    """`fate(item)`: the window ends; "sent", or why the item was withdrawn."""

    def end(item):
        after_window()
        item.refresh_from_db()
        return item.withdrawal or item.state

    return end


def test_nothing_changed_and_it_is_sent(ticket, uma, wait, fate):
    assert fate(wait(uma, ticket)) == ItemState.SENT


def test_a_person_who_was_disabled_gets_nothing(ticket, uma, wait, fate, mail_host):
    """Guard: rejudging.Judge.judged asks is_notifiable again."""
    item = wait(uma, ticket)
    User.objects.filter(pk=uma.pk).update(is_active=False)
    assert fate(item) == "inactive"
    assert item.mail.state == MailState.WITHDRAWN
    assert mail_host.mails == []


def test_a_person_who_was_deleted_gets_nothing(ticket, uma, wait, fate):
    item = wait(uma, ticket)
    User.objects.filter(pk=uma.pk).update(deleted_at=timezone.now())
    assert fate(item) == "inactive"


def test_queue_access_lost_in_the_window(ticket, vera, wait, fate):
    """Guard: Judge._reason_against asks again who may read."""
    item = wait(vera, ticket)
    QueueGrant.objects.all().delete()
    assert fate(item) == "no_access"


def test_a_ticket_moved_to_a_hidden_queue(ticket, vera, mika, wait, fate):
    """Guard: Judge._reason_against asks again who may read."""
    from tickets.models import Queue

    item = wait(vera, ticket)
    ticket.change_queue(Queue.objects.create(name="Hidden"), by=mika)
    assert fate(item) == "no_access"


def test_a_customer_user_who_was_switched_away(ticket, cora, borealis, wait, fate):
    """Guard: Judge._reason_against asks again who may read."""
    item = wait(cora, ticket)
    cora.switch_customer(borealis)
    assert fate(item) == "no_access"


def test_a_ticket_given_to_another_customer(ticket, cora, borealis, uma, wait, fate):
    """Guard: Judge._reason_against asks again who may read."""
    item = wait(cora, ticket)
    ticket.change_customer(borealis, by=uma)
    assert fate(item) == "no_access"


def test_a_deleted_ticket_is_told_of_no_more(ticket, uma, mika, wait, fate):
    """Guard: Judge._reason_against leaves out what is deleted."""
    item = wait(uma, ticket)
    ticket.remove(by=mika)
    assert fate(item) == "no_access"


def test_of_its_deletion_people_are_told_all_the_same(ticket, uma, mika, wait, fate, mail_host):
    ticket.remove(by=mika)
    assert fate(wait(uma, ticket)) == ItemState.SENT
    assert "http://testserver/tickets/" not in text_of(mail_host.mails[0])


def test_whose_watch_ended_by_another_is_told_without_reading_the_ticket(ticket, vera, mika, wait, fate):
    Watcher.objects.watch(ticket, vera, by=mika)
    QueueGrant.objects.all().delete()
    Watcher.objects.unwatch(ticket, vera, by=mika)
    assert fate(wait(vera, ticket, reasons=["watcher_subject"])) == ItemState.SENT


def test_whose_watch_ended_is_not_told_as_a_watcher(ticket, vera, mika, wait, fate):
    """Guard: Judge._reason_against asks Watching.against."""
    Watcher.objects.watch(ticket, vera, by=mika)
    item = wait(vera, ticket, event=ticket.events.first(), reasons=["watchers"])
    Watcher.objects.unwatch(ticket, vera, by=vera)
    assert fate(item) == "watch_ended"


def test_whose_watch_ended_is_told_on_another_ground(ticket, vera, mika, wait, fate):
    Watcher.objects.watch(ticket, vera, by=mika)
    item = wait(vera, ticket, event=ticket.events.first(), reasons=["watchers", "queue_subscribers"])
    Watcher.objects.unwatch(ticket, vera, by=vera)
    assert fate(item) == ItemState.SENT


def test_who_watches_still_is_told(ticket, vera, mika, wait, fate):
    Watcher.objects.watch(ticket, vera, by=mika)
    assert fate(wait(vera, ticket, event=ticket.events.first(), reasons=["watchers"])) == ItemState.SENT


def test_a_watcher_is_told_of_the_merge_that_moved_the_watch(
    ticket, make_ticket, vera, mika, acme, wait, fate
):
    other = make_ticket(customer=acme)
    Watcher.objects.watch(ticket, vera, by=mika)
    ticket.merge_into(other, by=mika)
    assert fate(wait(vera, ticket, event=ticket.events.last(), reasons=["watchers"])) == ItemState.SENT


def test_an_article_merged_into_a_hidden_queue_is_told_nobody_who_cannot_read_it_there(
    ticket, make_ticket, vera, mika, uma, acme, wait, fate
):
    """Guard: rejudging._homes_of, where the article is now."""
    from tickets.models import Queue

    hidden = make_ticket(customer=acme)
    hidden.change_queue(Queue.objects.create(name="Hidden"), by=mika)
    ticket.note("Between us.", by=uma)
    item = wait(vera, ticket)
    ticket.merge_into(hidden, by=mika)
    assert fate(item) == "no_access"


@pytest.mark.parametrize("to", ["uma", "someone@example.org"])
def test_an_article_merged_into_a_ticket_that_was_deleted_is_told_nobody(
    ticket, make_ticket, uma, mika, acme, wait, fate, to
):
    """Guard: Judge._reason_against leaves out what is deleted."""
    other = make_ticket(customer=acme)
    ticket.reply("It is the gateway.", by=mika)
    item = wait(uma if to == "uma" else to, ticket)
    ticket.merge_into(other, by=mika)
    other.refresh_from_db()
    other.remove(by=mika)
    assert fate(item) == "no_access"


def test_a_deleted_article(ticket, uma, mika, wait, fate):
    """Guard: rejudging._shown."""
    article = ticket.note("Wrong ticket.", by=mika)
    item = wait(uma, ticket)
    ticket.delete_article(article, by=mika)
    assert fate(item) == "article_gone"


def test_an_article_made_internal(ticket, uma, cora, wait, fate):
    """Guard: rejudging._shown."""
    article = ticket.reply("Dear Cora", by=uma)
    item = wait(cora, ticket)
    ticket.edit_article(article, by=uma, visible_for_customer=False)
    assert fate(item) == "article_gone"


def test_an_article_edited_in_the_window_goes_out_as_it_is_now(
    ticket, uma, mika, wait, wording, fate, mail_host
):
    """Guard: tags._body reads the article as it is by then; no text is kept."""
    article = ticket.note("The cable is lose.", by=mika)
    item = wait(uma, ticket, version=wording(en=("Note", "{{article.body}}")))
    ticket.edit_article(article, by=mika, body="The cable is loose.")
    assert fate(item) == ItemState.SENT
    assert "The cable is loose." in text_of(mail_host.mails[0])


def test_where_the_note_is_gone_the_state_changed_with_it_is_told_alone(
    ticket, uma, mika, wait, wording, fate, mail_host
):
    from tickets.operations import operation

    with operation(by=mika):
        article = ticket.note("Secret thoughts.", by=mika)
        note = ticket.events.last()
        ticket.change_state("pending", by=mika)
        state = ticket.events.last()
    words = wording(en=("A note", "{{article.body}}"))
    item = wait(uma, ticket, event=note, others=[state], version=words)
    ticket.delete_article(article, by=mika)
    assert fate(item) == ItemState.SENT
    [mail] = mail_host.mails
    assert "State: New → Pending" in text_of(mail)
    assert "Secret" not in mail.as_string()


def test_a_preference_switched_off(ticket, uma, wait, fate):
    item = wait(uma, ticket)
    definition = item.definition_version.definition
    Preference.objects.create(person=uma, definition=definition, channel="email", enabled=False)
    assert fate(item) == "preference"


def test_a_preference_that_another_definition_still_wants(ticket, uma, wait, wording, fate):
    item, other = wait(uma, ticket), wording().definition
    off = item.definition_version.definition
    for definition in (off, other):
        Candidate.objects.create(
            operation=item.notice.operation,
            ticket=ticket,
            event=item.notice.event,
            definition=definition,
            person=uma,
            channel="email",
            notice=item.notice,
            local_date=timezone.now().date(),
        )
    Preference.objects.create(person=uma, definition=off, channel="email", enabled=False)
    assert fate(item) == ItemState.SENT


def test_a_definition_that_mails_no_more(ticket, uma, wait, fate):
    item = wait(uma, ticket)
    definition = item.definition_version.definition
    definition.channels = {"in_app": True}
    definition.save()
    assert fate(item) == "preference"


@pytest.fixture
def reads(clock):
    """`reads(item)`: the item's person reads it in the app a minute later."""

    def read(item):
        clock.shift(minutes(1))
        InboxRow.objects.create(
            person=item.person, ticket=item.notice.ticket, notice=item.notice, unread_count=1
        )
        item.person.inbox.mark_read()

    return read


def test_what_was_read_in_the_app_is_mailed_unless_one_asks_otherwise(ticket, uma, wait, reads, fate):
    item = wait(uma, ticket)
    reads(item)
    assert fate(item) == ItemState.SENT


def test_no_mail_for_what_was_read_where_one_asks_so(ticket, uma, wait, reads, fate):
    PersonalSettings.objects.create(person=uma, no_mail_when_read=True)
    item = wait(uma, ticket)
    reads(item)
    assert fate(item) == "read_in_app"


def test_mail_for_what_came_after_the_reading(ticket, uma, wait, reads, clock, fate):
    PersonalSettings.objects.create(person=uma, no_mail_when_read=True)
    reads(wait(uma, ticket))
    clock.shift(minutes(1))
    assert fate(wait(uma, ticket)) == ItemState.SENT


def test_an_item_follows_its_persons_new_address(ticket, uma, mika, wait, after_window, mail_host):
    """Guard: recheck.recheck compares with Judge.address_of."""
    mika.email = uma.email
    mika.save()
    moved, stays = wait(uma, ticket), wait(mika, ticket)
    User.objects.filter(pk=uma.pk).update(email="Uma@New.example.com")
    assert after_window() == 2
    assert {mail["To"] for mail in mail_host.mails} == {"uma@example.com", "uma@new.example.com"}
    assert all("Total" not in mail["Subject"] for mail in mail_host.mails)
    moved.refresh_from_db()
    assert moved.mail.address == "uma@new.example.com"
    assert moved.mail_id != stays.mail_id


def test_an_address_taken_away(ticket, uma, wait, fate):
    item = wait(uma, ticket)
    User.objects.filter(pk=uma.pk).update(email="")
    assert fate(item) == "no_address"


def test_where_some_are_withdrawn_the_total_counts_the_others(
    ticket, uma, mika, wait, wording, fate, mail_host
):
    article = ticket.note("Wrong ticket.", by=mika)
    gone = wait(uma, ticket, severity=Severity.CRITICAL, version=wording(en=("Gone", "x")))
    wait(uma, ticket, event=ticket.events.first(), version=wording(en=("Kept", "x")))
    wait(uma, ticket, event=ticket.events.first(), version=wording(en=("Kept as well", "x")))
    ticket.delete_article(article, by=mika)
    assert fate(gone) == "article_gone"
    assert mail_host.mails[0]["Subject"] == "Kept (Total 2 notifications)"
    assert Mail.objects.get().state == MailState.SENT
    assert sorted(MailItem.objects.values_list("state", flat=True)) == ["sent", "sent", "withdrawn"]

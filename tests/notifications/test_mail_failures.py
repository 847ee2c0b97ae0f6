"""What a mail server may do to us, and what comes of it (domain §7, behaviour B15, traps T)."""

import pytest

from notifications.choices import Function, ItemState, MailState, Outcome, Severity
from notifications.compose import compose
from notifications.mailing import send_due
from notifications.models import DeliveryAttempt, Mail, MailItem, Notice, NotificationFunction, Outbox
from notifications.outcomes import LONGEST_DELAY, MOST_ATTEMPTS, Result, delay_after, write_down
from tests.smtp import dead_port, use_smtp
from tests.waiting import START, mail_server, minutes, text_of
from tickets.models import TicketEvent

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
]


def states():
    return {mail.address.partition("@")[0]: mail.state for mail in Mail.objects.all()}


def last_answer():
    return DeliveryAttempt.objects.order_by("pk").last().answer


def last_word():
    return DeliveryAttempt.objects.order_by("pk").last().happened


def failures(ticket):
    return [event.new for event in ticket.events.filter(name="EmailDeliveryFailure")]


@pytest.fixture
def waiting(ticket, uma, wait):
    """A mail to uma that is due in 10 minutes."""
    return wait(uma, ticket)


@pytest.mark.parametrize(
    "answer", ["421 Try later", "450 Greylisted", "451 Local error", "452 Mailbox full for now"]
)
def test_not_now_is_tried_again_with_the_same_message_id(waiting, answer, after_window, clock, mail_host):
    mail_host.answers["uma@example.com"] = answer
    assert after_window() == 0
    mail = Mail.objects.get()
    assert (mail.state, mail.attempts, mail.finished_at) == (MailState.DUE, 1, None)
    assert minutes(11) <= mail.closes_at - START <= minutes(11.25)
    [attempt] = mail.deliveries.all()
    assert (attempt.outcome, attempt.answer) == (Outcome.TEMPORARY, answer)
    assert send_due() == 0

    mail_host.answers.clear()
    clock.shift(minutes(2))
    assert send_due() == 1
    assert mail_host.mails[0]["Message-ID"] == mail.message_id
    assert states() == {"uma": MailState.SENT}


def test_refused_for_good_fails_at_once_and_the_ticket_says_so(
    waiting, ticket, uma, after_window, clock, mail_host
):
    mail_host.answers["uma@example.com"] = "550 5.1.1 No such user"
    after_window()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.mail.state) == (ItemState.FAILED, MailState.FAILED)
    assert last_answer() == "550 5.1.1 No such user"
    assert failures(ticket) == [{"id": uma.pk, "name": "Uma Ogawa"}]
    event = ticket.events.last()
    assert (event.actor, event.data) == (None, {"mail": waiting.mail.pk})
    assert Outbox.objects.filter(operation=event.operation).exists()
    clock.shift(minutes(60))
    assert send_due() == 0


def test_a_failure_that_cannot_be_told_by_mail_is_not_told_again(
    waiting, ticket, uma, wait, after_window, mail_host
):
    mail_host.answers["uma@example.com"] = "550 No such user"
    after_window()
    wait(uma, ticket, event=ticket.events.get(name="EmailDeliveryFailure"))
    after_window()
    assert states() == {"uma": MailState.FAILED}
    assert Mail.objects.count() == 2
    assert len(failures(ticket)) == 1


def test_the_text_refused_after_data_counts_like_the_address(waiting, ticket, after_window, mail_host):
    mail_host.answer = "554 Looks like spam"
    after_window()
    assert states() == {"uma": MailState.FAILED}
    assert last_answer() == "554 Looks like spam"
    assert len(failures(ticket)) == 1


def test_a_mail_that_cannot_even_be_judged_fails_in_the_end_and_that_is_told(
    waiting, ticket, uma, wait, everyone, after_window
):
    Notice.objects.filter(pk=waiting.notice_id).update(event_ids=5)
    Mail.objects.filter(pk=waiting.mail_id).update(attempts=MOST_ATTEMPTS - 1)
    wait(everyone["aiko"], ticket)
    assert after_window() == 1
    assert states() == {"uma": "failed", "aiko": "sent"}
    waiting.refresh_from_db()
    assert waiting.state == ItemState.FAILED
    assert failures(ticket) == [{"id": uma.pk, "name": "Uma Ogawa"}]


def test_what_a_server_says_can_always_be_written_down(waiting):
    result = Result(
        waiting.mail, [], Function.OPSI, Outcome.SENT, "250 OK\0" + "x" * 9_000, provider_id="\0" + "y" * 300
    )
    write_down([result], "")
    waiting.mail.refresh_from_db()
    assert (waiting.mail.state, waiting.mail.provider_id) == (MailState.SENT, "y" * 250)
    assert last_answer() == ("250 OK" + "x" * 9_000)[:1_000]


def test_one_bad_of_five_stops_nobody_else(ticket, everyone, wait, after_window, mail_host):
    for login in ("ada", "mika", "uma", "aiko", "vera"):
        wait(everyone[login], ticket, severity=Severity.CRITICAL if login == "uma" else Severity.INFORMATION)
    mail_host.answers |= {"uma@example.com": "550 No such user", "mika@example.com": "450 Greylisted"}
    assert after_window() == 3
    assert states() == {"ada": "sent", "mika": "due", "uma": "failed", "aiko": "sent", "vera": "sent"}
    assert mail_host.connections == 1


def test_a_connection_that_breaks_after_the_text_leaves_it_unknown(waiting, after_window, clock, mail_host):
    mail_host.break_after_data = True
    assert after_window() == 0
    assert DeliveryAttempt.objects.get().outcome == Outcome.UNKNOWN
    assert states() == {"uma": MailState.DUE}
    mail_host.break_after_data = False
    clock.shift(minutes(2))
    assert send_due() == 1
    first, second = mail_host.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_a_server_that_hangs_before_the_text_is_tried_later(waiting, after_window, smtp_server, settings):
    host, port = smtp_server()
    use_smtp(settings, port, timeout=0.3)
    host.hang_at = "RCPT"
    after_window()
    assert DeliveryAttempt.objects.get().outcome == Outcome.TEMPORARY
    assert last_word() == "The server fell silent before it had the mail."
    assert host.connections == 1


def test_a_server_that_hangs_behind_the_text_leaves_it_unknown(waiting, after_window, smtp_server, settings):
    host, port = smtp_server()
    use_smtp(settings, port, timeout=0.3)
    host.hang_at = "DATA"
    after_window()
    assert DeliveryAttempt.objects.get().outcome == Outcome.UNKNOWN


def test_a_server_that_is_not_there_lets_everything_wait(ticket, uma, mika, wait, after_window, settings):
    wait(uma, ticket)
    wait(mika, ticket)
    use_smtp(settings, dead_port())
    assert after_window() == 0
    assert states() == {"uma": MailState.DUE, "mika": MailState.DUE}
    assert {attempt.happened for attempt in DeliveryAttempt.objects.all()} == {
        "The server refused the connection. Is the port right, and is the mail server running?"
    }


def test_a_wrong_password_fails_no_mail(waiting, after_window, smtp_server):
    host, port = smtp_server(account=("desk", "right"))
    mail_server(port, account="desk", secret="wrong")
    NotificationFunction(function="mail_server", combine_on_mail_server=True).save()
    after_window()
    assert states() == {"uma": MailState.DUE}
    assert last_word().startswith("The server refused the account or the password or token: 535")
    assert host.mails == []


def test_a_server_that_demands_a_sign_in_we_do_not_make_fails_no_mail(waiting, after_window, smtp_server):
    _host, port = smtp_server(account=("desk", "right"))
    mail_server(port)
    NotificationFunction(function="mail_server", combine_on_mail_server=True).save()
    after_window()
    assert states() == {"uma": MailState.DUE}
    assert last_answer() == "530 5.7.0 Authentication required"


def test_a_secret_that_cannot_be_read_any_more_fails_no_mail(waiting, after_window, settings):
    mail_server(dead_port(), account="desk", secret="right")
    NotificationFunction(function="mail_server", combine_on_mail_server=True).save()
    settings.SECRET_KEY = "another"
    after_window()
    assert states() == {"uma": MailState.DUE}
    assert last_word() == "This secret was saved under another OPSI_SECRET_KEY: enter it again."


def test_the_waits_double_up_to_an_hour_and_make_more_than_a_day():
    for attempts in range(1, MOST_ATTEMPTS):
        shortest = min(minutes(2 ** (attempts - 1)), LONGEST_DELAY)
        assert shortest <= delay_after(attempts) <= shortest * 1.25
    assert sum((delay_after(attempts) for attempts in range(1, MOST_ATTEMPTS)), minutes(0)) >= minutes(
        24 * 60
    )
    assert len({delay_after(3) for _turn in range(20)}) > 1


def test_after_a_day_it_is_given_up(waiting, ticket, after_window, clock, mail_host):
    mail_host.answers["uma@example.com"] = "450 Greylisted"
    after_window()
    while Mail.objects.get().state == MailState.DUE:
        clock.move_to(Mail.objects.get().closes_at)
        send_due()
    mail = Mail.objects.get()
    assert (mail.state, mail.attempts, mail.deliveries.count()) == (
        MailState.FAILED,
        MOST_ATTEMPTS,
        MOST_ATTEMPTS,
    )
    assert mail.finished_at - START >= minutes(24 * 60)
    assert len(failures(ticket)) == 1


def test_a_server_that_hangs_up_again_and_again_is_left_alone(
    ticket, everyone, wait, after_window, mail_host
):
    for login in ("ada", "mika", "uma", "aiko", "vera"):
        wait(everyone[login], ticket)
    mail_host.answers |= {f"{login}@example.com": "421 Going down" for login in everyone}
    after_window()
    assert set(states().values()) == {MailState.DUE}
    # A connection that had carried something gets a second chance; of the fresh ones three tell enough.
    assert mail_host.connections == 3


def test_a_closed_connection_is_opened_anew_for_the_next_mail(
    ticket, uma, mika, wait, after_window, mail_host
):
    wait(uma, ticket, severity=Severity.CRITICAL)
    wait(mika, ticket)
    mail_host.close_after = 1
    assert after_window() == 2
    assert mail_host.connections == 2


def test_one_text_that_cannot_be_rendered_fails_alone(ticket, uma, wait, wording, after_window, mail_host):
    wait(uma, ticket)
    bad = wait(uma, ticket, version=wording())
    type(bad.definition_version).objects.filter(pk=bad.definition_version_id).update(texts={"en": "no dict"})
    assert after_window() == 1
    assert mail_host.mails[0]["Subject"] == f"{ticket.number} Mail stops at the gateway"
    bad.refresh_from_db()
    assert (bad.state, bad.mail.state) == (ItemState.FAILED, MailState.SENT)


def test_a_mail_of_which_nothing_can_be_rendered_fails_visibly(
    ticket, uma, mika, wait, after_window, mail_host
):
    bad = wait(uma, ticket)
    type(bad.definition_version).objects.filter(pk=bad.definition_version_id).update(texts={"en": "no dict"})
    assert after_window() == 0
    assert states() == {"uma": MailState.FAILED}
    assert last_word().startswith("None of its notifications can be put into words: Waiting ")


def test_a_poisoned_row_holds_up_only_its_own_mail(
    ticket, make_ticket, uma, mika, wait, after_window, mail_host
):
    other = make_ticket()
    wait(uma, ticket)
    wait(mika, other)
    TicketEvent.objects.filter(ticket=ticket).update(name="NoSuchEvent")
    assert after_window() == 1
    assert states() == {"uma": MailState.DUE, "mika": MailState.SENT}
    assert last_answer() == "250 OK"
    assert "NoSuchEvent" in Mail.objects.get(state=MailState.DUE).deliveries.get().answer


def test_no_transaction_and_no_lock_is_held_while_the_server_talks(
    transactional_db, ticket, uma, wait, after_window, mail_host
):
    wait(uma, ticket)
    seen = []

    def look():
        from django.db import connection

        # On a connection of its own, as another worker or page would.
        seen.append(Mail.objects.filter(state=MailState.SENDING).update(lease_owner="somebody"))
        connection.close()

    mail_host.on_data = look
    assert after_window() == 1
    assert seen == [1]
    assert states() == {"uma": MailState.SENT}


def test_an_administrator_tries_what_failed_once_more(waiting, ticket, after_window, mail_host):
    mail_host.answers["uma@example.com"] = "550 No such user"
    after_window()
    first = Mail.objects.get().message_id
    mail_host.answers.clear()
    assert Mail.objects.all().try_again() == 1
    assert send_due() == 1
    assert mail_host.mails[0]["Message-ID"] == first
    assert MailItem.objects.get().state == ItemState.SENT
    assert "Mail stops at the gateway" in text_of(mail_host.mails[0])


def test_composing_again_keeps_the_message_id(waiting, uma):
    from notifications.recheck import recheck

    mail = waiting.mail
    parts = recheck([mail], NotificationFunction.load(), START)[mail.pk]
    letter = compose(mail, parts, "ops@example.org")
    again = compose(letter.mail, parts, "ops@example.org")
    assert again.message.extra_headers["Message-ID"] == letter.message.extra_headers["Message-ID"]

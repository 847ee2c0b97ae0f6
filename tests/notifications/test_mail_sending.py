"""What a person gets: the whole message, on a real SMTP server (domain §4, §7)."""

import re

import pytest
from django.utils import translation

from notifications.choices import ItemState, MailState, Outcome, Severity
from notifications.mailing import send_due
from notifications.models import DeliveryAttempt, Mail, MailItem, NotificationFunction
from opsi.models import User
from tests.waiting import START, html_of, mail_server, minutes, text_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
]


def test_one_notification_is_one_plain_mail(ticket, uma, wait, wording, after_window, mail_host):
    """Guard: addresses.GUARD, which asks for no automatic answer."""
    wait(
        uma,
        ticket,
        version=wording(en=("[{{ticket.number}}] {{ticket.title}}", "{{actor}} wrote:\n\n{{article.body}}")),
    )
    assert send_due() == 0
    assert after_window() == 1
    [mail] = mail_host.mails
    number = ticket.number
    assert dict(mail.items()) | {"Message-ID": "", "Content-Type": "", "List-Unsubscribe": ""} == {
        "Subject": f"[{number}] Mail stops at the gateway",
        "From": "Ops I <ops-i@localhost>",
        "To": "uma@example.com",
        "Date": "Mon, 23 Nov 2026 09:10:00 +0000",
        "Message-ID": "",
        "In-Reply-To": f"<ticket.{number}@testserver>",
        "References": f"<ticket.{number}@testserver>",
        "List-Unsubscribe": "",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "MIME-Version": "1.0",
        "Content-Type": "",
    }
    assert mail["Message-ID"].endswith("@testserver>")
    assert mail_host.senders == ["ops-i@localhost"]
    assert mail_host.recipients == [["uma@example.com"]]
    assert (
        text_of(mail)
        == f"""\
{number} – Mail stops at the gateway

Mika Manager wrote:

Since this morning nothing leaves.

Because you own it.
Read and answer here: http://testserver/tickets/{number}/?article=1#article-1

Mute this ticket: http://testserver/unsubscribe/…/

----------------------------------------

Replies to this mail are not read: please answer on the ticket's page.
Choose what you are told of: http://testserver/preferences/notifications/
"""
    )
    assert "Mika Manager wrote:<br><br>Since this morning nothing leaves." in html_of(mail)


def test_what_came_of_it_stands_in_the_delivery_log(ticket, uma, wait, after_window, mail_host):
    item = wait(uma, ticket)
    after_window()
    item.refresh_from_db()
    assert (item.state, item.finished_at) == (ItemState.SENT, START + minutes(10))
    mail = item.mail
    assert (mail.state, mail.attempts, mail.function) == (MailState.SENT, 1, "opsi")
    assert mail.message_id == mail_host.mails[0]["Message-ID"]
    assert mail.subject == mail_host.mails[0]["Subject"]
    [attempt] = mail.deliveries.all()
    assert (attempt.outcome, attempt.answer, attempt.at) == (Outcome.SENT, "250 OK", START + minutes(10))
    assert send_due() == 0


def test_the_most_important_gives_the_subject_and_the_order(
    make_ticket, uma, wait, wording, clock, after_window, mail_host
):
    printer, router = make_ticket(title="Printer"), make_ticket(title="Router")
    says = {word: wording(en=(word, f"{word} text")) for word in ("First", "Second", "Third", "Fourth")}
    wait(uma, printer, version=says["First"])
    clock.shift(minutes(1))
    wait(uma, router, version=says["Second"], severity=Severity.WARNING)
    wait(uma, printer, version=says["Third"], severity=Severity.CRITICAL)
    wait(uma, router, version=says["Fourth"], severity=Severity.CRITICAL)
    after_window()
    [mail] = mail_host.mails
    assert mail["Subject"] == "Third (Total 4 notifications)"
    assert mail["References"] is None
    assert mail["In-Reply-To"] is None
    assert (
        text_of(mail)
        == f"""\
{printer.number} – Printer

* Critical: Third (2026-11-23 09:00, UTC)

Third text

Because you own it.
Read and answer here: http://testserver/tickets/{printer.number}/?article=1#article-1

* First (2026-11-23 09:00, UTC)

First text

Because you own it.
Read and answer here: http://testserver/tickets/{printer.number}/?article=1#article-1

Mute this ticket: http://testserver/unsubscribe/…/

----------------------------------------

{router.number} – Router

* Critical: Fourth (2026-11-23 09:00, UTC)

Fourth text

Because you own it.
Read and answer here: http://testserver/tickets/{router.number}/?article=1#article-1

* Warning: Second (2026-11-23 09:00, UTC)

Second text

Because you own it.
Read and answer here: http://testserver/tickets/{router.number}/?article=1#article-1

Mute this ticket: http://testserver/unsubscribe/…/

----------------------------------------

Replies to this mail are not read: please answer on the ticket's page.
Choose what you are told of: http://testserver/preferences/notifications/
"""
    )


def test_of_equally_important_ones_the_oldest_speaks_first(
    ticket, uma, wait, wording, clock, after_window, mail_host
):
    wait(uma, ticket, version=wording(en=("Older", "x")))
    clock.shift(minutes(1))
    wait(uma, ticket, version=wording(en=("Newer", "x")))
    after_window()
    assert mail_host.mails[0]["Subject"] == "Older (Total 2 notifications)"
    assert mail_host.mails[0]["References"] == f"<ticket.{ticket.number}@testserver>"


def test_aiko_reads_japanese_in_tokyo_time(ticket, aiko, wait, wording, after_window, mail_host):
    words = wording(
        en=("New message", "At {{event.time}}"),
        ja=("新しいメッセージ {{ticket.number}}", "日時: {{event.time}}\n状態: {{ticket.state}}"),
    )
    wait(aiko, ticket, version=words)
    wait(aiko, ticket, version=words)
    after_window()
    [mail] = mail_host.mails
    with translation.override("ja"):
        total = translation.gettext("%(subject)s (Total %(count)d notifications)")
    assert mail["Subject"] == total % {"subject": f"新しいメッセージ {ticket.number}", "count": 2}
    assert "Total" not in mail["Subject"]
    assert re.search(rb"^Subject: =\?utf-8\?", mail_host.raw[0], re.MULTILINE)
    assert mail_host.raw[0].partition(b"\r\n\r\n")[0].isascii()
    assert "日時: 2026-11-23 18:00 (Asia/Tokyo)" in text_of(mail)
    assert '<html lang="ja">' in html_of(mail)


def test_two_people_behind_one_address_get_a_section_each(
    ticket, uma, aiko, cora, wait, wording, after_window, mail_host
):
    """Guard: compose._sections, one a person; rejudging._shown asks for each whether they are an agent."""
    User.objects.filter(pk__in=[aiko.pk, cora.pk]).update(email="Shared@Example.com")
    aiko.refresh_from_db()
    cora.refresh_from_db()
    words = wording(
        en=("English {{recipient.name}}", "{{article.body}}"),
        ja=("日本語", "{{recipient.name}}: {{article.body}}"),
    )
    ticket.note("Between us.", by=uma)
    internal = ticket.events.last()
    ticket.reply("Dear all.", by=uma)
    public = ticket.events.last()
    wait(cora, ticket, event=internal, version=words)
    wait(cora, ticket, event=public, version=words)
    wait(aiko, ticket, event=internal, version=words)
    after_window()
    [mail] = mail_host.mails
    assert mail["To"] == "shared@example.com"
    assert mail["Subject"] == "English Cora Castor (Total 2 notifications)"
    coras, aikos = text_of(mail).split("佐藤 愛子", 1)
    assert "For Cora Castor" in coras
    assert [html_of(mail).count(f'<div lang="{language}"') for language in ("en", "ja")] == [1, 1]
    assert "Dear all." in coras
    assert "Between us." not in coras
    assert "Between us." in aikos
    assert MailItem.objects.get(state=ItemState.WITHDRAWN).withdrawal == "article_gone"


def test_a_title_with_markup_and_line_breaks_stays_text(ticket, uma, wait, wording, after_window, mail_host):
    """Guard: facts.one_line, and that templates of mails escape."""
    type(ticket).objects.filter(pk=ticket.pk).update(title="<b>x</b>\r\nBcc: all@example.com")
    ticket.refresh_from_db()
    ticket.note("<script>alert(1)</script>", by=uma)
    wait(uma, ticket, version=wording(en=("{{ticket.title}}", "{{article.body}}")))
    after_window()
    [mail] = mail_host.mails
    assert mail["Subject"] == "<b>x</b> Bcc: all@example.com"
    assert mail["Bcc"] is None
    assert mail_host.recipients == [["uma@example.com"]]
    html = html_of(mail)
    assert "<b>x" not in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert "&lt;script&gt;" in html
    assert "<script>alert(1)</script>" in text_of(mail)


def test_five_hundred_notifications_are_one_mail_that_shows_fifty_and_says_how_many_more(
    ticket, uma, wait, after_window, mail_host
):
    """Guard: windows._join, by which all are in one mail, and compose.MOST_SHOWN."""
    for _number in range(500):
        wait(uma, ticket)
    after_window()
    [mail] = mail_host.mails
    assert mail["Subject"] == f"{ticket.number} Mail stops at the gateway (Total 500 notifications)"
    assert text_of(mail).count("* 2026") == 50
    assert "… and 450 more notifications, which did not fit here. http://testserver/inbox/" in text_of(mail)
    assert html_of(mail).count("<h2") == 50
    assert "… and 450 more notifications" in html_of(mail)
    assert not MailItem.objects.exclude(state=ItemState.SENT).exists()


def test_an_extra_address_gets_neither_links_nor_internal_articles(
    ticket, uma, wait, wording, after_window, mail_host
):
    words = wording(en=("For {{recipient.name}}", "{{article.body}}"))
    ticket.reply("The part is on its way.", by=uma)
    wait("Supplier@Example.net", ticket, version=words)
    ticket.note("They are slow.", by=uma)
    wait("supplier@example.net", ticket, version=words)
    after_window()
    [mail] = mail_host.mails
    assert mail["To"] == "supplier@example.net"
    assert (
        text_of(mail)
        == f"""\
{ticket.number} – Mail stops at the gateway

The part is on its way.

----------------------------------------

Replies to this mail are not read.
"""
    )
    assert "href" not in html_of(mail)


def test_an_alert_and_an_unformatted_text_look_so(ticket, uma, wait, wording, after_window, mail_host):
    wait(uma, ticket, version=wording(frame="alert"))
    wait(uma, ticket, version=wording(frame="unformatted"))
    after_window()
    html = html_of(mail_host.mails[0])
    assert html.count('border-left-color: #b42318;"') == 1
    assert html.count("font-family: monospace") == 1


def test_without_combining_everything_leaves_at_once_on_its_own(ticket, uma, wait, settings, mail_host):
    settings.OPSI_WINDOW_SECONDS = 0
    wait(uma, ticket)
    wait(uma, ticket)
    assert send_due() == 2
    assert {mail["Subject"] for mail in mail_host.mails} == {f"{ticket.number} Mail stops at the gateway"}
    assert mail_host.connections == 1


def test_a_critical_notification_may_skip_the_window(ticket, uma, wait, mail_host, after_window):
    wait(uma, ticket)
    wait(uma, ticket, severity=Severity.CRITICAL, alone=True)
    assert send_due() == 1
    assert after_window() == 1
    assert [mail["Subject"] for mail in mail_host.mails] == [f"{ticket.number} Mail stops at the gateway"] * 2


def test_the_most_important_mail_goes_first(ticket, everyone, wait, after_window, clock, mail_host):
    wait(everyone["uma"], ticket)
    clock.shift(minutes(1))
    wait(everyone["mika"], ticket, severity=Severity.WARNING)
    wait(everyone["vera"], ticket, severity=Severity.CRITICAL)
    wait(everyone["ada"], ticket, severity=Severity.WARNING)
    after_window()
    assert [mail["To"].partition("@")[0] for mail in mail_host.mails] == ["vera", "mika", "ada", "uma"]


def test_nobody_is_mailed_at_the_systems_own_address(ticket, uma, wait, settings, after_window, mail_host):
    """Guard: addresses.normalise knows the own ones."""
    item = wait(uma, ticket)
    settings.DEFAULT_FROM_EMAIL = "Ops I <UMA@example.com>"
    assert after_window() == 0
    item.refresh_from_db()
    assert (item.state, item.withdrawal) == (ItemState.WITHDRAWN, "no_address")
    assert item.mail.state == MailState.WITHDRAWN
    assert mail_host.mails == []


def test_mail_waiting_at_a_change_over_leaves_once_by_the_new_function(
    ticket, uma, ada, wait, after_window, mail_host, smtp_server
):
    wait(uma, ticket)
    own, port = smtp_server(account=("desk", "secret"))
    server = mail_server(port, account="desk", secret="secret")
    server.test("ada@example.com")
    NotificationFunction.load().change_over("mail_server", by=ada)
    after_window()
    assert mail_host.mails == []
    assert [mail["To"] for mail in own.mails] == ["ada@example.com", "uma@example.com"]
    assert own.mails[1]["From"] == "desk@example.org"
    assert own.senders[1] == "desk@example.org"
    assert Mail.objects.get().function == "mail_server"
    assert send_due() == 0


def test_a_batch_goes_over_one_connection(make_ticket, everyone, wait, after_window, mail_host):
    ticket = make_ticket()
    for person in everyone.values():
        if person.is_agent:
            wait(person, ticket)
    assert after_window() == 5
    assert mail_host.connections == 1
    assert DeliveryAttempt.objects.count() == 5

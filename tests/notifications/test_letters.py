"""How a mail is written: headers that hold, styles in the elements, dark and without pictures (domain §7)."""

import email.policy
import re

import css_inline
import pytest

from notifications import letters
from notifications.choices import Severity
from opsi.mailers import SMTP_POLICY
from tests.waiting import html_of, text_of
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def mailed(ticket, uma, wait, wording, after_window, mail_host):
    """`mailed(title=…)`: the mail to uma of a ticket with that title, which stands in the subject and the text."""

    def get(title="Mail stops", **said):
        Ticket.objects.filter(pk=ticket.pk).update(title=title)
        ticket.refresh_from_db()
        ticket.note("Looked at it.", by=uma)
        wait(
            uma,
            ticket,
            version=wording(en=("{{ticket.title}}", "{{ticket.title}}: {{article.body}}")),
            **said,
        )
        after_window()
        [mail] = mail_host.mails
        return mail

    return get


class TestHeaders:
    @pytest.mark.parametrize(
        "title",
        [
            "x\r\nBcc: all@example.com",
            "x\nBcc: all@example.com",
            "x\rBcc: all@example.com",
            "x\r\n\r\n<p>a body of its own</p>",
            "x\x01y\x0bz\x1b[31m",
            "x\u2028Bcc: all@example.com",
            "x\u0085Bcc: all@example.com",
        ],
    )
    def test_a_title_stays_in_the_subject(self, mailed, mail_host, title):
        """Guard: facts.one_line."""
        mail = mailed(title)
        assert mail["Bcc"] is None
        assert mail_host.recipients == [["uma@example.com"]]
        assert mail["Subject"].startswith("x")
        assert mail["Subject"].isprintable()
        assert len(mail.get_all("Subject")) == 1

    @pytest.mark.parametrize(
        "title", ["メールが止まる", "Überlauf – “naïve”", "🔥 brennt", "=?utf-8?q?faked?="]
    )
    def test_any_script_comes_whole_over_a_wire_of_ascii(self, mailed, mail_host, title):
        mail = mailed(title)
        assert mail["Subject"] == title or title.startswith("=?")
        assert mail_host.raw[0].partition(b"\r\n\r\n")[0].isascii()

    @pytest.mark.parametrize(
        ("title", "said"),
        [
            ("メールが止まる", "メールが止まる(全 2 件の通知)"),
            ("🔥" * 250, "🔥" * 244 + "(全 2 件の通知)"),
            ("Überlauf, " * 25, ("Überlauf, " * 25)[:244] + "(全 2 件の通知)"),
        ],
    )
    def test_how_many_there_are_is_said_after_any_script(
        self, ticket, uma, aiko, wait, wording, after_window, mail_host, title, said
    ):
        """Guard: compose._subject cuts what comes before the number; SMTP_POLICY folds it whole."""
        Ticket.objects.filter(pk=ticket.pk).update(title=title)
        ticket.refresh_from_db()
        ticket.note("Looked at it.", by=uma)
        version = wording(ja=("No. 1 {{ticket.title}}", "{{article.body}}"))
        for _number in range(2):
            wait(aiko, ticket, version=version)
        after_window()
        [mail] = mail_host.mails
        assert mail["Subject"].replace(" ", "") == f"No. 1 {said}".replace(" ", "")
        assert mail_host.raw[0].partition(b"\r\n\r\n")[0].isascii()
        assert max(map(len, mail_host.raw[0].split(b"\r\n"))) <= 998

    @pytest.mark.parametrize("title", ["long " * 50, "x" * 250, "長" * 250])
    def test_a_long_one_is_folded(self, mailed, mail_host, title):
        mail = mailed(title)
        assert mail["Subject"].replace(" ", "") == title.replace(" ", "")
        assert max(map(len, mail_host.raw[0].split(b"\r\n"))) <= 998

    def test_the_policy_changes_nothing_else(self):
        for policy in (SMTP_POLICY, email.policy.SMTP):
            message = email.message.EmailMessage(policy=policy)
            message["Subject"] = "長い件名 " * 20
            message["Message-ID"] = f"<{'x' * 90}@example.com>"
            folded = message.as_bytes()
            assert folded.count(b"=?utf-8?") > 1
            assert b"<" + b"x" * 90 + b"@example.com>" in folded


class TestHtml:
    def test_styles_stand_in_the_elements(self, mailed):
        html = html_of(mailed())
        assert re.search(r'<p class="end" style="[^"]*font-size: 13px', html)
        assert re.search(r'<body class="page" style="[^"]*font-family: system-ui', html)
        assert not re.search(r'<(p|div|h1|h2|a) class="[^"]*"( href="[^"]*")?>', html)

    @pytest.mark.parametrize(
        ("severity", "colour"),
        [(Severity.INFORMATION, "#cfd6dd"), (Severity.WARNING, "#b54708"), (Severity.CRITICAL, "#b42318")],
    )
    def test_a_severity_has_its_colour(self, mailed, severity, colour):
        framed = re.search(
            r'<div class="entry framed[^"]*" style="([^"]*)"', html_of(mailed(severity=severity))
        )
        assert re.findall(r"#\w{6}", framed[1])[-1] == colour

    def test_it_is_dark_where_the_reader_is(self, mailed):
        html = html_of(mailed())
        assert '<meta name="color-scheme" content="light dark">' in html
        assert "@media (prefers-color-scheme: dark)" in html

    def test_nothing_is_fetched(self, mailed):
        html = html_of(mailed())
        assert not re.search(r"<(img|link|script|iframe|object|video)|url\(|@import|\bsrc=|background=", html)
        assert {found.split("/")[2] for found in re.findall(r'https?://[^"\s<]+', html)} == {"testserver"}

    def test_markup_in_a_title_stays_text(self, mailed):
        """Guard: templates of mails escape."""
        html = html_of(mailed('<img src="http://evil.example/x.png"> {{ ticket.number }} {% now "Y" %}'))
        assert "<img" not in html
        assert "&lt;img src=" in html
        assert "{{ ticket.number }} {% now" in html

    def test_each_mail_says_that_answers_are_not_read_and_where_to_answer(self, mailed, ticket):
        mail = mailed()
        for text in (text_of(mail), html_of(mail)):
            assert "Replies to this mail are not read: please answer on the ticket" in text
            assert f"http://testserver{ticket.get_absolute_url()}" in text
            assert "Read and answer here" in text

    def test_it_reads_the_same_each_time(self, ticket, uma, wait, after_window, mail_host, clock):
        for _time in range(2):
            wait(uma, ticket)
            after_window()
        first, second = mail_host.mails
        assert html_of(first) == html_of(second)

    def test_styles_are_written_once_a_template_and_not_once_a_mail(
        self, ticket, uma, wait, after_window, mail_host, monkeypatch
    ):
        wait(uma, ticket)
        after_window()

        def never(*args, **kwargs):
            raise AssertionError("inlined again")

        monkeypatch.setattr(css_inline, "inline_fragment", never)
        monkeypatch.setattr(css_inline, "CSSInliner", never)
        for _time in range(3):
            wait(uma, ticket)
            after_window()
        assert len(mail_host.mails) == 4


def test_no_tag_of_django_is_lost_on_the_way(db):
    for name in ("mail.html", "section.html"):
        source = letters._source(name)
        tags = sorted(letters.TAG.findall(source))
        assert sorted(letters.TAG.findall(letters._inlined(name).template.source)) == tags

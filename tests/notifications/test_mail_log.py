"""The delivery log in the admin: what became of each mail, and another try (domain §7)."""

import csv
import io
from zoneinfo import ZoneInfo

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.choices import MailState
from notifications.mailing import send_due
from notifications.models import Mail
from tests.waiting import minutes

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
]

LOG = "/admin/notifications/mail/"


@pytest.fixture
def admin(ada, signed_in):
    return signed_in(ada)


@pytest.fixture
def failed(ticket, uma, wait, after_window, mail_host):
    mail_host.answers["uma@example.com"] = "550 5.1.1 No such user"
    wait(uma, ticket)
    after_window()
    return Mail.objects.get()


def try_again(client, mail):
    return client.post(LOG, {"action": "try_again", "_selected_action": [mail.pk]})


def test_the_list_tells_state_due_time_and_the_servers_answer(admin, failed, ticket, mika, wait):
    wait(mika, ticket)
    text = admin.get(LOG).content.decode()
    assert "550 5.1.1 No such user" in text
    assert "uma@example.com" in text
    assert "mika@example.com" in text
    assert "collecting" in text


@pytest.mark.parametrize("query", ["uma@example.com", "stops", "2026112300000001"])
def test_it_is_searched_by_address_subject_and_ticket(admin, failed, query):
    assert admin.get(LOG, {"q": query}).context["cl"].result_count == 1
    assert admin.get(LOG, {"q": "nowhere@example.com"}).context["cl"].result_count == 0


@pytest.mark.parametrize(
    "filters", ["state=failed", "severity=1", "function=opsi", "state=nonsense", "severity=x"]
)
def test_filters_never_break_it(admin, failed, filters):
    assert admin.get(f"{LOG}?{filters}").status_code in (200, 302)


def test_one_mail_with_its_notifications_and_attempts(admin, failed, ticket):
    page = admin.get(f"{LOG}{failed.pk}/change/")
    text = page.content.decode()
    assert page.status_code == 200
    for said in ("Uma Ogawa", ticket.number, "Ticket created", "550 5.1.1 No such user", failed.subject):
        assert said in text
    assert 'name="_save"' not in text


def test_nothing_can_be_changed_added_or_deleted(admin, failed):
    assert admin.post(f"{LOG}{failed.pk}/change/", {"address": "x@example.com"}).status_code == 403
    assert admin.get(f"{LOG}add/").status_code == 403
    assert admin.post(f"{LOG}{failed.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Mail.objects.get().address == "uma@example.com"


def test_what_failed_is_tried_again(admin, failed, mail_host):
    mail_host.answers.clear()
    assert try_again(admin, failed).status_code == 302
    assert send_due() == 1
    assert mail_host.mails[0]["Message-ID"] == failed.message_id


def test_what_waits_for_another_try_goes_at_once(admin, ticket, uma, wait, after_window, mail_host):
    mail_host.answers["uma@example.com"] = "450 Later"
    wait(uma, ticket)
    after_window()
    mail_host.answers.clear()
    assert send_due() == 0
    try_again(admin, Mail.objects.get())
    assert send_due() == 1


def test_what_was_sent_is_not_sent_again(admin, ticket, uma, wait, after_window, mail_host):
    wait(uma, ticket)
    after_window()
    try_again(admin, Mail.objects.get())
    assert send_due() == 0
    assert Mail.objects.get().state == MailState.SENT


class TestSendingAgain:
    @pytest.fixture
    def sent(self, ticket, uma, wait, after_window, mail_host):
        wait(uma, ticket)
        after_window()
        return Mail.objects.get()

    @pytest.fixture
    def send_again(self, admin):
        """`send_again(mail)`: as the administrator chooses it in the list."""

        def act(mail):
            return admin.post(LOG, {"action": "send_again", "_selected_action": [mail.pk]})

        return act

    @pytest.mark.parametrize("state", ["sent", "delivered", "bounced", "complained"])
    def test_it_goes_out_as_a_mail_of_its_own(self, sent, send_again, mail_host, state):
        Mail.objects.update(state=state)
        assert send_again(sent).status_code == 302
        assert send_due() == 1
        first, second = mail_host.mails
        assert first["Subject"] == second["Subject"]
        assert first["Message-ID"] != second["Message-ID"]
        assert Mail.objects.get().deliveries.count() == 2

    def test_who_asked_for_it_stands_in_its_history(self, sent, send_again, ada):
        send_again(sent)
        [entry] = LogEntry.objects.filter(object_id=sent.pk)
        assert (entry.user, entry.change_message) == (ada, "Sent again.")

    def test_it_is_judged_again_and_what_was_told_stays_told(self, sent, send_again, ticket, mika, mail_host):
        ticket.remove(by=mika)
        send_again(sent)
        assert send_due() == 0
        assert len(mail_host.mails) == 1
        assert sent.items.get().state == "sent"

    def test_what_never_left_is_not_sent_by_it(self, ticket, uma, wait, send_again, mail_host):
        item = wait(uma, ticket)
        send_again(item.mail)
        assert send_due() == 0
        assert not LogEntry.objects.exists()

    def test_nobody_but_the_admin_may(self, sent, everyone, signed_in, mail_host):
        signed_in(everyone["mika"]).post(LOG, {"action": "send_again", "_selected_action": [sent.pk]})
        assert send_due() == 0


class TestStates:
    @pytest.fixture
    def unknown(self, ticket, uma, wait, after_window, mail_host):
        mail_host.break_after_data = True
        wait(uma, ticket)
        after_window()

    def test_an_unknown_fate_is_called_so(self, admin, unknown):
        assert "unknown, waiting for another try" in admin.get(LOG).content.decode()

    @pytest.mark.parametrize(
        ("state", "count"), [("unknown", 1), ("retrying", 1), ("due", 0), ("sent", 0), ("bounced", 0)]
    )
    def test_it_is_found_by_it(self, admin, unknown, state, count):
        assert admin.get(LOG, {"state": state}).context["cl"].result_count == count

    def test_a_refusal_for_now_waits(self, admin, ticket, uma, wait, after_window, mail_host):
        mail_host.answer = "450 Later"
        wait(uma, ticket)
        after_window()
        assert "waiting for another try" in admin.get(LOG).content.decode()
        assert admin.get(LOG, {"state": "unknown"}).context["cl"].result_count == 0


def test_an_open_window_is_not_cut_short(admin, ticket, uma, wait, clock, mail_host):
    wait(uma, ticket)
    clock.shift(minutes(1))
    try_again(admin, Mail.objects.get())
    assert send_due() == 0


@pytest.mark.parametrize("login", ["mika", "uma", "carl"])
def test_nobody_but_the_admin_reads_it(everyone, failed, login, signed_in):
    client = signed_in(everyone[login])
    assert client.get(LOG).status_code != 200
    try_again(client, failed)
    assert Mail.objects.get().state == MailState.FAILED


def test_its_statements_do_not_grow(admin, ticket, everyone, wait, django_assert_max_num_queries):
    for person in everyone.values():
        wait(person, ticket)
    with django_assert_max_num_queries(10):
        admin.get(LOG)


# Finding one among a million


def numbers(client, **query):
    return client.get(LOG, query).context["cl"].result_count


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("uma", 1), ("Ogawa", 1), ("  uma@EXAMPLE.com ", 1), ("mika", 0), ("no such words", 0), ("<no@where>", 0),
        ("9" * 17, 0), ("9" * 40, 0), ("%", 0), ("' OR 1=1", 0),
    ],
)  # fmt: skip
def test_a_search_goes_by_what_is_typed(admin, failed, query, count):
    assert numbers(admin, q=query) == count


def test_a_message_id_finds_its_mail(admin, failed):
    assert numbers(admin, q=failed.message_id) == 1
    assert numbers(admin, q=failed.message_id.strip("<>")) == 1


def test_it_is_narrowed_by_definition_and_time(admin, failed, clock):
    definition = failed.items.get().definition_version.definition_id
    assert numbers(admin, definition=definition) == 1
    assert numbers(admin, definition=definition, since="hour", severity=1, state="failed") == 1
    clock.shift(minutes(61))
    assert numbers(admin, since="hour") == 0
    assert numbers(admin, since="day") == 1


@pytest.mark.parametrize("query", ["definition=999999", "definition=x", "since=never", "o=3.-1", "p=99"])
def test_what_nobody_offers_is_ignored(admin, failed, query):
    assert admin.get(f"{LOG}?{query}").status_code in (200, 302)


def test_nothing_is_counted_further_than_anybody_looks(admin, ticket, everyone, wait, monkeypatch):
    for login in ("uma", "mika", "vera"):
        wait(everyone[login], ticket)
    monkeypatch.setattr("notifications.health.MOST", 2)
    assert str(numbers(admin)) == "2+"
    assert "2+ delivery log" in admin.get(LOG).text


@pytest.mark.parametrize("action", ["try_again", "send_again"])
def test_nothing_is_done_with_more_than_can_be_done_at_once(
    admin, ticket, everyone, wait, after_window, mail_host, monkeypatch, action
):
    if action == "try_again":
        mail_host.answer = "550 No"
    for login in ("uma", "mika", "vera"):
        wait(everyone[login], ticket)
    after_window()
    monkeypatch.setattr("notifications.health.MOST", 2)
    chosen = {"action": action, "_selected_action": [Mail.objects.first().pk], "select_across": "1"}
    assert "These are more than 2: narrow them down first." in admin.post(LOG, chosen, follow=True).text
    assert not Mail.objects.filter(state=MailState.DUE).exists()


def test_each_state_lists_what_health_counts(admin, clock):
    later = timezone.now() + minutes(5)
    for number, (state, fields) in enumerate(
        [
            ("open", {}),
            ("open", {"lane": "quiet:1"}),
            ("open", {"closes_at": timezone.now()}),
            ("due", {"attempts": 1}),
        ]
    ):
        Mail.objects.create(address=f"{number}@example.com", state=state, **{"closes_at": later} | fields)
    assert {state: numbers(admin, state=state) for state in ("open", "held", "due", "retrying")} == {
        "open": 1, "held": 1, "due": 1, "retrying": 1,
    }  # fmt: skip
    text = admin.get(LOG).text
    for said in ("collecting", "held for later by its person", "due", "waiting for another try"):
        assert f'<td class="field-standing">{said}</td>' in text


# As a file


class TestTheFile:
    FILE = f"{LOG}file/"

    @pytest.fixture
    def lines(self, admin):
        """`lines(**query)`: what the file says, as spreadsheets read it."""

        def read(**query):
            answer = admin.get(self.FILE, query)
            assert answer["Content-Disposition"] == 'attachment; filename="delivery-log-2026-11-23.csv"'
            return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))

        return read

    def test_has_all_that_the_list_says(self, lines, failed):
        [line] = lines()
        assert (line["address"], line["state"], line["last answer"]) == (
            "uma@example.com", "failed", "The server refuses mail to this address: 550 5.1.1 No such user",
        )  # fmt: skip
        assert (line["subject"], line["Message-ID"]) == (failed.subject, failed.message_id)
        assert (line["notifications"], line["attempts"], line["due"]) == ("1", "1", "")

    def test_says_times_in_the_readers_own_zone_and_language(self, ada, lines, failed):
        ada.time_zone, ada.language = "Asia/Tokyo", "ja"
        ada.save()
        [line] = lines()
        tokyo = failed.finished_at.astimezone(ZoneInfo("Asia/Tokyo"))
        assert {"失敗", f"{tokyo:%Y-%m-%d %H:%M:%S}", "Asia/Tokyo"} <= set(line.values())

    def test_keeps_filters_search_and_what_is_nonsense(self, admin, lines, failed, ticket, mika, wait):
        wait(mika, ticket)
        assert len(lines()) == 2
        assert [line["address"] for line in lines(state="failed")] == ["uma@example.com"]
        assert [line["address"] for line in lines(q="mika@example.com")] == ["mika@example.com"]
        assert admin.get(self.FILE, {"severity": "x"}).status_code == 302
        assert (
            'href="/admin/notifications/mail/file/?state=failed"' in admin.get(LOG, {"state": "failed"}).text
        )

    def test_has_nothing_a_spreadsheet_computes(self, lines, failed):
        Mail.objects.update(subject="=HYPERLINK(0)")
        assert lines()[0]["subject"] == "'=HYPERLINK(0)"

    def test_is_sent_as_it_comes(self, admin, failed):
        Mail.objects.bulk_create(
            Mail(address=f"{number}@example.com", state="sent", closes_at=failed.closes_at)
            for number in range(1200)
        )
        parts = list(admin.get(self.FILE).streaming_content)
        assert len(parts) == 4

    def test_is_for_nobody_else_and_changes_nothing(self, everyone, failed, signed_in, admin):
        assert signed_in(everyone["mika"]).get(self.FILE).status_code != 200
        assert admin.post(self.FILE).status_code == 405


# What one mail says


class TestWhatItSays:
    @pytest.fixture
    def page(self, admin):
        """`page(mail)`: the mail's page as ada sees it."""
        return lambda mail: admin.get(f"{LOG}{mail.pk}/change/")

    def test_it_is_worded_anew(self, page, failed, ticket):
        shown = page(failed).context["wording"]
        assert ticket.title in shown.text
        assert (shown.left_out, shown.more) == (0, 0)

    def test_its_links_act_for_nobody(self, page, failed):
        assert "/unsubscribe/" not in page(failed).text

    def test_what_may_no_longer_be_told_is_left_out(self, page, failed, ticket, mika):
        ticket.remove(by=mika)
        shown = page(failed)
        assert (shown.context["wording"].text, shown.context["wording"].left_out) == ("", 1)
        assert "Nothing of it may be told now." in shown.text

    def test_many_notifications_cost_the_same(self, admin, page, make_ticket, uma, aiko, wait):
        def cost(mail):
            with CaptureQueriesContext(connection) as statements:
                assert page(mail).status_code == 200
            return len(statements)

        few = cost(wait(aiko, make_ticket()).mail)
        for _number in range(5):
            mail = wait(uma, make_ticket()).mail
        assert cost(mail) == few

    def test_looking_changes_nothing(self, page, failed, ticket, mika, uma):
        uma.is_active = False
        uma.save()
        before = list(failed.items.values())
        page(failed)
        assert list(failed.items.values()) == before

    def test_it_is_sent_again_from_there(self, admin, page, failed, mail_host):
        mail_host.answers.clear()
        assert 'name="action" value="try_again"' in page(failed).text
        answer = admin.post(LOG, {"action": "try_again", "_selected_action": failed.pk}, follow=True)
        assert "1 mail is tried again now." in answer.text
        assert send_due() == 1
        assert 'name="action" value="send_again"' in page(failed).text

    @pytest.mark.parametrize("junk", ["0", "x", "9" * 40, "1%00"])
    def test_an_unknown_one_leads_back(self, admin, junk):
        assert admin.get(f"{LOG}{junk}/change/").status_code in (302, 404)

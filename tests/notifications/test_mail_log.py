"""The delivery log in the admin: what became of each mail, and another try (domain §7)."""

import pytest
from django.contrib.admin.models import LogEntry

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
        ("state", "count"), [("unknown", 1), ("retrying", 1), ("due", 1), ("sent", 0), ("bounced", 0)]
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

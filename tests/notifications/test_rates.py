"""So many mails a minute and no more, the most important first, and none starved by that (domain §7)."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from notifications.choices import Function, MailState, Severity
from notifications.mailing import send_due
from notifications.models import Mail, NotificationFunction, SendingRate
from tests.people import person
from tests.waiting import START, mail_server, minutes

SECOND = minutes(1 / 60)


@pytest.fixture
def rate():
    """`rate(30)`: so many mails a minute by the Ops I function."""

    def allow(number):
        function = NotificationFunction.load()
        function.rate_per_minute = number
        function.save()

    return allow


@pytest.fixture
def crowd(ticket, acme, wait):
    """`crowd(n)`: so many notifications to as many people begin to wait. `severity` is that of each."""

    def make(count, **said):
        number = Mail.objects.count()
        for place in range(number, number + count):
            wait(person(f"colleague{place}", f"Colleague {place}", customer=acme), ticket, **said)

    return make


@pytest.mark.django_db
@pytest.mark.usefixtures("clock", "mail_host")
class TestTheRate:
    def test_without_one_all_go(self, crowd, after_window):
        crowd(7)
        assert after_window() == 7
        assert not SendingRate.objects.exists()

    def test_what_is_over_it_stays_due_and_goes_a_minute_later(self, crowd, rate, after_window, clock):
        rate(3)
        crowd(7)
        assert after_window() == 3
        assert Mail.objects.filter(state=MailState.OPEN, attempts=0).count() == 4
        clock.shift(59 * SECOND)
        assert send_due() == 0
        clock.shift(SECOND)
        assert send_due() == 3
        clock.shift(minutes(1))
        assert send_due() == 1

    def test_within_no_minute_more_go_than_that(self, crowd, rate, after_window, clock, mail_host):
        """A count from minute to minute would let twice as many go around the turn of one."""
        rate(4)
        crowd(2)
        after_window()
        clock.shift(50 * SECOND)
        crowd(12)
        sent = []
        for _turn in range(90):
            clock.shift(10 * SECOND)
            sent.append(send_due())
        assert sum(sent) == 12
        assert max(sum(sent[place : place + 6]) for place in range(len(sent))) == 4

    def test_a_mail_server_has_its_own(self, crowd, rate, after_window, smtp_server, ada, settings):
        rate(100)
        own, port = smtp_server()
        server = mail_server(port, rate_per_minute=2)
        server.test("ada@example.com")
        NotificationFunction.load().change_over("mail_server", by=ada)
        NotificationFunction.objects.update(combine_on_mail_server=True)
        crowd(5)
        assert after_window() == 2
        assert len(own.mails) == 3  # and the test mail, which somebody waits for

    def test_what_had_nothing_left_to_say_does_not_count(self, ticket, crowd, rate, uma, mika, after_window):
        rate(3)
        crowd(2)
        ticket.remove(by=mika)
        after_window()
        assert Mail.objects.filter(state=MailState.WITHDRAWN).count() == 2
        assert SendingRate.objects.take(Function.OPSI, 3, 50, timezone.now()) == 3

    def test_a_refused_mail_counts(self, crowd, rate, after_window, mail_host):
        rate(3)
        mail_host.answer = "550 No"
        crowd(2)
        after_window()
        assert SendingRate.objects.take(Function.OPSI, 3, 50, timezone.now()) == 1

    def test_a_change_of_the_rate_counts_at_once(self, crowd, rate, after_window):
        rate(2)
        crowd(5)
        assert after_window() == 2
        rate(4)
        assert send_due() == 2
        rate(0)
        assert send_due() == 1

    @pytest.mark.parametrize(("wanted", "given"), [(1, 1), (5, 5), (10, 10), (11, 10), (500, 10)])
    def test_it_gives_what_there_is(self, db, wanted, given):
        assert SendingRate.objects.take(Function.OPSI, 10, wanted, START) == given
        assert SendingRate.objects.take(Function.OPSI, 10, wanted, START) == min(wanted, 10 - given)

    def test_what_is_given_back_may_be_taken(self, db):
        SendingRate.objects.take(Function.OPSI, 10, 4, START)
        SendingRate.objects.take(Function.OPSI, 10, 6, START + SECOND)
        SendingRate.objects.give_back(Function.OPSI, 5, START + SECOND)
        assert SendingRate.objects.take(Function.OPSI, 10, 50, START + SECOND) == 5

    def test_what_another_worker_took_later_is_not_given_back(self, db):
        SendingRate.objects.take(Function.OPSI, 10, 5, START)
        SendingRate.objects.take(Function.OPSI, 10, 5, START + 30 * SECOND)
        SendingRate.objects.give_back(Function.OPSI, 5, START)
        assert SendingRate.objects.take(Function.OPSI, 10, 50, START + 61 * SECOND) == 5

    def test_waiting_for_it_costs_few_statements(
        self, crowd, rate, after_window, django_assert_max_num_queries
    ):
        rate(1)
        crowd(5)
        after_window()
        with django_assert_max_num_queries(7):
            assert send_due() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_together_keep_it(clock):
    given = []
    ready = threading.Barrier(2)

    def worker():
        try:
            ready.wait()
            for _turn in range(20):
                given.append(SendingRate.objects.take(Function.OPSI, 30, 3, timezone.now()))
        finally:
            connection.close()

    workers = [threading.Thread(target=worker) for _worker in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sum(given) == 30


@pytest.mark.django_db
@pytest.mark.usefixtures("clock", "mail_host")
class TestAgeing:
    @pytest.mark.parametrize(
        ("waited", "first"),
        [
            ((0, Severity.INFORMATION), Severity.CRITICAL),
            ((29, Severity.INFORMATION), Severity.CRITICAL),
            ((31, Severity.INFORMATION), Severity.INFORMATION),
            ((14, Severity.WARNING), Severity.CRITICAL),
            ((16, Severity.WARNING), Severity.WARNING),
        ],
    )
    def test_a_quarter_of_an_hour_is_worth_a_severity(self, crowd, clock, waited, first):
        longer, severity = waited
        crowd(1, severity=severity)
        clock.shift(minutes(longer))
        crowd(1, severity=Severity.CRITICAL)
        clock.shift(minutes(10))
        [mail] = Mail.objects.claim("worker", 1)
        assert mail.severity == first

    def test_of_equals_the_oldest_goes_first(self, crowd, clock):
        crowd(1)
        clock.shift(SECOND)
        crowd(1)
        clock.shift(minutes(60))
        assert [mail.pk for mail in Mail.objects.claim("worker", 2)] == sorted(
            Mail.objects.values_list("pk", flat=True)
        )

    def test_at_the_same_moment_the_more_important_goes_first(self, crowd, clock):
        for severity in (Severity.INFORMATION, Severity.CRITICAL, Severity.WARNING):
            crowd(1, severity=severity)
        clock.shift(minutes(10))
        assert [mail.severity for mail in Mail.objects.claim("worker", 3)] == [3, 2, 1]

    def test_information_is_not_starved_by_a_flood_of_critical_mails(self, crowd, rate, clock, mail_host):
        rate(1)
        crowd(1)
        clock.shift(minutes(10))
        for _minute in range(35):
            crowd(1, severity=Severity.CRITICAL, alone=True)
            send_due()
            clock.shift(minutes(1))
        assert mail_host["colleague0@example.com"]


@pytest.mark.django_db
class TestTheAdminPage:
    PAGE = "/admin/notifications/notificationfunction/"

    def server(self, **said):
        return {
            "host": "smtp.example.com", "port": 25, "security": "none", "authentication": "none",
            "sender": "desk@example.org",
        } | said  # fmt: skip

    def test_each_function_has_its_own_rate(self, ada, signed_in):
        client = signed_in(ada)
        assert (
            client.post(f"{self.PAGE}combining/", {"window_minutes": 10, "rate_per_minute": 60}).status_code
            == 302
        )
        assert client.post(f"{self.PAGE}server/", self.server(rate_per_minute=30)).status_code == 302
        function = NotificationFunction.load()
        assert function.rate() == 60
        function.function = Function.MAIL_SERVER
        assert function.rate() == 30
        text = client.get(self.PAGE).content.decode()
        assert text.count("Mails a minute at most") == 2

    def test_left_empty_there_is_none(self, ada, signed_in):
        signed_in(ada).post(f"{self.PAGE}combining/", {"window_minutes": 10, "rate_per_minute": ""})
        assert NotificationFunction.load().rate() == 0

    @pytest.mark.parametrize("rate", ["-1", "x", "1.5", "100001"])
    def test_a_wrong_one_is_refused_beside_its_field(self, ada, signed_in, rate):
        client = signed_in(ada)
        page = client.post(f"{self.PAGE}combining/", {"window_minutes": 10, "rate_per_minute": rate})
        assert page.status_code == 422
        assert page.context["combining_form"].errors["rate_per_minute"]
        page = client.post(f"{self.PAGE}server/", self.server(rate_per_minute=rate))
        assert page.status_code == 422
        assert page.context["server_form"].errors["rate_per_minute"]

"""One open window an address, opened by its first item, never extended (domain §4; behaviour traps T)."""

import threading
import uuid

import pytest
from django.db import connection, transaction
from django.utils import timezone

from notifications import windows
from notifications.choices import Function, MailState, Severity
from notifications.holding import Hold
from notifications.models import Mail, MailItem, Notice, NotificationFunction
from notifications.windows import NewItem
from opsi.models import User
from tests.waiting import START, minutes

pytestmark = pytest.mark.usefixtures("clock")
A_MILLISECOND = minutes(1 / 60_000)


@pytest.fixture
def items(ticket, wording):
    """`items([uma, aiko], severity=…)`: items of saved notices, one a person."""
    version, event = wording(), ticket.events.last()

    def make(people, severity=Severity.INFORMATION, hold=None):
        now = timezone.now()
        notices = Notice.objects.bulk_create(
            Notice(
                operation=uuid.uuid4(),
                person=person,
                ticket=ticket,
                event=event,
                event_ids=[event.pk],
                definition_version=version,
                severity=severity,
                channels=["email"],
                created_at=now,
            )
            for person in people
        )
        return [
            NewItem(notice.person.email, notice, version.pk, severity, created_at=now, hold=hold)
            for notice in notices
        ]

    return make


def collect(pending, function=None):
    with transaction.atomic():
        return windows.collect(pending, function or NotificationFunction.load(), timezone.now())


def test_the_first_item_opens_the_window_and_others_join_it(items, uma, clock):
    assert collect(items([uma])) is False
    clock.shift(minutes(9))
    collect(items([uma], Severity.WARNING))
    mail = Mail.objects.get()
    assert (mail.address, mail.state, mail.severity) == ("uma@example.com", MailState.OPEN, Severity.WARNING)
    assert (mail.opened_at, mail.closes_at) == (START, START + minutes(10))
    assert mail.items.count() == 2


def test_a_less_important_item_leaves_the_severity(items, uma):
    collect(items([uma], Severity.CRITICAL))
    collect(items([uma]))
    assert Mail.objects.get().severity == Severity.CRITICAL


def test_an_item_at_the_very_end_belongs_to_the_next_window(items, uma, clock):
    """Guard: windows._lock_open, which takes a window for over at `closes_at` itself, as MailQuerySet.due does."""
    collect(items([uma]))
    clock.shift(minutes(10) - A_MILLISECOND)
    assert Mail.objects.claim("worker", 10) == []
    clock.shift(A_MILLISECOND)
    collect(items([uma]))
    first, second = Mail.objects.order_by("pk")
    assert (first.state, first.items.count()) == (MailState.DUE, 1)
    assert (second.state, second.items.count()) == (MailState.OPEN, 1)
    assert second.closes_at == START + minutes(20)


def test_an_item_of_the_last_millisecond_is_in_its_window(items, uma, clock):
    """Guard: the same, and nothing rounds the time."""
    collect(items([uma]))
    clock.shift(minutes(10) - A_MILLISECOND)
    collect(items([uma]))
    clock.shift(A_MILLISECOND)
    [sending] = Mail.objects.claim("worker", 10)
    assert sending.items.count() == 2


def test_two_items_at_the_same_moment_of_the_end_go_together(items, uma, clock):
    collect(items([uma]))
    clock.shift(minutes(10))
    collect(items([uma, uma]))
    assert [mail.items.count() for mail in Mail.objects.order_by("pk")] == [1, 2]


@pytest.mark.parametrize("begin", ["2026-03-29 00:55", "2026-10-25 00:55"], ids=["spring", "autumn"])
def test_ten_minutes_are_ten_minutes_when_the_clock_on_the_wall_is_set(items, uma, clock, begin):
    """In Berlin, uma's zone, it is set at 01:00 UTC. Guard: windows.collect counts in UTC."""
    uma.time_zone = "Europe/Berlin"
    uma.save()
    with timezone.override(uma.time_zone):
        clock.move_to(f"{begin}+00:00", tick=False)
        collect(items([uma]))
        clock.shift(minutes(10) - A_MILLISECOND)
        assert Mail.objects.claim("worker", 10) == []
        clock.shift(A_MILLISECOND)
        assert len(Mail.objects.claim("worker", 10)) == 1


def test_an_item_that_comes_while_the_mail_is_being_sent_opens_the_next(items, uma, clock):
    collect(items([uma]))
    clock.shift(minutes(10))
    [sending] = Mail.objects.claim("worker", 10)
    collect(items([uma]))
    assert sending.items.count() == 1
    assert Mail.objects.get(state=MailState.OPEN).items.count() == 1


def test_even_by_a_clock_that_is_behind_it_does_not_join_what_is_being_sent(items, uma, clock):
    """Guard: MailQuerySet.claim closes a window in the stroke that takes it; whose clock is ahead is first."""
    collect(items([uma]))
    clock.shift(minutes(9))
    [sending] = Mail.objects.claim("worker", 10, now=START + minutes(10))
    collect(items([uma]))
    assert sending.items.count() == 1
    assert Mail.objects.get(state=MailState.OPEN).items.count() == 1


def test_people_with_one_address_share_a_window(items, uma, mika):
    mika.email = uma.email
    mika.save()
    collect(items([uma, mika]))
    assert Mail.objects.get().items.count() == 2


def test_a_window_of_another_length_counts_from_the_next_on(items, uma, mika):
    collect(items([uma]))
    collect(items([mika]), NotificationFunction(window_minutes=3))
    assert {mail.address: mail.closes_at for mail in Mail.objects.all()} == {
        "uma@example.com": START + minutes(10),
        "mika@example.com": START + minutes(3),
    }


@pytest.mark.parametrize(
    "function",
    [NotificationFunction(window_minutes=0), NotificationFunction(function=Function.MAIL_SERVER)],
    ids=["no window", "mail server"],
)
def test_without_a_window_each_item_is_a_mail_due_now(items, uma, function):
    assert collect(items([uma, uma]), function) is True
    assert [(mail.state, mail.closes_at) for mail in Mail.objects.all()] == [(MailState.DUE, START)] * 2
    assert (
        list(MailItem.objects.values_list("mail__items", flat=True)) == [1, 2]
        or MailItem.objects.count() == 2
    )


def test_the_mail_server_function_may_combine_too(items, uma):
    function = NotificationFunction(function=Function.MAIL_SERVER, combine_on_mail_server=True)
    assert collect(items([uma, uma]), function) is False
    assert Mail.objects.get().state == MailState.OPEN


def test_the_trial_setting_overrides_the_length(items, uma, settings):
    settings.OPSI_WINDOW_SECONDS = 3
    collect(items([uma]))
    assert Mail.objects.get().closes_at == START + minutes(0.05)


def test_a_thousand_people_cost_as_many_statements_as_ten(items, django_assert_max_num_queries, db):
    people = User.objects.bulk_create(
        User(username=f"p{number}", full_name=f"Person {number}", email=f"p{number}@example.com")
        for number in range(1_000)
    )
    for crowd in (people[:10], people):
        pending = items(crowd)
        with transaction.atomic(), django_assert_max_num_queries(5):
            windows.collect(pending, NotificationFunction(), timezone.now())
    assert Mail.objects.filter(state=MailState.OPEN).count() == 1_000
    assert MailItem.objects.count() == 1_010


class TestLanes:
    """What is held waits beside the ordinary window of the address, in a mail of its person's (domain §4)."""

    def test_each_lane_is_a_window_of_its_own(self, items, uma, clock):
        held = Hold("quiet:1", START + minutes(600))
        collect(items([uma]))
        collect(items([uma], hold=held))
        clock.shift(minutes(5))
        collect(items([uma, uma], Severity.WARNING, hold=held))
        ordinary, quiet = Mail.objects.order_by("pk")
        assert (ordinary.lane, ordinary.closes_at, ordinary.items.count()) == ("", START + minutes(10), 1)
        assert (quiet.lane, quiet.closes_at, quiet.items.count()) == ("quiet:1", START + minutes(600), 3)
        assert (ordinary.severity, quiet.severity) == (Severity.INFORMATION, Severity.WARNING)

    def test_one_that_is_over_is_closed_and_the_next_begins(self, items, uma, clock):
        collect(items([uma], hold=Hold("quiet:1", START + minutes(60))))
        clock.shift(minutes(60))
        collect(items([uma], hold=Hold("quiet:1", START + minutes(120))))
        assert list(Mail.objects.order_by("pk").values_list("state", "closes_at")) == [
            (MailState.DUE, START + minutes(60)),
            (MailState.OPEN, START + minutes(120)),
        ]

    def test_one_left_at_a_former_address_is_not_joined(self, items, uma):
        hold = Hold("quiet:1", START + minutes(60))
        collect(items([uma], hold=hold))
        uma.email = "uma@example.org"
        collect(items([uma], hold=hold))
        assert {mail.address: mail.items.count() for mail in Mail.objects.all()} == {
            "uma@example.com": 1,
            "uma@example.org": 1,
        }

    def test_what_skips_the_window_skips_them_too(self, items, uma):
        [item] = items([uma], Severity.CRITICAL, hold=Hold("quiet:1", START + minutes(60)))
        item.skips_window = True
        assert collect([item]) is True
        mail = Mail.objects.get(pk=item.mail_id)
        assert (mail.lane, mail.state) == ("", MailState.DUE)

    @pytest.mark.django_db(transaction=True)
    def test_two_dispatches_that_open_one_at_once_share_it(self, items, uma):
        ready = threading.Barrier(4)

        def one(pending):
            ready.wait()
            collect(pending)

        hold = Hold("quiet:1", START + minutes(60))
        in_threads(one, [[items([uma], hold=hold)] for _number in range(4)])
        assert Mail.objects.get().items.count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_dispatches_that_open_at_once_share_one_window(items, uma, mika):
    ready = threading.Barrier(4)

    def one(pending):
        ready.wait()
        collect(pending)

    in_threads(one, [[items([uma, mika])] for _number in range(4)])
    assert Mail.objects.count() == 2
    assert sorted(mail.items.count() for mail in Mail.objects.all()) == [4, 4]


@pytest.mark.django_db(transaction=True)
def test_two_dispatches_at_the_very_end_share_the_next_window(items, uma, clock):
    """Guard: windows._lock_open closes what is over and lets nobody join it; then one opens the next."""
    for _turn in range(4):
        collect(items([uma]))
        clock.shift(minutes(10))
        ready = threading.Barrier(4)

        def one(pending, ready=ready):
            ready.wait()
            collect(pending)

        in_threads(one, [[items([uma])] for _number in range(4)])
        first, second = Mail.objects.order_by("pk")
        assert (first.state, first.items.count()) == (MailState.DUE, 1)
        assert (second.state, second.items.count()) == (MailState.OPEN, 4)
        Mail.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_joining_and_closing_at_once_lose_nothing_and_double_nothing(items, uma, mika, clock):
    """Guard: the row lock of the joiner, and the condition of the closing update."""
    claimed: list[Mail] = []
    members: dict[int, int] = {}
    for turn in range(8):
        collect(items([uma, mika]))
        clock.shift(minutes(10))
        ready = threading.Barrier(3)

        def join(pending, ready=ready):
            ready.wait()
            collect(pending)

        def close(owner, ready=ready):
            ready.wait()
            closed = Mail.objects.claim(owner, 10)
            members.update({mail.pk: mail.items.count() for mail in closed})
            claimed.extend(closed)
            Mail.objects.held_by(owner).update(state=MailState.SENT)

        jobs = [(join, items([mika, uma])), (join, items([uma])), (close, f"worker {turn}")]
        in_threads(lambda job, argument: job(argument), jobs)
    assert MailItem.objects.count() == 8 * 5
    assert len({mail.pk for mail in claimed}) == len(claimed)
    # What was there when a window closed is all there ever will be.
    assert members == {mail.pk: mail.items.count() for mail in claimed}
    assert min(members.values()) > 0
    # What is left waits in at most one open window an address.
    assert Mail.objects.filter(state=MailState.OPEN).count() <= 2


def in_threads(function, arguments):
    """Runs `function` once for each of `arguments` at the same time; what one raises is raised here."""
    failures = []

    def run(given):
        try:
            function(*given)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(given,)) for given in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failures:
        raise failures[0]

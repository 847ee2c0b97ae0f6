"""The machine's clock is set back or forward by an hour while something waits: behaviours T, docs/reliability.md.

All that waits, waits for a moment and asks the clock whether that has come. So it comes as much later as the clock was
set back, or as much earlier as it was set forward; nothing is lost, and nothing comes twice. Each test names its guard.
"""

import pytest
from celery import Celery
from django.db import transaction
from django.utils import timezone

from notifications import transports
from notifications.choices import Function, InboxState, MailState
from notifications.mailing import Batch, send_due
from notifications.models import Mail, Notice, NotificationFunction, Outbox, PersonalSettings, SendingRate
from notifications.models.outbox import LeaseLost
from opsi.beat import Scheduler
from tests.notifications.conftest import dispatch as dispatch
from tests.notifications.conftest import forget as forget
from tests.notifications.conftest import told
from tests.sweeping import sweep
from tests.waiting import START, minutes
from tickets import due
from watchers.models import Watcher

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
HOUR = minutes(60)
BACK_AND_FORTH = pytest.mark.parametrize("step", [-HOUR, HOUR], ids=["back", "forward"])


@pytest.fixture
def live(clock):
    """`live(10)`: ten minutes pass, with a sweep at their beginning and every 30 seconds; `live(90, every=30)`."""

    def pass_time(length, every=0.5):
        for number in range(round(length / every) + 1):
            if number:
                clock.shift(minutes(every))
            sweep()
            due.sweep()

    return pass_time


@pytest.fixture
def begun(ticket, forget, mail_host):
    """uma's ticket, of which everybody was told."""
    forget()
    return ticket


class TestWindow:
    def test_set_back_it_closes_an_hour_later_and_takes_all_along(self, begun, mika, live, clock, mail_host):
        """Guard: `closes_at` is a moment that never moves, asked by MailQuerySet.due and windows._lock_open alike."""
        begun.note("Before.", by=mika)
        live(3)
        clock.shift(-HOUR)
        begun.note("After.", by=mika)
        live(60, every=3)
        begun.note("Later.", by=mika)
        live(6.5)
        assert mail_host.mails == []
        live(0.5)
        [mail] = mail_host["uma@example.com"]
        assert mail["Subject"].endswith("(Total 3 notifications)")
        live(120, every=20)
        assert len(mail_host.mails) == 1

    def test_set_forward_it_closes_early_and_what_comes_opens_the_next(
        self, begun, mika, live, clock, mail_host
    ):
        """Guard: the same; windows._lock_open lets nothing join what is over."""
        begun.note("Before.", by=mika)
        live(3)
        clock.shift(HOUR)
        begun.note("After.", by=mika)
        live(9)
        assert [len(mail_host.mails), Mail.objects.filter(state=MailState.OPEN).count()] == [1, 1]
        clock.shift(-HOUR)  # and set right again
        live(60, every=3)
        assert len(mail_host.mails) == 1
        live(1)
        assert len(mail_host.mails) == 2
        live(120, every=20)
        assert len(mail_host.mails) == 2


class TestLease:
    @BACK_AND_FORTH
    def test_the_mail_of_a_dead_worker_is_taken_over(self, begun, mika, live, clock, mail_host, step):
        """Guard: MailQuerySet.due finds what is SENDING and whose lease ran out."""
        begun.note("Looked at it.", by=mika)
        live(9.5)
        clock.shift(minutes(0.5))
        assert len(Mail.objects.claim("dead worker", 50)) == 1
        clock.shift(step)
        live(63, every=3)
        assert len(mail_host.mails) == 1

    def test_set_forward_while_it_sends_a_worker_lets_go_what_was_taken_over(
        self, begun, uma, mika, live, clock, wait, mail_host
    ):
        """Guard: Batch.send asks the clock on the wall whether to renew, as those do who take over.

        The mail under way comes twice, with one Message-ID, as after any lease that ran out; the rest do not.
        """
        for person in (uma, mika):
            wait(person, begun)
        clock.shift(minutes(10))
        mails = Mail.objects.claim("slow worker", 50)
        Batch(mails, "slow worker", NotificationFunction.load(), SetForward(clock)).send()
        live(10)
        assert sorted(mail["To"] for mail in mail_host.mails[1:]) == ["mika@example.com", "uma@example.com"]
        assert mail_host.mails[0]["Message-ID"] in {mail["Message-ID"] for mail in mail_host.mails[1:]}

    @BACK_AND_FORTH
    def test_an_operation_of_a_dead_worker_is_taken_over(self, begun, mika, live, clock, step):
        """Guard: OutboxQuerySet.due finds what is held and whose lease ran out."""
        begun.note("Looked at it.", by=mika)
        assert Outbox.objects.claim_next("dead worker", timezone.now())
        clock.shift(step)
        live(63, every=3)
        assert told() == {"uma": 1}

    def test_set_forward_it_is_taken_over_at_once_and_the_first_undoes_its_work(
        self, begun, mika, live, clock
    ):
        """Guard: OutboxQuerySet.finish ends the row once and raises LeaseLost for whoever comes second."""
        begun.note("Looked at it.", by=mika)
        operation, now = Outbox.objects.claim_next("slow worker", timezone.now()), timezone.now()
        clock.shift(HOUR)
        live(0)
        assert told() == {"uma": 1}
        with pytest.raises(LeaseLost), transaction.atomic():
            Outbox.objects.finish(operation, now)


class SetForward:
    """A way to the mail host; during the first mail the clock is set forward, and another worker comes by."""

    def __init__(self, clock):
        self._real, self._clock, self._first = transports.through_opsi(), clock, True
        self.function, self.sender = self._real.function, self._real.sender

    def deliver(self, message):
        answer = self._real.deliver(message)
        if self._first:
            self._first = False
            self._clock.shift(HOUR)
            send_due()
        return answer


class TestRetry:
    @BACK_AND_FORTH
    def test_a_mail_is_tried_again(self, begun, mika, live, clock, mail_host, step):
        """Guard: MailQuerySet.due finds what is DUE again."""
        mail_host.answer = "451 Try later"
        begun.note("Looked at it.", by=mika)
        live(10)
        assert Mail.objects.get().attempts == 1
        mail_host.answer = "250 OK"
        clock.shift(step)
        live(63, every=3)
        assert len(mail_host.mails) == 1

    @BACK_AND_FORTH
    def test_a_dispatch_is_tried_again(self, begun, mika, live, clock, step):
        """Guard: OutboxQuerySet.due finds what was put off."""
        begun.note("Looked at it.", by=mika)
        operation = Outbox.objects.claim_next("worker", timezone.now())
        Outbox.objects.put_off(operation, "worker", timezone.now(), "The database was away.")
        clock.shift(step)
        live(63, every=3)
        assert told() == {"uma": 1}


def test_set_back_the_rate_of_a_minute_holds_for_a_minute(clock):
    """Guard: SendingRateManager.take dates what lies ahead as now; else nothing would leave for an hour."""
    assert SendingRate.objects.take(Function.OPSI, 10, 10, timezone.now()) == 10
    clock.shift(-HOUR)
    assert SendingRate.objects.take(Function.OPSI, 10, 1, timezone.now()) == 0
    SendingRate.objects.take(Function.OPSI, 11, 1, timezone.now())
    clock.shift(minutes(1))
    assert SendingRate.objects.take(Function.OPSI, 10, 50, timezone.now()) == 10


class TestTimesOfDay:
    """Guard: they are kept as moments, which no step of the clock moves, and each ends what waits for it once."""

    @BACK_AND_FORTH
    def test_what_is_put_off_comes_back_when_it_was_said_to_and_once(
        self, begun, uma, mika, live, clock, step
    ):
        begun.note("Looked at it.", by=mika)
        live(0)
        uma.inbox.all().snooze(START + 3 * HOUR)
        clock.shift(step)
        clock.move_to(START + 3 * HOUR - minutes(1), tick=False)
        live(0)
        assert uma.inbox.get().state == InboxState.SNOOZED
        live(1)
        assert uma.inbox.get().state == InboxState.UNREAD
        uma.inbox.all().mark_read()
        clock.shift(-2 * step)
        live(240, every=20)
        assert uma.inbox.get().state == InboxState.READ

    def test_what_is_held_in_quiet_hours_leaves_at_their_end(self, begun, uma, mika, live, clock, mail_host):
        PersonalSettings.objects.create(person=uma, quiet_from="08:30", quiet_until="11:00")
        begun.note("Looked at it.", by=mika)
        live(0)
        clock.shift(-HOUR)
        clock.shift(minutes(178))
        live(1)
        assert mail_host.mails == []
        live(1)
        assert len(mail_host.mails) == 1

    @BACK_AND_FORTH
    def test_a_reminder_comes_once_though_the_time_comes_twice(self, begun, uma, live, clock, step):
        begun.change_state("pending", by=uma, pending_until=START + minutes(30))
        live(60, every=5)
        clock.shift(step)
        live(60, every=5)
        assert begun.events.filter(name="NotificationPendingReminder").count() == 1


class TestWatching:
    """Guard: Watch.read takes what lies ahead for what was before the clock was set back."""

    def test_who_watches_is_told_of_what_comes_after(self, begun, vera, mika, live, clock):
        Watcher.objects.watch(begun, vera, by=vera)
        clock.shift(-HOUR)
        begun.note("Looked at it.", by=mika)
        live(0)
        assert told()["vera"] == 1

    def test_who_left_is_not(self, begun, vera, mika, live, clock, forget):
        Watcher.objects.watch(begun, vera, by=vera)
        clock.shift(minutes(1))
        Watcher.objects.unwatch(begun, vera, by=vera)
        forget()
        clock.shift(-HOUR)
        begun.note("Looked at it.", by=mika)
        live(0)
        assert told() == {"uma": 1}


def test_set_back_what_was_read_before_does_not_count_for_what_comes_after(
    begun, uma, mika, live, clock, mail_host
):
    """Guard: Judge._read_at leaves out what was read later than now."""
    PersonalSettings.objects.create(person=uma, no_mail_when_read=True)
    begun.note("Before.", by=mika)
    live(0)
    uma.inbox.all().mark_read()
    live(10)
    assert mail_host.mails == []
    clock.shift(-HOUR)
    begun.note("After.", by=mika)
    live(10)
    assert len(mail_host["uma@example.com"]) == 1


def test_set_back_the_same_words_are_another_note(begun, uma, signed_in, clock):
    """Guard: twice._lately ends a few seconds from now."""
    note = {"kind": "note", "body": "Checked.", "clicked": "once"}
    for _time in range(2):
        signed_in(uma).post(f"/tickets/{begun.number}/articles/", note)
        clock.shift(-HOUR)
    assert begun.articles.filter(body="Checked.").count() == 2


def test_beat_goes_on_when_the_clock_is_set_back(clock, tmp_path, settings):
    """Guard: opsi.beat.Scheduler; Celery's own would sweep again an hour later."""
    assert f"{Scheduler.__module__}:{Scheduler.__name__}" == settings.CELERY_BEAT_SCHEDULER
    sent = []

    class Noting(Scheduler):
        def apply_entry(self, entry, producer=None):
            sent.append(entry.name)

    def sweeps(seconds):
        sent.clear()
        for _second in range(seconds):
            while beat.tick() == 0:
                pass
            clock.shift(minutes(1 / 60))
        return {name: sent.count(name) for name in ("often", "seldom")}

    app = Celery("beat", broker="memory://", set_as_current=False)
    app.conf.beat_schedule = {
        "often": {"task": "often", "schedule": 5.0},
        "seldom": {"task": "seldom", "schedule": 20.0},
    }
    beat = Noting(app, schedule_filename=str(tmp_path / "beat"))
    sweeps(60)
    assert list(tmp_path.iterdir()) == []  # no file, which a beat forked from a worker may fail to open
    clock.shift(-HOUR)
    found = sweeps(60)
    assert found["often"] >= 9
    assert found["seldom"] >= 2
    clock.shift(HOUR)
    assert sweeps(60)["often"] >= 9


def test_nobody_is_told_twice_by_a_day_of_such_clocks(begun, mika, live, clock, mail_host):
    """Guard: all of the above together."""
    for number, step in enumerate([-HOUR, HOUR, -2 * HOUR, HOUR, HOUR, -HOUR]):
        begun.note(f"Step {number}.", by=mika)
        live(number)
        clock.shift(step)
        live(7)
    live(180, every=10)
    assert Notice.objects.count() == 6
    assert not Mail.objects.unfinished().exists()
    text = "".join(mail.get_body(("plain",)).get_content() for mail in mail_host.mails)
    assert [text.count(f"Step {number}.") for number in range(6)] == [1] * 6

"""A worker is killed at every step of the way of an event; those who come after it bring everything to its end.

Every notice comes once, every mail at least once, and what comes again is the same mail (behaviours T). The guard of
each step is named where it stands in notifications/dispatch.py, notifications/mailing.py and notifications/windows.py.
"""

import random

import pytest

from tests.faults.desk import Desk, crowd
from tests.faults.killing import WORKING, WRITING, in_a_child

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(0)]

PEOPLE = 60
# In a quarter of the runs there may be more than one batch of mails; a few people take a fraction of the time.
FEW_WATCHERS, MANY_WATCHERS = 8, 55
MOST_NOTES, MOST_FOLLOWERS = 3, 5
SEED = 20261128


@pytest.fixture
def mika(db):
    from tests.people import person

    return person("mika", "Mika Manager", agent_role="itsm_manager")


@pytest.fixture
def new_desk(mika, service_desk, mail_host):
    people = crowd(PEOPLE)

    # What a process reads once (templates, style sheets), the children have from here, as a worker has it from before.
    before = Desk(mika, service_desk, people, 1, random.Random(SEED))
    before.write(1)
    before.work()

    def make(chance):
        mail_host.mails.clear()
        most = MANY_WATCHERS if chance.random() < 0.25 else FEW_WATCHERS
        return Desk(mika, service_desk, people, chance.randint(1, most), chance)

    return make


@pytest.mark.parametrize("step", WORKING)
def test_a_worker_killed_at_this_step(step, new_desk, mail_host, kills):
    for chance in kills(step):
        desk = new_desk(chance)
        desk.write(chance.randint(1, MOST_NOTES))
        # The first time it comes there, or at any of the mails.
        nth = chance.randint(1, len(desk.watchers)) if "SMTP" in step or "DATA" in step else 1
        assert in_a_child(desk.work, WORKING[step], nth), f"It never came to: {step}"
        kills.count(step)
        kill_those_who_follow(desk, chance, kills)
        desk.converge()
        kills.repeated(step, desk.check(mail_host))


@pytest.mark.parametrize("step", WRITING)
def test_who_writes_killed_at_this_step(step, new_desk, mail_host, kills):
    for chance in kills(step):
        desk = new_desk(chance)
        notes = chance.randint(1, MOST_NOTES)
        assert in_a_child(lambda desk=desk: desk.write(MOST_NOTES), WRITING[step], notes)
        kills.count(step)
        assert desk.ticket.articles.count() == 1 + notes
        kill_those_who_follow(desk, chance, kills)
        desk.converge()
        kills.repeated(step, desk.check(mail_host))


def kill_those_who_follow(desk, chance, kills):
    """Some more workers one after the other, each of whom may come to the step that kills it, or finish its work."""
    for step in chance.choices(list(WORKING), k=chance.randint(0, MOST_FOLLOWERS)):
        if chance.random() < 0.5:  # else it finds much of what waits held by a dead worker
            desk.wait_for_leases()
        if in_a_child(desk.work, WORKING[step]):
            kills.count(step)


def test_a_desk_that_nobody_disturbs_sends_no_mail_twice(new_desk, mail_host):
    desk = new_desk(random.Random(SEED))
    desk.write(2)
    assert not in_a_child(desk.work)
    assert not desk.waits
    assert desk.check(mail_host) == 0

"""`manage.py demo`: a believable desk, its history whole, and nobody told of any of it (contract "Demo people")."""

from collections import defaultdict
from datetime import timedelta
from io import StringIO
from itertools import pairwise

import pytest
import time_machine
from django.apps import apps
from django.core.management import call_command
from django.db.models import Count
from django.utils import timezone

from notifications.demo.people import PEOPLE, QUEUES
from opsi.models import User
from opsi.roles import PersonKind
from tickets import due
from tickets.access import may
from tickets.choices import Priority, State, TicketType
from tickets.models import Article, Attachment, Reading, Sla, Ticket, TicketCounter, TicketEvent, TicketLink
from tickets.models.traits.changing import for_history
from watchers.models import Watcher

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def _demo(django_db_setup, django_db_blocker):
    """Loaded once for all tests of this file, and taken away after them."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        call_command("demo", stdout=StringIO())
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demo(_demo, db):
    return {person.username: person for person in User.objects.all()}


def test_the_people_of_the_contract_sign_in_with_demo(demo):
    assert set(demo) == {"ada", "mika", "uma", "aiko", "vera", "carl", "cora", "bo", "ray"} == set(PEOPLE)
    assert all(person.check_password("demo") for person in demo.values())
    assert all(person.email == f"{login}@example.com" for login, person in demo.items())
    assert demo["uma"].full_name == "Uma Ogawa"
    assert {login: person.effective_role for login, person in demo.items() if person.is_agent} == {
        "ada": "itsm_admin", "mika": "itsm_manager", "uma": "itsm_user", "aiko": "itsm_user", "vera": "itsm_viewer",
    }  # fmt: skip
    assert [demo[login].customer.name for login in ("carl", "cora", "bo")] == ["Acme", "Acme", "Borealis"]
    assert demo["carl"].customer_role == "customer_manager"
    assert demo["ray"].kind == PersonKind.REQUESTER
    assert (demo["aiko"].language, demo["aiko"].time_zone) == ("ja", "Asia/Tokyo")


def test_tickets_of_every_kind(demo):
    assert Ticket.objects.count() >= 60
    for field, values in (
        ("state", set(State.values)),
        ("priority", set(Priority.values)),
        ("type", set(TicketType.values)),
        ("queue__name", set(QUEUES)),
        ("customer__name", {"Acme", "Borealis", None}),
    ):
        assert set(Ticket.objects.values_list(field, flat=True)) == values
    assert Ticket.objects.filter(created_by=demo["ray"], customer=None, deleted_at=None).exists()
    assert Ticket.objects.exclude(merged_into=None).exists()
    assert Ticket.objects.exclude(deleted_at=None).exists()
    assert Ticket.objects.filter(is_locked=True).exists()
    assert Ticket.objects.filter(state="pending", pending_until__gt=timezone.now()).exists()
    assert TicketLink.objects.exists()
    assert Watcher.objects.watching().exists()


def test_long_conversations_in_both_languages(demo):
    lengths = Ticket.objects.annotate(length=Count("articles")).filter(length__gte=100)
    assert lengths.count() >= 3
    bodies = list(Article.objects.values_list("body", flat=True))
    japanese = [body for body in bodies if any("ぁ" <= sign <= "ヿ" for sign in body)]
    assert len(japanese) > 50
    assert len(set(bodies)) > 0.9 * len(bodies)


def test_who_wrote_had_read_what_stood_there(demo):
    for login in ("uma", "cora"):
        readable = Ticket.objects.readable_by(demo[login])
        assert 0 < readable.with_new_articles(demo[login]).count() < readable.count()
    last = Article.objects.filter(author=demo["uma"]).order_by("-number").first()
    assert Reading.objects.get(person=demo["uma"], ticket=last.ticket).up_to == last.number


def test_nobody_is_told_of_it(demo, mailoutbox):
    for name in ("Outbox", "Notice", "InboxRow", "MailItem"):
        assert not apps.get_model("notifications", name).objects.exists(), name
    assert not mailoutbox
    assert not TicketEvent.objects.exclude(data__quiet=True).exists()


def test_times_to_keep_some_of_them_over_and_none_of_it_told_in_the_first_hour(demo):
    now = timezone.now()
    for clock in ("update_due", "solution_due"):
        assert Ticket.objects.filter(**{f"{clock}__lt": now}).exists()
        assert Ticket.objects.filter(**{f"{clock}__gt": now}).exists()
    assert Ticket.objects.filter(state="pending", pending_until__lt=now).exists()
    assert {sla.calendar and sla.calendar.time_zone for sla in Sla.objects.all()} == {
        None, "Europe/Berlin", "Asia/Tokyo",
    }  # fmt: skip
    assert not Ticket.objects.filter(clocks_outdated=True).exists()
    events = TicketEvent.objects.count()
    with time_machine.travel(now + timedelta(minutes=59), tick=False):
        due.sweep()
    assert TicketEvent.objects.count() == events


def test_the_days_after_tell_again_what_still_is_over(demo):
    with time_machine.travel(timezone.now() + timedelta(days=4), tick=False):
        due.sweep()
    told = TicketEvent.objects.filter(actor=None).values_list("name", flat=True)
    assert {"NotificationPendingReminder", "NotificationEscalation"} <= set(told)


def test_customers_read_their_own_tickets_only(demo):
    readable = Ticket.objects.readable_by(demo["cora"])
    assert {ticket.customer.name for ticket in readable} == {"Acme"}
    borealis = Ticket.objects.filter(customer__name="Borealis", deleted_at=None).first()
    assert not may(demo["cora"], "read", borealis)
    assert may(demo["bo"], "read", borealis)


def test_one_queue_is_closed_to_some_agents(demo):
    closed = Ticket.objects.filter(queue__name="Security incidents")
    readers = {
        login for login, person in demo.items() if may(person, "read", closed.filter(customer=None).first())
    }
    assert readers == {"ada", "mika"}


def test_history_is_complete_and_in_order(demo):
    now = timezone.now()
    articles = defaultdict(list)
    for article in Article.objects.order_by("ticket", "number"):
        articles[article.ticket_id].append(article)
    for ticket in Ticket.objects.prefetch_related("events"):
        events = list(ticket.events.all())
        assert events[0].name == "TicketCreate"
        assert [event.at for event in events] == sorted(event.at for event in events)
        assert now - timedelta(days=90) < events[0].at == ticket.created_at
        assert events[-1].at == ticket.changed_at <= now
        numbers = [article.number for article in articles[ticket.pk]]
        assert numbers == list(range(1, len(numbers) + 1))
        assert_each_old_is_the_previous_new(ticket, events)


def assert_each_old_is_the_previous_new(ticket, events):
    changes = defaultdict(list)
    for event in events:
        if event.type.field:
            changes[event.type.field].append(event)
    for field, steps in changes.items():
        for before, after in pairwise(steps):
            assert after.old == before.new, (ticket, field)
        assert steps[-1].new == for_history(getattr(ticket, field)), (ticket, field)
    changed = sum(len(steps) for steps in changes.values())
    others = sum(event.name in {"TicketMerge", "TicketDelete"} for event in events)
    assert ticket.version == 1 + changed + others
    assert events[-1].snapshot == ticket.snapshot()


def test_ids_and_numbers_rise_with_time(demo):
    tickets = list(Ticket.objects.order_by("created_at"))
    assert [ticket.pk for ticket in tickets] == sorted(ticket.pk for ticket in tickets)
    assert [ticket.number for ticket in tickets] == sorted(ticket.number for ticket in tickets)
    for counter in TicketCounter.objects.all():
        assert Ticket.objects.filter(number__startswith=f"{counter.day:%Y%m%d}").count() == counter.used


def test_the_next_ticket_gets_the_next_number(demo):
    first = Ticket.objects.order_by("number").last()
    ticket = Ticket.objects.register(by=demo["uma"], title="Next", queue=first.queue, body="Now.")
    assert ticket.number > first.number


def test_customers_and_requesters_only_say_what_everybody_may_read(demo):
    theirs = Article.objects.filter(author__in=[demo[login] for login in ("carl", "cora", "bo", "ray")])
    assert theirs.exists()
    assert not theirs.filter(visible_for_customer=False).exists()
    for article in theirs.select_related("author", "ticket", "ticket__customer"):
        assert article.author.customer_id == article.ticket.customer_id
    assert not Article.objects.filter(author=demo["vera"]).exists()


def test_attachments_have_their_bytes(demo):
    assert Attachment.objects.count() >= 5
    for attachment in Attachment.objects.all():
        with attachment.file.open() as file:
            assert len(file.read()) == attachment.size

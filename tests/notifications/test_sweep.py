"""The sweep finds what no wake-up reached, and costs next to nothing when there is nothing (style rule 4)."""

import datetime

import pytest
from django.utils import timezone

from notifications import sweep as sweeping
from notifications.models import Mail, Outbox
from notifications.sweep import sweep
from tests.notifications.conftest import told

pytestmark = pytest.mark.django_db


def test_nothing_due_costs_at_most_three_statements(ticket, forget, django_assert_max_num_queries):
    forget()
    with django_assert_max_num_queries(3):
        sweep()


def test_it_dispatches_what_waits(ticket, mika, forget):
    forget()
    ticket.note("Looked at it.", by=mika)
    sweep()
    assert told() == {"uma": 1}


def test_it_leaves_alone_what_is_not_due_or_held_or_done(ticket, mika, forget):
    forget()
    later = timezone.now() + datetime.timedelta(minutes=1)
    for fields in ({"due_at": later}, {"leased_until": later}, {"state": "failed"}):
        ticket.note("Looked at it.", by=mika)
        Outbox.objects.filter(state="waiting", due_at__lt=later, leased_until=None).update(**fields)
    sweep()
    assert told() == {}


def test_the_oldest_come_first_and_only_some_at_once(ticket, mika, forget, monkeypatch):
    forget()
    monkeypatch.setattr(sweeping, "BATCH", 2)
    for number in range(3):
        ticket.note(f"Note {number}", by=mika)
    newest = Outbox.objects.filter(state="waiting").order_by("-created_at").first()
    sweep()
    assert list(Outbox.objects.filter(state="waiting")) == [newest]


def test_mail_that_is_due_leaves(ticket, mika, forget):
    forget()
    ticket.note("Looked at it.", by=mika)
    sweep()
    Mail.objects.update(closes_at=timezone.now() - datetime.timedelta(seconds=1))
    sweep()
    assert Mail.objects.get().state == "sent"

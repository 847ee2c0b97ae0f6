"""How often each notification told somebody lately: counted as it is dispatched, listed without counting notices."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from notifications.models import Definition, Preference, Tally
from notifications.models.tally import RECENT
from tests.notifications.conftest import make_definition
from tickets.operations import operation
from watchers.models import Watcher

LIST = "admin:notifications_definition_changelist"


@pytest.fixture
def site(ada, signed_in):
    return signed_in(ada)


def tallies(definition):
    return [(row.told, row.dropped) for row in definition.tallies.order_by("day")]


def test_a_person_counts_once_whatever_the_channels_and_those_who_are_not_told_apart(
    ticket, uma, mika, aiko, vera, forget, dispatch, only
):
    definition = only(recipients=["owner", "watchers", "creator"])
    for one in (aiko, vera):
        Watcher.objects.watch(ticket, one, by=uma)
    for channel in ("in_app", "email"):
        Preference.objects.create(person=vera, definition=definition, channel=channel, enabled=False)
    forget()
    Tally.objects.all().delete()
    ticket.note("Look.", by=mika)  # mika did it herself, vera turned it off
    dispatch()
    assert tallies(definition) == [(2, 2)]
    ticket.note("Look again.", by=mika)
    dispatch()
    assert tallies(definition) == [(4, 4)]
    assert timezone.now() - definition.tallies.get().last_told_at < datetime.timedelta(minutes=1)


def test_one_act_on_many_tickets_is_one_notice_and_counts_so(make_ticket, uma, mika, forget, dispatch, only):
    definition = only(events=["TicketStateUpdate"])
    tickets = [make_ticket(owner=uma) for _number in range(3)]
    forget()
    with operation(by=mika):
        for ticket in tickets:
            ticket.change_state("closed", by=mika)
    dispatch()
    assert tallies(definition) == [(1, 0)]


def test_who_is_not_told_leaves_the_last_time_as_it_was(ticket, uma, mika, forget, dispatch, only):
    definition = only()
    forget()
    before = timezone.now() - datetime.timedelta(hours=3)
    Tally.objects.create(definition=definition, day=timezone.now().date(), told=5, last_told_at=before)
    ticket.note("Mine.", by=uma)
    dispatch()
    row = definition.tallies.get()
    assert (row.told, row.dropped, row.last_told_at) == (5, 1, before)


def test_what_is_undone_is_not_counted(ticket, mika, forget, dispatch, only, monkeypatch):
    definition = only()
    forget()
    monkeypatch.setattr("notifications.dispatch.windows.collect", lambda *args: 1 / 0)
    ticket.note("Look.", by=mika)
    dispatch()
    assert tallies(definition) == []


class TestTheList:
    def shown(self, site, name, **asked):
        """The row of the list in words."""
        page = site.get(reverse(LIST), asked)
        found = [one for one in page.context["cl"].result_list if one.name == name]
        return found[0] if found else None

    def test_says_the_last_30_days_and_when_it_last_told_somebody(self, site):
        definition = make_definition(name="Ours")
        today = timezone.now().date()
        long_ago = timezone.now() - datetime.timedelta(days=40)
        for days, told, dropped in ((0, 3, 1), (29, 4, 0), (30, 100, 100), (40, 100, 100)):
            day = today - datetime.timedelta(days=days)
            Tally.objects.create(
                definition=definition, day=day, told=told, dropped=dropped, last_told_at=long_ago
            )
        text = site.get(reverse(LIST), {"q": "Ours"}).text
        assert "7 told, 1 not told" in text
        assert f'title="{timezone.localtime(long_ago):%Y-%m-%d %H:%M}' in text

    def test_says_never_of_one_that_told_nobody_yet(self, site):
        make_definition(name="Ours")
        text = site.get(reverse(LIST), {"q": "Ours"}).text
        assert "0 told, 0 not told<br>last told somebody: never" in text

    def test_is_filtered_by_what_was_told_lately(self, site):
        recent, old, never = (make_definition(name=name) for name in ("Recent", "Old", "Never"))
        today = timezone.now().date()
        Tally.objects.create(definition=recent, day=today, told=1)
        Tally.objects.create(definition=old, day=today - RECENT, told=1)
        Tally.objects.create(definition=never, day=today, dropped=1)
        assert self.shown(site, "Recent", told="yes")
        assert not self.shown(site, "Recent", told="no")
        assert self.shown(site, "Old", told="no")
        assert self.shown(site, "Never", told="no")

    @pytest.mark.parametrize(
        "asked",
        [{"event": "TicketDelete"}, {"recipient": "watchers"}, {"channel": "email"}, {"q": "Goodbye"}],
    )
    def test_is_filtered_by_event_recipient_and_channel_and_searched_by_subject(self, site, asked):
        make_definition(name="Ours", events=["TicketDelete"], recipients=["watchers"], subject="Goodbye",
                        channels={"email": True})  # fmt: skip
        make_definition(name="Other", channels={"in_app": True})
        assert self.shown(site, "Ours", **asked)
        assert not self.shown(site, "Other", **asked)

    def test_what_is_asked_for_and_unknown_asks_nothing(self, site):
        make_definition(name="Ours")
        assert self.shown(site, "Ours", event="Nonsense", recipient="x", channel="", told="perhaps")

    def test_costs_the_same_however_many_there_are(self, site):
        def cost():
            with CaptureQueriesContext(connection) as statements:
                assert site.get(reverse(LIST)).status_code == 200
            return len(statements)

        few = cost()
        today = timezone.now().date()
        for number in range(40):
            one = make_definition(name=f"No. {number}")
            Tally.objects.bulk_create(
                Tally(definition=one, day=today - datetime.timedelta(days=days), told=1) for days in range(30)
            )
        assert cost() == few <= 12

    def test_leads_to_preview_and_dry_run_and_copies_in_place(self, site):
        definition = make_definition(name="Ours")
        text = site.get(reverse(LIST)).text
        for name in ("preview", "dry_run"):
            assert f'href="{reverse(f"admin:notifications_definition_{name}", args=[definition.pk])}"' in text
        copies = reverse("admin:notifications_definition_copies", args=[definition.pk])
        assert f'formaction="{copies}"' in text
        answer = site.post(copies)
        copy = Definition.objects.get(name="Ours (copy)")
        assert answer.url == reverse("admin:notifications_definition_change", args=[copy.pk])
        assert copy.validity == "invalid"


class TestWithoutAny:
    def test_the_shipped_ones_can_be_loaded(self, site):
        Definition.objects.all().delete()
        page = site.get(reverse(LIST)).text
        assert "There are no ticket notifications" in page
        assert "Load the shipped ones" in page
        site.post(reverse("admin:notifications_definition_shipped"))
        assert Definition.objects.filter(shipped_as="escalation").exists()
        assert "Load the shipped ones" not in site.get(reverse(LIST)).text

    def test_not_beside_others(self, site):
        before = list(Definition.objects.values_list("pk", flat=True))
        answer = site.post(reverse("admin:notifications_definition_shipped"), follow=True)
        assert "nothing was loaded" in answer.text
        assert list(Definition.objects.values_list("pk", flat=True)) == before

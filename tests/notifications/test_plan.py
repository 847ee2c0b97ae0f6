"""The notification plan: who is told of what, what nobody hears of, and what is told twice over (domain §5)."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications import channels, recipient_kinds
from notifications.admin import overlaps
from notifications.admin.plan import Plan
from notifications.models import Definition, NotificationFunction
from opsi.models import Group
from tests.notifications.conftest import make_definition
from tickets import events
from tickets.models import Queue, Service

PLAN = "admin:notifications_definition_plan"


@pytest.fixture
def site(ada, signed_in):
    return signed_in(ada)


@pytest.fixture
def bare(db):
    """No notification that tells anybody."""
    Definition.objects.update(validity="invalid")


def cells(plan, event):
    """{recipients: names of the notifications} of `event`, of cells that are not empty."""
    [row] = [row for _group, rows in plan.all_rows for row in rows if row.event.name == event]
    return {
        cell.column.name: [entry.definition.name for entry in cell.entries]
        for cell in row.cells
        if cell.entries
    }


def row_of(plan, event):
    return next(row for _group, rows in plan.all_rows for row in rows if row.event.name == event)


class TestWhoIsTold:
    def test_of_the_shipped_ones(self, db):
        plan = Plan()
        assert cells(plan, "NotificationEscalation") == {
            "owner": ["Escalation"],
            "responsible": ["Escalation"],
            "queue_subscribers": ["Escalation"],
        }
        assert cells(plan, "TicketSubscribe") == {"watcher_subject": ["Added as watcher"]}

    def test_every_event_that_can_be_named_stands_in_its_group(self, db):
        shown = {group.name: [row.event.name for row in rows] for group, rows in Plan().groups}
        assert list(shown) == ["ticket", "articles", "time", "watching", "delivery"]
        assert shown["articles"] == ["ArticleCreate", "ArticleUpdate", "ArticleDelete"]
        assert shown["watching"] == ["TicketSubscribe", "TicketUnsubscribe"]
        assert shown["delivery"] == ["EmailDeliveryFailure", "SystemHealth"]
        every = [name for names in shown.values() for name in names]
        assert sorted(every) == sorted(name for name, _label in events.choices())

    def test_named_people_groups_roles_and_addresses_are_said_with_who_it_is(
        self, bare, uma, mika, aiko, vera
    ):
        group = Group.objects.create(name="Night shift", slug="night")
        make_definition(
            recipients=[],
            users=[uma, mika, aiko, vera],
            groups=[group],
            roles=["customer_manager"],
            extra_addresses="team@example.org; {{ticket.number}}@example.org",
        )
        told = {
            cell.column.name: cell.entries[0].who
            for cell in row_of(Plan(), "ArticleCreate").cells
            if cell.entries
        }
        assert told == {
            "named_users": "Mika Manager, Uma Ogawa, Vera Viewer and 1 more",
            "named_groups": "Night shift",
            "roles": "Customer Manager",
            "extra_addresses": "team@example.org, {{ticket.number}}@example.org",
        }

    def test_so_is_whoever_did_it(self, bare):
        make_definition(name="Ours", also_notify_actor=True)
        assert cells(Plan(), "ArticleCreate") == {"owner": ["Ours"], "actor": ["Ours"]}

    def test_people_an_event_cannot_have_are_not_told_of_it(self, bare):
        make_definition(
            events=["TicketTitleUpdate", "TicketOwnerUpdate"], recipients=["newly_concerned", "informed"]
        )
        plan = Plan()
        assert cells(plan, "TicketTitleUpdate") == {}
        assert row_of(plan, "TicketTitleUpdate").nobody
        assert cells(plan, "TicketOwnerUpdate") == {"newly_concerned": ["Test"]}

    def test_a_new_event_kind_and_channel_stand_there_by_themselves(self, bare, site, monkeypatch):
        for registry in (events._types, recipient_kinds._kinds, channels._channels):
            for name, one in list(registry.items()):
                monkeypatch.setitem(registry, name, one)
        weather = events.EventGroup("weather", "Weather")
        monkeypatch.setitem(
            events._types, "Rain", events.EventType("Rain", "It rains", "cloud", group=weather)
        )
        gardener = recipient_kinds.RecipientKind("gardener", "The gardener", lambda matches: iter(()))
        monkeypatch.setitem(recipient_kinds._kinds, "gardener", gardener)
        pigeon = channels.Channel("pigeon", "By pigeon", "paper-airplane", lambda function: True)
        monkeypatch.setitem(channels._channels, "pigeon", pigeon)
        make_definition(name="Wet", events=["Rain"], recipients=["gardener"], channels={"pigeon": True})
        page = site.get(reverse(PLAN)).text
        assert all(text in page for text in ("Weather", "It rains", "The gardener", "By pigeon"))
        assert cells(Plan(), "Rain") == {"gardener": ["Wet"]}


class TestGaps:
    def test_what_nobody_is_told_of_is_said_first(self, bare, site):
        page = site.get(reverse(PLAN)).text
        count = len(events.choices())
        assert f"Nobody is told of {count} events:" in page
        assert page.count("Nobody is told.") == count

    def test_what_only_a_filter_lets_through_is_a_gap_too(self, bare):
        make_definition(events=["TicketStateUpdate"], changed_to={"state": ["closed"]})
        assert row_of(Plan(), "TicketStateUpdate").gap == "Nobody is told unless a filter matches."

    def test_a_filter_that_does_not_concern_the_event_is_none(self, bare):
        both = ["TicketStateUpdate", "TicketTitleUpdate"]
        make_definition(events=both, changed_to={"state": ["closed"]}, article_filter={"body": ["x"]})
        row = row_of(Plan(), "TicketTitleUpdate")
        assert [entry.conditions for entry in row.told] == [[]]

    def test_so_is_who_could_expect_to_be_told(self, bare):
        make_definition(
            events=["TicketStateUpdate", "NotificationEscalation"], recipients=["owner", "watchers"]
        )
        plan = Plan()
        assert row_of(plan, "TicketStateUpdate").gap == "Not told: Creator, Responsible, Assignment group."
        assert row_of(plan, "NotificationEscalation").gap == ""

    def test_what_the_function_in_use_cannot_carry_tells_nobody(self, bare):
        make_definition(name="App", channels={"in_app": True})
        NotificationFunction.objects.update_or_create(
            pk=NotificationFunction.load().pk, defaults={"function": "mail_server"}
        )
        plan = Plan()
        assert row_of(plan, "ArticleCreate").nobody
        assert [(one.name, why) for one, why in plan.idle] == [
            ("App", "the notification function in use has none of its channels")
        ]

    def test_one_that_names_nobody_is_said(self, bare, site):
        make_definition(name="Lonely", recipients=[])
        assert "names nobody to tell" in site.get(reverse(PLAN)).text

    def test_invalid_ones_tell_nobody_and_are_shown_as_such_when_asked_for(self, bare, site):
        make_definition(name="Draft", validity="invalid_temporarily")
        assert "Draft" not in site.get(reverse(PLAN)).text
        page = site.get(reverse(PLAN), {"invalid": "on"}).text
        assert "Draft" in page
        assert "Invalid temporarily" in page
        assert row_of(Plan(with_invalid=True), "ArticleCreate").nobody

    def test_only_rows_with_gaps_can_be_asked_for(self, db):
        shown = [row.event.name for _group, rows in Plan(only="gaps").groups for row in rows]
        assert "ArticleUpdate" in shown
        assert "TicketCreate" not in shown


class TestTwiceOver:
    def twice(self):
        return [line for cell in Plan().twice for line in cell.twice]

    def test_the_shipped_ones_tell_nothing_twice(self, db):
        assert Plan().twice == []

    def test_two_to_the_same_people_are_one_notice_with_the_text_of_the_most_severe(self, bare, site):
        make_definition(name="Plain", severity="information")
        make_definition(name="Loud", severity="critical")
        assert self.twice() == [
            "“Plain” and “Loud” meet here. Each person still gets one notification of it, not several. "
            "In the app and E-mail: the text of “Loud”."
        ]
        page = site.get(reverse(PLAN)).text
        assert "Told twice over: Article added to Owner." in page
        assert 'href="#twice-ArticleCreate-owner"' in page

    def test_of_equals_the_older_one_speaks_and_each_channel_has_its_own_text(self, bare):
        make_definition(name="First", channels={"email": True})
        make_definition(name="Second", channels={"email": True, "in_app": True})
        assert self.twice()[0].endswith("In the app: the text of “Second”. E-mail: the text of “First”.")

    def test_who_speaks_may_depend_on_the_priority(self, bare):
        make_definition(name="Fixed", severity="warning", channels={"email": True})
        make_definition(name="By priority", severity="from_priority", channels={"email": True})
        assert self.twice()[0].endswith(
            "E-mail: at priority Very low, Low, Medium or High the text of “Fixed”; "
            "at priority Very high the text of “By priority”."
        )

    @pytest.mark.parametrize(
        ("event", "one", "other", "meet"),
        [
            ("ArticleCreate", {"ticket_filter": {"state": ["new"]}}, {"ticket_filter": {"state": ["open"]}}, False),
            ("ArticleCreate", {"ticket_filter": {"state": ["new"]}}, {"ticket_filter": {"priority": ["low"]}}, True),
            ("ArticleCreate", {"ticket_filter": {"queue": [1]}}, {"ticket_filter": {"queue": ["1", 2]}}, True),
            ("TicketStateUpdate", {"changed_to": {"state": ["closed"]}}, {"changed_to": {"state": ["new"]}}, False),
            ("TicketStateUpdate", {"changed_to": {"state": ["closed"]}}, {"ticket_filter": {"state": ["new"]}}, False),
            ("TicketStateUpdate", {"changed_from": {"state": ["new"]}}, {"changed_from": {"state": ["open"]}}, False),
            ("TicketTitleUpdate", {"changed_to": {"state": ["closed"]}}, {"changed_to": {"state": ["new"]}}, True),
            ("ArticleCreate", {"article_filter": {"visible_for_customer": True}},
             {"article_filter": {"visible_for_customer": False}}, False),
            ("TicketDelete", {"article_filter": {"visible_for_customer": True}},
             {"article_filter": {"visible_for_customer": False}}, True),
            ("ArticleCreate", {"article_filter": {"channel": ["note"]}}, {"article_filter": {"channel": ["email"]}},
             False),
            ("ArticleCreate", {"article_filter": {"body": ["a"]}}, {"article_filter": {"body": ["b"]}}, True),
        ],
    )  # fmt: skip
    def test_filters_that_shut_each_other_out_do_not_meet(self, event, one, other, meet):
        event = events.get(event)
        assert overlaps.can_meet(Definition(**one), Definition(**other), event) is meet
        assert overlaps.can_meet(Definition(**other), Definition(**one), event) is meet


class TestThePage:
    def test_says_filters_in_words_with_the_names_of_rows(self, bare, site, service_desk):
        make_definition(
            events=["TicketStateUpdate"],
            ticket_filter={"queue": [service_desk.pk, 99999]},
            changed_to={"state": ["closed", "resolved"]},
        )
        page = site.get(reverse(PLAN)).text
        assert (
            "only when Queue: Service desk or no. 99999, deleted since; State is now: Closed or Resolved"
            in page
        )

    def test_leads_to_editing_and_to_a_dry_run_of_that_event(self, site, ticket):
        definition = Definition.objects.get(shipped_as="escalation")
        page = site.get(reverse(PLAN)).text
        assert f'href="{reverse("admin:notifications_definition_change", args=[definition.pk])}"' in page
        goal = f"{reverse('admin:notifications_definition_dry_run', args=[definition.pk])}?event=NotificationEscalation"
        assert goal in page
        # The event is kept until a ticket is named.
        assert '<input type="hidden" name="event" value="NotificationEscalation"' in site.get(goal).text
        answer = site.get(f"{goal}&ticket={ticket.number}")
        assert answer.context["found"].event.name == "NotificationEscalation"

    def test_an_empty_cell_leads_to_a_new_one_with_both_filled_in_and_nothing_saved(self, site):
        before = Definition.objects.count()
        goal = f"{reverse('admin:notifications_definition_add')}?events=TicketLockUpdate&recipients=owner"
        assert goal.replace("&", "&amp;") in site.get(reverse(PLAN)).text
        shown = site.get(goal).context["adminform"].form
        assert (shown["events"].value(), shown["recipients"].value()) == (["TicketLockUpdate"], ["owner"])
        assert shown["channels"].value() == ["in_app", "email"]
        assert Definition.objects.count() == before

    def test_the_keyboard_stops_once_a_row_and_not_at_each_empty_cell(self, bare, site):
        text = site.get(reverse("admin:notifications_definition_plan")).text
        cells = re.findall(r'<a class="plan-add"[^>]*>', text)
        assert cells
        assert all('tabindex="-1"' in cell for cell in cells)
        assert text.count('class="plan-add-row"') == len(events.choices())

    def test_two_clusters_in_one_cell_are_said_under_one_anchor(self, bare, site):
        for number, state in enumerate(["open", "open", "closed", "closed"]):
            make_definition(
                name=f"No. {number}", events=["TicketTitleUpdate"], ticket_filter={"state": [state]}
            )
        text = site.get(reverse("admin:notifications_definition_plan")).text
        assert text.count('id="twice-TicketTitleUpdate-owner"') == 1
        assert text.count("meet here") == 2

    def test_what_is_filled_in_and_unknown_is_left_out(self, site):
        given = {"events": "Nonsense,TicketCreate", "recipients": "x", "name": "y", "named_users": "z"}
        shown = site.get(reverse("admin:notifications_definition_add"), given).context["adminform"].form
        assert (shown["events"].value(), shown["recipients"].value()) == (["TicketCreate"], [])
        assert shown["name"].value() is None

    def test_kinds_that_nobody_names_are_shown_when_asked_for(self, site):
        assert "All recipients of the first article" not in site.get(reverse(PLAN)).text
        assert "All recipients of the first article" in site.get(reverse(PLAN), {"kinds": "on"}).text

    def test_many_definitions_cost_the_same(self, bare, site, uma, service_desk):
        def cost():
            with CaptureQueriesContext(connection) as statements:
                assert site.get(reverse(PLAN)).status_code == 200
            return len(statements)

        def add(count):
            for _number in range(count):
                number = Definition.objects.count()
                make_definition(
                    name=f"No. {number}",
                    events=["TicketQueueUpdate", "ArticleCreate"],
                    users=[uma],
                    ticket_filter={
                        "queue": [Queue.objects.create(name=f"Queue {number}").pk],
                        "service": [Service.objects.create(name=f"Service {number}").pk],
                    },
                )

        add(1)
        few = cost()
        add(30)
        assert cost() == few <= 15


class TestTheFile:
    def lines(self, site, **asked):
        answer = site.get(reverse("admin:notifications_definition_plan_file"), asked)
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer["Content-Disposition"].endswith('.csv"')
        # With the mark by which Excel knows UTF-8.
        content = answer.getvalue()
        assert content.startswith(b"\xef\xbb\xbf")
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))

    def test_has_a_line_for_each_telling_and_for_each_gap(self, bare, site):
        make_definition(
            name="Ours", events=["TicketStateUpdate"], changed_to={"state": ["closed"]}, severity="critical"
        )
        lines = self.lines(site)
        [told] = [line for line in lines if line["Ticket notification"]]
        assert (told["Event"], told["Recipients"], told["Severity"]) == ("State changed", "Owner", "Critical")
        assert (told["Channels"], told["Only when"]) == ("In the app, E-mail", "State is now: Closed")
        assert sum(line["Remark"] == "Nobody is told." for line in lines) == len(events.choices()) - 1

    def test_shows_what_the_page_shows(self, bare, site):
        make_definition(name="Draft", validity="invalid")
        assert not [line for line in self.lines(site) if line["Ticket notification"] == "Draft"]
        [line] = [line for line in self.lines(site, invalid="on") if line["Ticket notification"] == "Draft"]
        assert (line["Validity"], line["Remark"]) == ("Invalid", "Invalid")

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1+1", "＠x"])
    def test_has_nothing_a_spreadsheet_computes(self, bare, site, name):
        make_definition(name=name)
        [line] = [line for line in self.lines(site) if line["Ticket notification"]]
        assert line["Ticket notification"] == f"'{name}"

"""What one person would be told, whatever the ticket and of one ticket now: as dispatch decides (domain §5)."""

import datetime

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from notifications import foreseeing
from notifications.models import (
    AddressPause,
    Definition,
    Mute,
    NotificationFunction,
    PersonalSettings,
    Preference,
)
from opsi.models import Group
from tests.notifications.conftest import drops, make_definition, told
from watchers.models import Watcher


@pytest.fixture
def site(ada, signed_in):
    return signed_in(ada)


@pytest.fixture
def bare(db):
    Definition.objects.update(validity="invalid")


def page(person):
    return reverse("admin:notifications_definition_person", args=[person.pk])


def ways(person):
    """{kind: {event: {channel: the drop, "" for told}}} of the first definition of each."""
    return {
        part.kind: {event: found[0][1] for event, found in part.by_event.items()}
        for part in foreseeing.parts_of(person, timezone.now())
    }


def now_of(person, ticket, **how):
    return {one.event.name: one for one in foreseeing.on_ticket(person, ticket, timezone.now(), **how)}


BOTH = {"in_app": "", "email": ""}


class TestWhateverTheTicket:
    def test_by_each_part_they_can_have(self, bare, uma, vera, cora):
        make_definition(events=["TicketDelete"], recipients=["owner", "watchers", "customer_user"])
        assert ways(uma) == {"owner": {"TicketDelete": BOTH}, "watchers": {"TicketDelete": BOTH}}
        assert ways(vera) == {"watchers": {"TicketDelete": BOTH}}
        assert ways(cora) == {"watchers": {"TicketDelete": BOTH}, "customer_user": {"TicketDelete": BOTH}}

    def test_by_name_group_role_and_address(self, bare, uma, mika):
        group = Group.objects.create(name="Night", slug="night")
        uma.groups.add(group)
        make_definition(
            recipients=[], users=[uma], groups=[group], roles=["itsm_user"], extra_addresses=uma.email
        )
        assert set(ways(uma)) == {"named_users", "named_groups", "roles", "extra_addresses"}
        assert ways(mika) == {}

    def test_an_internal_article_is_nothing_for_customers(self, bare, cora, uma):
        make_definition(article_filter={"visible_for_customer": False}, recipients=["watchers"])
        assert ways(cora) == {}
        assert set(ways(uma)) == {"watchers"}

    def test_what_an_event_cannot_have_is_left_out(self, bare, uma):
        make_definition(events=["TicketTitleUpdate", "TicketOwnerUpdate"], recipients=["newly_concerned"])
        assert set(ways(uma)["newly_concerned"]) == {"TicketOwnerUpdate"}

    def test_preferences_absence_pause_and_function_count(self, bare, uma):
        definition = make_definition()
        Preference.objects.create(person=uma, definition=definition, channel="in_app", enabled=False)
        assert ways(uma)["owner"]["ArticleCreate"] == {"in_app": "preference", "email": ""}
        AddressPause.objects.pause(uma.email, "admin")
        assert ways(uma)["owner"]["ArticleCreate"]["email"] == "mail_paused"
        PersonalSettings.objects.create(person=uma, out_of_office_from="2020-01-01")
        uma.refresh_from_db()
        assert ways(uma)["owner"]["ArticleCreate"]["email"] == "out_of_office"
        function = NotificationFunction.load()
        function.function = "mail_server"
        function.save()
        Preference.objects.all().delete()
        assert ways(uma)["owner"]["ArticleCreate"]["in_app"] == "function"

    def test_the_page_says_it_in_words(self, bare, site, uma, mika):
        definition = make_definition(
            name="Ours", events=["TicketStateUpdate"], changed_to={"state": ["closed"]}, recipients=["owner"]
        )
        Preference.objects.create(person=uma, definition=definition, channel="email", enabled=False)
        PersonalSettings.objects.create(person=mika, stand_in=uma)
        PersonalSettings.objects.create(person=uma, out_of_office_from="2020-01-01", stand_in=mika)
        text = site.get(page(uma)).text
        for said in (
            "In use: Ops I notification function.", "Mail goes to uma@example.com.",
            "They stand in for Mika Manager", "Mika Manager stands in for them.", "out of office",
            "not: E-mail, has turned this off", "only when State is now: Closed", "Ours",
        ):  # fmt: skip
            assert said in text

    @pytest.mark.parametrize(("zone", "is_away"), [("Asia/Tokyo", True), ("Pacific/Honolulu", False)])
    def test_they_are_away_by_their_own_calendar(self, clock, site, uma, zone, is_away):
        clock.move_to(datetime.datetime(2026, 11, 23, 20, tzinfo=datetime.UTC))
        uma.time_zone = zone
        uma.save()
        PersonalSettings.objects.create(person=uma, out_of_office_from="2026-11-24")
        assert ("They are out of office" in site.get(page(uma)).text) == is_away

    def test_channels_stand_in_their_own_order_on_every_database(self, bare, uma):
        make_definition(channels={"email": True, "in_app": True})
        assert list(ways(uma)["owner"]["ArticleCreate"]) == ["in_app", "email"]

    def test_an_extra_address_may_stand_beside_a_tag_with_blanks(self, bare, uma, mika):
        make_definition(recipients=[], extra_addresses="{{ ticket.number }}@example.com " + uma.email)
        assert set(ways(uma)) == {"extra_addresses"}
        assert ways(mika) == {}

    def test_a_disabled_person_is_told_nothing(self, site, uma):
        uma.is_active = False
        uma.save()
        text = site.get(page(uma)).text
        assert "They are told nothing: they are disabled" in text
        assert "They are told nothing.</p>" in text

    def test_a_persons_page_leads_there(self, site, uma):
        assert page(uma) in site.get(reverse("admin:opsi_user_change", args=[uma.pk])).text

    def test_many_definitions_cost_the_same(self, site, uma):
        def cost():
            with CaptureQueriesContext(connection) as statements:
                assert site.get(page(uma)).status_code == 200
            return len(statements)

        make_definition(name="First", users=[uma])
        few = cost()
        for number in range(30):
            make_definition(name=f"No. {number}", users=[uma])
        assert cost() == few <= 22


class TestOfOneTicketNow:
    def test_says_what_dispatch_then_does(self, ticket, uma, mika, cora, aiko, vera, bo, forget, dispatch):
        """Of an article of mika's: those told and those not, with why."""
        for one in (cora, aiko, vera):
            Watcher.objects.watch(ticket, one, by=uma)
        Mute.objects.create(person=aiko, ticket=ticket)
        PersonalSettings.objects.create(person=uma, out_of_office_from="2020-01-01", stand_in=vera)
        forget()
        ticket.reply("For all.", by=mika)
        expected = {}
        for one in (uma, mika, cora, aiko, vera, bo):
            one.refresh_from_db()
            foreseen = now_of(one, ticket, by=mika)["ArticleCreate"]
            expected[one.username] = (
                {name: way.told for name, way in foreseen.row.ways.items()} if foreseen.row else {}
            )
        dispatch()
        for channel in ("in_app", "email"):
            assert {who for who, by in expected.items() if by.get(channel)} == set(told(channel))
        assert {who for who, by in expected.items() if by and not all(by.values())} == set(drops())
        assert expected["bo"] == {}

    def test_says_why_not(self, bare, ticket, uma, aiko, mika, vera, site):
        make_definition(name="Ours", recipients=["owner", "watchers"])
        make_definition(name="High", ticket_filter={"priority": ["very_high"]})
        make_definition(name="Closing", events=["TicketStateUpdate"], changed_to={"state": ["closed"]})
        Watcher.objects.watch(ticket, aiko, by=uma)
        Mute.objects.create(person=aiko, ticket=ticket)
        found = now_of(aiko, ticket)
        assert {way.drop for way in found["ArticleCreate"].row.ways.values()} == {"muted"}
        assert [(one.name, why) for one, why in found["ArticleCreate"].passed_over] == [
            ("High", ["ticket_priority"])
        ]
        assert not found["TicketDelete"].is_told_of
        assert found["TicketStateUpdate"].row is None
        assert [one.name for one, _why in found["TicketStateUpdate"].passed_over] == ["Closing"]
        text = site.get(page(aiko), {"ticket": ticket.number}).text
        for said in ("has muted this ticket", "The filter does not match: priority.", "Nobody is told of this.",
                     "No: nothing matches now.", "to its notifications they are: Watchers."):  # fmt: skip
            assert said in text

    def test_as_if_they_did_it_themselves(self, bare, ticket, uma):
        make_definition()
        assert now_of(uma, ticket)["ArticleCreate"].told
        own = now_of(uma, ticket, by=uma)["ArticleCreate"]
        assert {way.drop for way in own.row.ways.values()} == {"actor"}

    def test_of_an_article_the_last_one_they_may_see_is_tried(self, bare, ticket, cora, uma, mika):
        make_definition(recipients=["watchers"])
        Watcher.objects.watch(ticket, cora, by=uma)
        ticket.note("Internal.", by=mika)
        assert now_of(cora, ticket)["ArticleCreate"].told

    def test_tries_every_event_and_leaves_the_ticket_and_everything_as_it_was(self, ticket, uma):
        def rows():
            return {model: model._default_manager.count() for model in apps.get_models()}

        before, state = rows(), ticket.snapshot()
        found = now_of(uma, ticket)
        assert found["TicketDelete"].told
        assert found["TicketStateUpdate"].told
        assert (rows(), ticket.snapshot(), ticket.deleted_at) == (before, state, None)

    def test_costs_the_same_whatever_the_number_of_watchers(self, ticket, uma, mika, aiko, vera, cora):
        def cost():
            with CaptureQueriesContext(connection) as statements:
                now_of(uma, ticket)
            return len(statements)

        Watcher.objects.watch(ticket, uma, by=uma)
        one = cost()
        for person in (mika, aiko, vera, cora):
            Watcher.objects.watch(ticket, person, by=uma)
        assert cost() == one <= 45

    def test_costs_the_same_whatever_the_number_of_articles_and_definitions(self, bare, ticket, uma, mika):
        def cost():
            with CaptureQueriesContext(connection) as statements:
                now_of(uma, ticket)
            return len(statements)

        make_definition(name="Without files", article_filter={"has_attachment": False})
        ticket.note("Internal.", by=mika)
        few = cost()
        for number in range(5):
            make_definition(name=f"No. {number}", article_filter={"has_attachment": True})
            ticket.note("Internal.", by=mika)
        assert cost() == few

    @pytest.mark.parametrize("number", ["", "0", "nonsense", "2026\x00", "9" * 17])
    def test_a_number_that_is_none_is_said_beside_the_field(self, site, uma, number):
        answer = site.get(page(uma), {"ticket": number})
        assert answer.status_code == 422
        assert answer.context["form"].errors["ticket"]

    def test_of_a_deleted_ticket_nothing_is_told(self, site, ticket, uma, mika):
        ticket.remove(by=mika)
        text = site.get(page(uma), {"ticket": ticket.number}).text
        assert "The ticket is deleted" in text

    def test_somebody_who_is_not_there(self, site, uma):
        assert site.get(reverse("admin:notifications_definition_person", args=[10**18])).status_code == 404
        assert site.get("/admin/notifications/definition/person/99999999999999999999999/").status_code == 404

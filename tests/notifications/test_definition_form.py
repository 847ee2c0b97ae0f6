"""The form of a ticket notification reads itself back, opens where something is set, and previews what is written."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications import recipients
from notifications.admin.definition_words import RowNames, sentence
from notifications.models import Definition
from opsi.models import Group
from tests.notifications.conftest import make_definition
from tests.notifications.test_definition_admin import ENGLISH, form
from tickets import events


@pytest.fixture
def site(ada, signed_in):
    return signed_in(ada)


def change(definition):
    return reverse("admin:notifications_definition_change", args=[definition.pk])


def said(definition):
    row = Definition.objects.for_dispatch().get(pk=definition.pk)
    return sentence(row, RowNames([row]))


class TestTheSentence:
    def test_reads_the_notification_back(self, db, service_desk, uma):
        definition = make_definition(
            events=["TicketStateUpdate"],
            ticket_filter={"queue": [service_desk.pk]},
            changed_to={"state": ["closed"]},
            recipients=["owner", "watchers"],
            users=[uma],
            severity="critical",
            critical_skips_window=True,
        )
        assert said(definition) == (
            "Tells Owner, Watchers and Named people (Uma Ogawa) of: State changed. "
            "Only when Queue: Service desk; State is now: Closed. In the app and E-mail; severity: Critical. "
            "Critical does not wait for the window."
        )

    def test_says_what_is_asked_of_articles_people_and_nothing(self, db, uma):
        definition = make_definition(
            events=["TicketOwnerUpdate", "ArticleCreate"],
            changed_from={"owner": [None, uma.pk]},
            ticket_filter={"is_locked": [False], "priority": ["high", "very_high"]},
            article_filter={
                "visible_for_customer": True,
                "channel": ["email"],
                "body": ["router", "gateway"],
            },
        )
        assert (
            "Only when Priority: High or Very high; Locked: no; Owner was: nobody or Uma Ogawa; "
            "Channel: E-mail; Visible for customer: yes; Text contains: “router” or “gateway”."
        ) in said(definition)

    def test_says_what_tells_nobody(self, db):
        definition = make_definition(recipients=[], validity="invalid")
        assert said(definition).startswith("Tells nobody of: Article added.")
        assert said(definition).endswith("It is not valid: as it stands it tells nobody.")

    def test_stands_on_the_form(self, site):
        definition = make_definition()
        assert "Tells Owner of: Article added." in site.get(change(definition)).text


class TestTheGroups:
    def classes(self, answer):
        return {str(name): set(options["classes"]) for name, options in answer.context["adminform"].fieldsets
                if "classes" in options}  # fmt: skip

    def open(self, answer):
        return {name for name, classes in self.classes(answer).items() if "collapse" not in classes}

    def test_are_closed_where_nothing_is_set(self, site):
        assert self.open(site.get(change(make_definition()))) == set()
        assert self.open(site.get(reverse("admin:notifications_definition_add"))) == set()

    @pytest.mark.parametrize(
        ("fields", "group"),
        [
            ({"ticket_filter": {"is_locked": [False]}}, "Only when the ticket …"),
            ({"changed_to": {"owner": [None]}}, "Only when it changes from … to …"),
            ({"article_filter": {"visible_for_customer": False}}, "Only when the article …"),
            ({"extra_addresses": "a@example.org"}, "To certain people, groups, roles and addresses"),
            ({"roles": ["itsm_user"]}, "To certain people, groups, roles and addresses"),
        ],
    )
    def test_stand_open_where_something_is_set(self, site, fields, group):
        assert self.open(site.get(change(make_definition(**fields)))) == {group}

    def test_so_do_they_for_named_people(self, site, uma):
        group = Group.objects.create(name="Night", slug="night")
        for named in ({"users": [uma]}, {"groups": [group]}):
            definition = make_definition(name=str(named), **named)
            assert self.open(site.get(change(definition))) == {
                "To certain people, groups, roles and addresses"
            }

    def test_and_where_something_is_wrong(self, site):
        answer = site.post(reverse("admin:notifications_definition_add"), form(ticket_queue=["99999"]))
        assert self.open(answer) == {"Only when the ticket …"}
        assert "not one of the available choices" in answer.text


class TestWhatStandsBesideTheFields:
    def test_events_stand_in_their_groups(self, site):
        text = site.get(reverse("admin:notifications_definition_add")).text
        for group, types in events.groups():
            assert f">{group.label}</p>" in text
            for event in types:
                assert f'value="{event.name}"' in text

    def test_every_kind_of_recipients_to_tick_is_explained(self, site):
        assert [name for name, _label in recipients.choices() if not recipients.explanation(name)] == []
        text = site.get(reverse("admin:notifications_definition_add")).text
        assert "The agent who answers for it." in text

    def test_so_is_every_field_that_is_no_filter(self, site):
        fields = site.get(reverse("admin:notifications_definition_add")).context["adminform"].form.fields
        filters = ("ticket_", "article_", "from_", "to_")
        assert [
            name for name, field in fields.items() if not field.help_text and not name.startswith(filters)
        ] == []

    def test_costs_the_same_whatever_is_set(self, site, ticket, uma, service_desk):
        def cost(definition):
            with CaptureQueriesContext(connection) as statements:
                assert site.get(change(definition)).status_code == 200
            return len(statements)

        plain = make_definition(name="Plain")
        people = make_definition(name="People", users=[uma], ticket_filter={"queue": [service_desk.pk]})
        # Names of the rows that the filter names, and which of them are gone.
        assert cost(plain) <= 38
        assert cost(people) <= cost(plain) + 6


class TestThePreviewWhileWriting:
    def shown(self, site, ticket, definition=None, **words):
        definition = definition or make_definition()
        words = {"language": "en", "frame": "default", "subject": "", "body": ""} | words
        said = {f"texts-0-{name}": value for name, value in words.items()}
        number = ticket if isinstance(ticket, str) else ticket.number
        url = reverse("admin:notifications_definition_preview_live", args=[definition.pk])
        return site.post(url, {"ticket": number, **said})

    def test_shows_the_words_as_they_stand_and_saves_none(self, site, ticket):
        definition = make_definition()
        answer = self.shown(
            site, ticket, definition, subject="See {{ticket.number}}", body="Hello {{recipient.name}}"
        )
        assert f"See {ticket.number}" in answer.text
        assert "Hello Ada Admin" in answer.text
        assert definition.texts.get().subject == "{{ticket.number}}"
        assert definition.versions.count() == 1

    def test_in_the_language_of_the_text(self, site, ticket):
        definition = make_definition(events=["TicketStateUpdate"])
        answer = self.shown(site, ticket, definition, language="ja", subject="変更", body="{{event.new}}")
        assert 'lang="ja"' in answer.text
        assert "新規" in answer.text

    def test_escapes_what_is_written(self, site, ticket):
        answer = self.shown(site, ticket, subject="<script>x</script>", body="<b>")
        assert "<script>" not in answer.text
        assert "&lt;script&gt;" in answer.text

    def test_says_what_is_missing(self, site, ticket):
        definition = make_definition()
        assert "Write a subject or a text" in self.shown(site, ticket, definition).text
        answer = self.shown(site, "0815", definition, subject="x", body="y")
        assert answer.status_code == 422
        assert "There is no ticket of this number" in answer.text

    def test_of_a_new_one(self, site, ticket):
        """Its event, severity and all else as they stand on the form; how much of it is missing is no matter."""
        url = reverse("admin:notifications_definition_preview_live")
        words = ("en", "Look: {{event.label}}", "{{event.change}}")
        posted = form(words, name="", recipients=[]) | {"ticket": ticket.number}
        before = Definition.objects.count()
        answer = site.post(url, posted)
        assert "Look: State changed" in answer.text
        assert Definition.objects.count() == before

    def test_goes_by_the_event_that_stands_on_the_form(self, site, ticket):
        definition = make_definition(events=["ArticleCreate"])
        url = reverse("admin:notifications_definition_preview_live", args=[definition.pk])
        words = ("en", "Look: {{event.label}}", "x")
        posted = form(words, events=["TicketPriorityUpdate"]) | {"ticket": ticket.number}
        assert "Look: Priority changed" in site.post(url, posted).text
        definition.refresh_from_db()
        assert definition.events == ["ArticleCreate"]

    @pytest.mark.parametrize("junk", ["x", "-1", "9" * 40, "\0"])
    def test_stands_whatever_is_sent(self, site, ticket, junk):
        url = reverse("admin:notifications_definition_preview_live")
        fields = {
            name: [junk] for name in ("named_users", "ticket_queue", "events", "severity", "from_owner")
        }
        assert site.post(url, form(**fields) | {"ticket": ticket.number}).status_code == 200

    def test_of_one_that_is_not_there(self, site, ticket):
        url = reverse("admin:notifications_definition_preview_live", args=[999999])
        assert site.post(url, {"ticket": ticket.number}).status_code == 404


def test_what_stands_open_is_not_lost_on_saving(site, service_desk):
    definition = make_definition(name="Urgent state", ticket_filter={"queue": [service_desk.pk]})
    text = definition.texts.get()
    data = form(ENGLISH, ticket_queue=[service_desk.pk], **{"texts-INITIAL_FORMS": 1, "texts-0-id": text.pk})
    assert site.post(change(definition), data).status_code == 302
    definition.refresh_from_db()
    assert definition.ticket_filter == {"queue": [service_desk.pk]}

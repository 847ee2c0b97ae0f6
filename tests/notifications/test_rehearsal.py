"""What a notification would do, tried on a real ticket: the same decisions and words, and nothing is written (§5)."""

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import timezone

from notifications import rehearsal
from notifications.choices import Drop
from notifications.models import (
    Definition,
    MailServer,
    NotificationFunction,
    PersonalSettings,
    Preference,
    Subscription,
)
from tests.notifications.conftest import drops, make_definition, told
from tests.notifications.test_definition_admin import form
from tests.waiting import mail_server
from tickets import events
from tickets.models import Queue, Ticket
from watchers.models import Watcher


@pytest.fixture
def site(ada, signed_in):
    return signed_in(ada)


def page(name, definition=None, tail=""):
    pk = [definition.pk] if definition else []
    return reverse(f"admin:notifications_definition_{name}", args=pk)


def rows():
    """How many there are of everything."""
    return {model: model._default_manager.count() for model in apps.get_models()}


def of(found):
    """({who: {channel: what}} of those told, the same of those not told)."""
    return tuple(
        {str(getattr(row.who, "username", row.who)): {name: way.text for name, way in row.ways.items()} for row in rows}
        for rows in (found.told, found.not_told)
    )  # fmt: skip


def dry_run(event, definition=None):
    before = rows()
    found = rehearsal.dry_run(event, definition, timezone.now())
    assert rows() == before
    return found


class TestDryRun:
    @pytest.fixture
    def world(self, ticket, uma, aiko, mika, cora, bo, vera, carl):
        """uma owns it and is away; aiko, vera and cora watch; bo of another customer is named; mika acts."""
        for one in (aiko, vera, cora):
            Watcher.objects.watch(ticket, one, by=uma)
        PersonalSettings.objects.create(person=uma, out_of_office_from="2020-01-01")
        definition = make_definition(
            name="Ours",
            recipients=["owner", "watchers", "creator"],
            users=[bo],
            extra_addresses="team@example.org",
        )
        Preference.objects.create(person=vera, definition=definition, channel="email", enabled=False)
        Preference.objects.create(person=vera, definition=definition, channel="in_app", enabled=False)
        return definition

    def test_says_who_would_be_told_through_what_and_who_not_and_why(self, world, ticket, mika):
        event = ticket.note("Not for the customer.", by=mika).events.get()
        both = {"in_app": "would be told", "email": "would be told"}
        assert of(dry_run(event, world)) == (
            {"aiko": both, "uma": {"in_app": "would be told", "email": Drop.OUT_OF_OFFICE.label}},
            {
                "bo": dict.fromkeys(both, Drop.NO_ACCESS.label),
                "cora": dict.fromkeys(both, Drop.NO_ARTICLE_ACCESS.label),
                "mika": dict.fromkeys(both, Drop.ACTOR.label),
                "vera": dict.fromkeys(both, Drop.PREFERENCE.label),
                "team@example.org": {"email": Drop.NO_ARTICLE_ACCESS.label},
            },
        )

    def test_says_what_dispatch_then_does(self, world, ticket, mika, dispatch, forget):
        Definition.objects.exclude(pk=world.pk).update(validity="invalid")
        forget()
        event = ticket.reply("We are on it.", by=mika).events.get()
        expected, why_not = of(dry_run(event, world))
        assert of(dry_run(event)) == (expected, why_not)
        dispatch()
        assert told() == dict.fromkeys(expected, 1)
        assert {who: {str(Drop(one).label) for one in why} for who, why in drops("email").items()} == {
            who: {ways["email"]}
            for who, ways in (expected | why_not).items()
            if ways["email"] != "would be told"
        }

    def test_afterwards_it_says_the_same_though_it_is_told_once_a_day(
        self, clock, ticket, mika, forget, dispatch
    ):
        definition = make_definition(name="Daily", once_per_day=True)
        forget()
        first = ticket.note("One.", by=mika).events.get()
        dispatch()
        assert list(of(dry_run(first, definition))[0]) == ["uma"]
        second = ticket.note("Two.", by=mika).events.get()
        assert of(dry_run(second, definition))[1] == {
            "uma": dict.fromkeys(["in_app", "email"], Drop.ONCE_PER_DAY.label)
        }

    def test_all_together_give_one_notice_with_the_text_of_the_most_important(self, ticket, uma, mika):
        Definition.objects.update(validity="invalid")
        make_definition(name="Plain", severity="information", channels={"in_app": True})
        loud = make_definition(name="Loud", severity="critical", channels={"email": True})
        make_definition(name="Off", validity="invalid", recipients=["creator"], also_notify_actor=True)
        event = ticket.note("Look.", by=mika).events.get()
        [row] = dry_run(event).rows
        assert (row.who, row.definition, row.severity) == (uma, "Plain", "Critical")
        assert list(row.ways) == ["in_app", "email"]
        assert [row.definition for row in dry_run(event, loud).rows] == ["Loud"]

    def test_one_that_is_not_valid_can_be_tried_all_the_same(self, ticket, mika):
        definition = make_definition(name="Draft", validity="invalid")
        event = ticket.note("Look.", by=mika).events.get()
        assert list(of(dry_run(event, definition))[0]) == ["uma"]

    @pytest.mark.parametrize(
        ("fields", "misses"),
        [
            ({"events": ["TicketDelete"]}, ["events"]),
            (
                {"ticket_filter": {"state": ["closed"], "priority": ["low"]}},
                ["ticket_state", "ticket_priority"],
            ),
            ({"changed_to": {"state": ["closed"]}, "changed_from": {"state": ["new"]}}, ["to_state"]),
            ({"events": ["ArticleCreate"], "article_filter": {"body": ["x"]}}, ["events"]),
        ],
    )
    def test_says_what_keeps_it_from_being_told_at_all(self, ticket, mika, fields, misses):
        definition = make_definition(name="Ours", **{"events": ["TicketStateUpdate"]} | fields)
        assert dry_run(ticket.change_state("open", by=mika), definition).misses == misses

    def test_an_article_filter_too_attachments_included(self, ticket, mika):
        definition = make_definition(name="Ours", article_filter={"has_attachment": True, "body": ["look"]})
        event = ticket.note("Look.", by=mika).events.get()
        assert dry_run(event, definition).misses == ["article_has_attachment"]

    def test_what_happened_to_a_deleted_ticket_is_not_told(self, ticket, mika):
        event = ticket.note("Look.", by=mika).events.get()
        ticket.remove(by=mika)
        event.refresh_from_db()
        found = dry_run(event, make_definition(name="Ours"))
        assert (found.misses, found.rows) == (["deleted"], [])

    def test_costs_the_same_for_a_crowd(
        self, ticket, mika, uma, aiko, vera, cora, django_assert_max_num_queries
    ):
        for one in (aiko, vera, cora):
            Watcher.objects.watch(ticket, one, by=uma)
        event = ticket.events.latest("pk")
        with django_assert_max_num_queries(20):
            rehearsal.dry_run(event, None, timezone.now())


class TestAnEventThatNeverHappened:
    def test_is_judged_by_the_ticket_as_it_would_be_then(self, ticket, aiko, mika, service_desk):
        definition = make_definition(
            name="Ours",
            events=["TicketOwnerUpdate"],
            recipients=["owner", "newly_concerned"],
            ticket_filter={"owner": [aiko.pk]},
        )
        event = rehearsal.imagine(ticket, "TicketOwnerUpdate", by=mika, old=ticket.owner, new=aiko)
        assert list(of(dry_run(event, definition))[0]) == ["aiko"]
        assert Ticket.objects.get(pk=ticket.pk).owner.username == "uma"

    def test_whoever_it_would_give_the_ticket_to_could_read_it(self, make_ticket, aiko, mika):
        ticket = make_ticket(queue=Queue.objects.create(name="Hidden"))
        definition = make_definition(name="Ours", events=["TicketOwnerUpdate"])
        event = rehearsal.imagine(ticket, "TicketOwnerUpdate", by=mika, new=aiko)
        assert list(of(dry_run(event, definition))[0]) == ["aiko"]

    def test_subscribers_of_the_new_queue_are_concerned(self, ticket, aiko, mika, service_desk):
        network = Queue.objects.create(name="Network")
        network.grant_shipped()
        Subscription.objects.create(person=aiko, queue=network)
        event = rehearsal.imagine(ticket, "TicketQueueUpdate", by=mika, old=service_desk, new=network)
        assert "aiko" in of(dry_run(event))[0]

    def test_a_deletion_is_told_to_those_who_can_read_it_now(self, ticket, mika):
        event = rehearsal.imagine(ticket, "TicketDelete", by=mika)
        assert list(of(dry_run(event))[0]) == ["uma"]


class TestPreview:
    @pytest.fixture
    def note(self, ticket, mika, uma, cora):
        Watcher.objects.watch(ticket, cora, by=uma)
        return ticket.note(
            "Ring +81 3 1234.\nThe customer need not know.", by=mika, subject="Aside"
        ).events.get()

    @pytest.fixture
    def shown(self, note):
        definition = make_definition(
            name="Ours",
            subject="{{ticket.number}} {{ticket.state}} {{event.time}}",
            body="{{recipient.name}}: {{article.body}}",
            recipients=["owner", "watchers"],
        )
        definition.texts.create(
            language="ja", subject="{{ticket.state}}", body="{{recipient.name}}: {{article.body}}"
        )

        def preview(to):
            before = rows()
            version = rehearsal.unsaved_version(definition, definition.texts.all())
            found = rehearsal.preview(definition, version, note, to, timezone.now())
            assert rows() == before
            return found

        return preview

    def test_is_what_that_person_would_get(self, shown, ticket, uma):
        found = shown(uma)
        assert (found.why_not, found.address) == ("", "uma@example.com")
        assert found.message.subject.startswith(f"{ticket.number} New ")
        assert "Uma Ogawa: Ring +81 3 1234.\nThe customer need not know." in found.text
        assert "Because you own it." in found.text
        assert "Uma Ogawa: Ring +81 3 1234.<br>" in found.html
        assert found.in_app == [found.subject, "Article added: Aside"]

    def test_carries_nothing_by_which_whoever_looks_could_mute_for_them(self, shown, uma):
        found = shown(uma)
        assert "/unsubscribe/" not in found.text + found.html
        assert "List-Unsubscribe" not in found.message.extra_headers

    def test_in_their_language_and_time_zone(self, shown, aiko):
        found = shown(aiko)
        assert found.subject == "新規"
        assert 'lang="ja"' in found.html
        assert found.why_not == "is not among those it is for"

    def test_a_customer_never_sees_an_internal_article(self, shown, cora):
        found = shown(cora)
        assert found.why_not == str(Drop.NO_ARTICLE_ACCESS.label)
        assert "Cora Castor: -" in found.text
        for said in (found.text, found.html, *found.in_app):
            assert "1234" not in said
            assert "Aside" not in said

    def test_somebody_without_an_account_reads_it_as_such(self, shown):
        found = shown("team@example.org")
        assert found.address == "team@example.org"
        assert "1234" not in found.text
        assert "Choose what you are told of" not in found.text


class TestPages:
    @pytest.fixture
    def definition(self, db):
        return make_definition(name="Ours", subject="Saved {{ticket.number}}", body="<b>{{article.body}}</b>")

    @pytest.fixture
    def event(self, ticket, mika):
        return ticket.note("Look.", by=mika).events.get()

    def test_a_ticket_is_asked_for_then_all_else_has_a_sample(self, site, definition, event, ticket, ada):
        for name in ("dry_run", "preview"):
            answer = site.get(page(name, definition))
            assert answer.status_code == 200
            assert list(answer.context["form"].fields) == ["ticket", "details_of"]
        answer = site.get(page("dry_run", definition), {"ticket": ticket.number})
        assert answer.context["form"].data["event"] == str(event.pk)
        assert "Uma Ogawa (uma)" in answer.text
        answer = site.get(page("preview", definition), {"ticket": ticket.number})
        assert answer.context["form"].data["to"] == "ada"
        assert "They would not get it: is not among those it is for." in answer.text

    def test_without_such_an_event_one_is_made_up_of_the_ticket(self, site, ticket):
        for definition in Definition.objects.all():
            answer = site.get(page("preview", definition), {"ticket": ticket.number, "to": "uma"})
            assert answer.status_code == 200, (definition, answer.context["form"].errors)
            assert ticket.number in answer.context["found"].subject
            answer = site.get(page("dry_run", definition), {"ticket": ticket.number})
            assert answer.status_code == 200

    def test_every_event_can_be_imagined_for_all_together(self, site, ticket):
        for name, _label in events.choices():
            answer = site.get(page("rehearsal"), {"ticket": ticket.number, "event": name})
            assert answer.status_code == 200, (name, answer.context["form"].errors)

    def test_old_and_new_are_the_administrators_choice(self, site, ticket, aiko):
        definition = make_definition(
            name="Urgent",
            events=["TicketPriorityUpdate", "TicketOwnerUpdate"],
            severity="from_priority",
            changed_to={"priority": ["very_high"]},
            recipients=["owner"],
        )
        given = {"ticket": ticket.number, "event": "TicketPriorityUpdate", "old": "low"}
        answer = site.get(page("dry_run", definition), given | {"new": "high"})
        assert "The filter does not match: priority is now." in answer.text
        answer = site.get(page("dry_run", definition), given | {"new": "very_high"})
        assert "Critical" in answer.text
        answer = site.get(
            page("dry_run", definition), given | {"event": "TicketOwnerUpdate", "old": "", "new": "aiko"}
        )
        assert [row.who for row in answer.context["found"].told] == [aiko]

    def test_details_of_another_event_are_forgotten(self, site, ticket):
        given = {"ticket": ticket.number, "event": "TicketStateUpdate", "details_of": "TicketPriorityUpdate"}
        answer = site.get(page("rehearsal"), given | {"old": "low", "new": "high"})
        assert answer.context["found"].event.new == ticket.state

    @pytest.mark.parametrize(
        ("given", "field", "message"),
        [
            ({"ticket": "20010101000001"}, "ticket", "There is no ticket of this number that you may read."),
            ({"ticket": "\x00"}, "ticket", "Null characters are not allowed."),
            ({"event": "NoSuchEvent"}, "event", "not one of the available choices"),
            ({"event": "TicketStateUpdate", "new": "asleep"}, "new", "not one of the available choices"),
            ({"event": "TicketOwnerUpdate", "new": "nobody"}, "new", "Nobody has the login “nobody”."),
            ({"event": "TicketQueueUpdate", "new": "9" * 40}, "new", "not one of the available choices"),
            ({"event": "TicketPendingTimeUpdate", "new": "soon"}, "new", "Enter a valid date/time."),
            ({"event": "ArticleCreate", "article": "99"}, "article", "This ticket has no such article."),
            ({"event": "ArticleCreate", "article": "x"}, "article", "Enter a whole number."),
            ({"event": "ArticleCreate", "by": "nobody"}, "by", "Nobody has the login “nobody”."),
            ({"to": "nobody"}, "to", "Nobody has the login “nobody”."),
        ],
    )
    def test_a_mistake_is_said_beside_its_field(self, site, ticket, given, field, message):
        definition = Definition.objects.get(shipped_as="new-article")
        definition.events = [name for name, _label in events.choices()]
        definition.save()
        names = ["preview"] if field == "to" else ["preview", "dry_run"]
        for name in names:
            answer = site.get(page(name, definition), {"ticket": ticket.number} | given)
            assert answer.status_code == 422
            assert message in str(answer.context["form"].errors[field])

    def test_a_ticket_the_administrator_may_not_read_is_not_opened_by_the_way(
        self, site, definition, make_ticket
    ):
        hidden = make_ticket(queue=Queue.objects.create(name="Hidden"))
        for name in ("preview", "dry_run"):
            answer = site.get(page(name, definition), {"ticket": hidden.number, "to": "mika"})
            assert answer.status_code == 422
            assert hidden.title not in answer.text
        assert site.get(page("preview_mail", definition), {"ticket": hidden.number}).status_code == 404

    def test_what_keeps_it_from_being_told_at_all_is_said_in_the_preview_too(self, site, ticket, definition):
        Definition.objects.filter(pk=definition.pk).update(article_filter={"body": ["router"]})
        answer = site.get(page("preview", definition), {"ticket": ticket.number, "event": "ArticleCreate"})
        assert "The filter does not match: text contains." in answer.text

    def test_an_event_of_another_ticket_is_not_shown(self, site, definition, event, make_ticket, ticket):
        other = make_ticket(title="Other").note("Secret.", by=None).events.get()
        answer = site.get(page("preview", definition), {"ticket": ticket.number, "event": other.pk})
        assert answer.context["form"].data["event"] == str(event.pk)

    @pytest.mark.parametrize("login", ["mika", "uma", "vera", "carl", "cora", "ray"])
    def test_nobody_but_the_administrator_gets_there(self, everyone, signed_in, definition, ticket, login):
        client = signed_in(everyone[login])
        for name in ("preview", "preview_mail", "dry_run"):
            assert client.get(page(name, definition), {"ticket": ticket.number}).status_code == 302
        assert client.get(page("rehearsal")).status_code == 302
        assert client.post(page("test", definition), {"ticket": ticket.number}).status_code == 302

    def test_there_is_nothing_of_a_definition_that_is_none(self, site):
        for name in ("preview", "preview_mail", "dry_run"):
            url = reverse(f"admin:notifications_definition_{name}", args=[10**30])
            assert site.get(url).status_code == 404

    def test_the_html_mail_stands_in_a_frame_that_nothing_gets_out_of(self, site, definition, event, ticket):
        scene = {"ticket": ticket.number, "event": event.pk, "to": "uma"}
        answer = site.get(page("preview", definition), scene)
        assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert " style=" not in answer.text
        frame = site.get(page("preview_mail", definition), scene)
        policy = frame.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "sandbox", "frame-ancestors 'self'", "form-action 'none'"} <= set(
            policy
        )
        assert not any(part.startswith("script-src") for part in policy)
        assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "&lt;b&gt;Look.&lt;/b&gt;" in frame.text
        assert site.get(page("preview_mail", definition), {"ticket": "1"}).status_code == 404

    def test_texts_that_are_not_saved_can_be_seen_and_are_not_saved(self, site, definition, event, ticket):
        posted = {
            "texts-0-language": "en",
            "texts-0-subject": "Unsaved {{ticket.number}}",
            "texts-0-body": "<i>{{article.body}}",
            "texts-0-frame": "nonsense",
            "texts-1-language": "xx",
            "texts-1-subject": "x",
        }
        scene = {"ticket": ticket.number, "event": str(event.pk), "to": "uma"}
        before = rows()
        answer = site.post(page("preview", definition), posted | scene)
        assert answer.context["found"].message.subject == f"Unsaved {ticket.number}"
        assert "not saved" in answer.text
        assert 'name="texts-0-body" value="&lt;i&gt;{{article.body}}"' in answer.text
        assert "&lt;i&gt;Look." in site.post(page("preview_mail", definition), posted | scene).text
        assert site.post(page("preview", definition), posted).status_code == 200
        assert rows() == before
        assert definition.texts.get().subject == "Saved {{ticket.number}}"


class TestOfOneThatIsBeingWritten:
    """The form as it stands, of a new one or of one that is changed and not saved."""

    @pytest.fixture
    def scene(self, ticket):
        return {"ticket": ticket.number, "event": "TicketStateUpdate", "new": "closed", "to": "uma"}

    def test_a_new_one_is_seen_and_sent_as_a_test_and_not_saved(self, site, scene, ticket, mail_host):
        posted = form(("en", "New {{ticket.number}}", "<b>{{event.new}}")) | scene
        before = rows()
        shown = site.post(page("preview"), posted)
        assert shown.context["found"].message.subject == f"New {ticket.number}"
        assert "Whom it would reach, a dry run says once it is saved." in shown.text
        assert "They would not get it" not in shown.text
        assert "&lt;b&gt;Closed" in site.post(page("preview_mail"), posted).text
        assert site.post(page("test"), posted).status_code == 200
        assert mail_host.mails[0]["Subject"] == f"[Test] New {ticket.number}"
        assert rows() == before

    def test_all_of_the_form_goes_along_to_the_next_page(self, site, scene, ada):
        posted = form(named_users=[ada.pk], ticket_state=["open", "closed"])
        text = site.post(page("preview"), posted | scene).text
        for name, value in (("name", "Urgent state"), ("ticket_state", "closed"), ("named_users", ada.pk)):
            assert f'<input type="hidden" name="{name}" value="{value}">' in text
        # But nothing of it, nor the token, into an address.
        assert "csrfmiddlewaretoken=" not in text

    def test_says_what_its_filters_keep_out(self, site, scene):
        shown = site.post(page("preview"), form(ticket_priority=["very_high"], to_state=["open"]) | scene)
        assert shown.context["misses"] == [
            "The filter does not match: priority.", "The filter does not match: state is now.",
        ]  # fmt: skip

    def test_whom_a_saved_one_reaches_is_said_unless_more_than_its_texts_was_changed(self, site, scene):
        definition = make_definition(name="Urgent state", events=["TicketStateUpdate"], recipients=["creator"],
                                     severity="critical", channels={"in_app": True, "email": False})  # fmt: skip
        same = form(recipients=["creator"]) | scene
        assert "is not among those it is for" in site.post(page("preview", definition), same).text
        other = form(recipients=["watchers"]) | scene
        assert "is not among those" not in site.post(page("preview", definition), other).text

    @pytest.mark.parametrize("name", ["preview", "preview_mail", "preview_live", "test"])
    def test_it_has_no_address_to_get(self, site, name, everyone, signed_in, scene):
        assert site.get(page(name)).status_code == 405
        assert signed_in(everyone["mika"]).post(page(name), form() | scene).status_code != 200


class TestTestMail:
    @pytest.fixture
    def definition(self, ticket, settings):
        settings.OPSI_MAIL_REACHES_NOBODY = False
        return make_definition(name="Ours", subject="Saved {{ticket.number}}", body="{{recipient.name}}")

    def send(self, site, definition, ticket, **fields):
        scene = {"ticket": ticket.number, "event": "ArticleCreate", "to": "uma"}
        return site.post(page("test", definition), scene | fields)

    def test_goes_to_the_administrator_alone_marked_as_a_test(self, site, definition, ticket, mail_host):
        before = rows()
        answer = self.send(site, definition, ticket)
        assert answer.status_code == 302
        assert rows() == before
        shown = site.get(answer.url)
        assert "The test mail to ada@example.com was accepted. The server said: 250 OK" in shown.text
        assert shown.context["form"].data["to"] == "uma"
        [mail] = mail_host.mails
        assert (mail["To"], mail["Subject"]) == ("ada@example.com", f"[Test] Saved {ticket.number}")
        assert "Ada Admin" in mail.get_body(("plain",)).get_content()

    def test_with_texts_that_are_not_saved(self, site, definition, ticket, mail_host):
        unsaved = {"texts-0-language": "en", "texts-0-subject": "Unsaved", "texts-0-body": "x"}
        answer = self.send(site, definition, ticket, **unsaved)
        assert "was accepted" in answer.text
        assert mail_host.mails[0]["Subject"] == "[Test] Unsaved"

    def test_through_the_function_in_use(self, site, definition, ticket, smtp_server, mail_host):
        host, port = smtp_server()
        mail_server(port)
        NotificationFunction(function="mail_server").save()
        self.send(site, definition, ticket)
        assert (len(host.mails), len(mail_host.mails)) == (1, 0)
        assert host.mails[0]["From"] == MailServer.load().sender

    def test_what_the_server_said_is_shown(self, site, definition, ticket, mail_host):
        mail_host.answers["ada@example.com"] = "550 5.1.1 No such user"
        answer = self.send(site, definition, ticket)
        assert answer.status_code == 422
        assert "550 5.1.1 No such user" in answer.context["refused"]

    def test_without_an_address_there_is_nowhere_to_send_it(self, site, definition, ticket, ada, mail_host):
        type(ada).objects.filter(pk=ada.pk).update(email="")
        answer = self.send(site, definition, ticket)
        assert answer.status_code == 422
        assert "You have no e-mail address" in answer.context["refused"]
        assert mail_host.mails == []

    def test_no_get_sends_one_nor_a_scene_that_is_wrong(self, site, definition, ticket, mail_host):
        assert site.get(page("test", definition)).status_code == 405
        assert self.send(site, definition, ticket, event="NoSuchEvent").status_code == 422
        assert mail_host.mails == []

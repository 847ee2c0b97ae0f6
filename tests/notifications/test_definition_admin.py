"""ada defines who is told of what; mistakes are said beside the field and nothing is saved by half (B14)."""

import pytest
from django.urls import reverse

from notifications.dispatch import dispatch_operation
from notifications.models import Definition, Outbox
from opsi.models import Group
from tests.notifications.conftest import make_definition, told
from tickets.models import Queue, Service, Sla

LIST = "admin:notifications_definition_changelist"


@pytest.fixture
def site(ada, signed_in):
    return signed_in(ada)


def texts(*given, initial=0):
    """The inline's fields for (language, subject, body) each."""
    fields = {"texts-TOTAL_FORMS": len(given), "texts-INITIAL_FORMS": initial, "texts-MIN_NUM_FORMS": 0,
              "texts-MAX_NUM_FORMS": 1000}  # fmt: skip
    for number, (language, subject, body) in enumerate(given):
        fields |= {
            f"texts-{number}-language": language,
            f"texts-{number}-frame": "default",
            f"texts-{number}-subject": subject,
            f"texts-{number}-body": body,
        }
    return fields


ENGLISH = ("en", "[{{ticket.number}}] Look", "{{event.change}}")


def form(*given, **fields):
    return {
        "name": "Urgent state",
        "validity": "valid",
        "severity": "critical",
        "show_in_preferences": "yes",
        "events": ["TicketStateUpdate"],
        "recipients": ["owner"],
        "channels": ["in_app", "email"],
        "on_by_default": ["in_app"],
        **texts(*(given or (ENGLISH,))),
    } | fields


def add(site, *given, **fields):
    return site.post(reverse("admin:notifications_definition_add"), form(*given, **fields))


def problems(answer):
    assert answer.status_code == 200
    return answer.context["adminform"].form.errors


@pytest.mark.parametrize("login", ["mika", "uma", "vera", "carl", "cora", "ray"])
def test_nobody_but_the_administrator_gets_there(everyone, signed_in, login):
    assert signed_in(everyone[login]).get(reverse(LIST)).status_code in {302, 403}


def test_ada_sees_the_shipped_ones(site):
    answer = site.get(reverse(LIST))
    assert "Ticket created" in answer.text
    assert "Watchers" in answer.text


def test_each_shipped_one_saved_as_it_is_shown_stays_as_it_is(site):
    for definition in Definition.objects.all():
        url = reverse("admin:notifications_definition_change", args=[definition.pk])
        shown = site.get(url).context["adminform"].form
        before = Definition.objects.filter(pk=definition.pk).values().get()
        data = {name: shown[name].value() for name in shown.fields}
        data = {name: value for name, value in data.items() if value not in (None, False)}
        data |= {"texts-TOTAL_FORMS": 2, "texts-INITIAL_FORMS": 2}
        for number, text in enumerate(definition.texts.all()):
            data |= {
                f"texts-{number}-{name}": getattr(text, name)
                for name in ("language", "subject", "body", "frame")
            }
            data |= {f"texts-{number}-id": text.pk, f"texts-{number}-definition": definition.pk}
        answer = site.post(url, data)
        assert answer.status_code == 302, answer.context["adminform"].form.errors
        assert Definition.objects.filter(pk=definition.pk).values().get() == before
        assert definition.versions.count() == 1


def test_one_made_here_tells_whom_it_should(site, ticket, mika, forget):
    forget()
    Definition.objects.update(validity="invalid")
    answer = add(
        site,
        ticket_priority=["high", "medium"],
        ticket_queue=[ticket.queue_id],
        ticket_is_locked=["no"],
        to_state=["closed"],
        article_body="gateway\n router ",
        article_visible_for_customer="yes",
    )
    assert answer.status_code == 302
    definition = Definition.objects.get(name="Urgent state")
    assert definition.ticket_filter == {
        "priority": ["high", "medium"],
        "queue": [ticket.queue_id],
        "is_locked": [False],
    }
    assert definition.article_filter == {"body": ["gateway", "router"], "visible_for_customer": True}
    assert (definition.changed_from, definition.changed_to) == ({}, {"state": ["closed"]})
    assert definition.channels == {"in_app": True, "email": False}
    ticket.change_state("open", by=mika)
    ticket.change_state("closed", by=mika)
    for waiting in Outbox.objects.filter(state="waiting"):
        dispatch_operation(waiting.pk)
    assert told() == {"uma": 1}
    assert told("email") == {}


def test_a_new_text_is_a_new_version_and_the_old_one_stays(site):
    add(site)
    definition = Definition.objects.get(name="Urgent state")
    text = definition.texts.get()
    data = form(("en", "Changed", "Text"), **{"texts-INITIAL_FORMS": 1, "texts-0-id": text.pk})
    site.post(reverse("admin:notifications_definition_change", args=[definition.pk]), data)
    assert [version.texts["en"]["subject"] for version in definition.versions.all()] == [
        ENGLISH[1],
        "Changed",
    ]


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"name": ""}, "name", "required"),
        ({"name": "Ticket created"}, "name", "already exists"),
        ({"events": []}, "events", "Choose at least one event."),
        ({"events": ["NoSuchEvent"]}, "events", "not one of the available choices"),
        ({"channels": [], "on_by_default": []}, "channels", "Choose at least one channel."),
        ({"channels": ["carrier_pigeon"]}, "channels", "not one of the available choices"),
        (
            {"channels": ["email"], "on_by_default": ["in_app"]},
            "on_by_default",
            "Not among the channels above",
        ),
        ({"recipients": ["no_such_kind"]}, "recipients", "not one of the available choices"),
        ({"roles": ["emperor"]}, "roles", "not one of the available choices"),
        ({"extra_addresses": "a@example.org, b, @c"}, "extra_addresses", "Not an e-mail address: b, @c"),
        ({"ticket_queue": ["99999"]}, "ticket_queue", "not one of the available choices"),
        ({"ticket_queue": ["x"]}, "ticket_queue", "not a valid value"),
        ({"ticket_state": ["asleep"]}, "ticket_state", "not one of the available choices"),
        ({"to_state": ["asleep"]}, "to_state", "not one of the available choices"),
        ({"article_has_attachment": "perhaps"}, "article_has_attachment", "not one of the available choices"),
        ({"severity": "huge"}, "severity", "not one of the available choices"),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_nothing_is_saved(site, fields, field, message):
    before = Definition.objects.count()
    errors = problems(add(site, **fields))
    assert message in str(errors[field])
    assert Definition.objects.count() == before


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([("en", "", "")], "at least one language"),
        ([("en", "", ""), ("ja", "", "")], "at least one language"),
        ([("en", "", "Text")], "This field is required."),
        ([("en", "Subject", "")], "This field is required."),
        ([("xx", "Subject", "Text")], "not one of the available choices"),
        ([ENGLISH, ENGLISH], "duplicate"),
        ([("en", "Two\nlines", "Text")], "one line"),
    ],
)
def test_so_are_mistakes_in_the_texts(site, given, message):
    answer = add(site, *given)
    assert answer.status_code == 200
    assert message in answer.text
    assert not Definition.objects.filter(name="Urgent state").exists()


def test_the_last_text_cannot_be_deleted(site):
    add(site)
    definition = Definition.objects.get(name="Urgent state")
    text = definition.texts.get()
    data = form(ENGLISH, **{"texts-INITIAL_FORMS": 1, "texts-0-id": text.pk, "texts-0-DELETE": "on"})
    answer = site.post(reverse("admin:notifications_definition_change", args=[definition.pk]), data)
    assert "at least one language" in answer.text
    assert definition.texts.count() == 1


def test_unicode_is_kept(site):
    add(site, ("ja", "件名 🎫", "本文"), name="通知 🎫")
    assert Definition.objects.get(name="通知 🎫").current_version().texts["ja"]["subject"] == "件名 🎫"


def test_tags_that_are_none_and_a_notification_to_nobody_are_warned_of(site):
    answer = site.post(
        reverse("admin:notifications_definition_add"),
        form(("en", "{{ticket.nonsense}}", "{{ticket.number}}"), recipients=[]),
        follow=True,
    )
    assert "{{ticket.nonsense}}" in answer.text
    assert "names nobody to tell" in answer.text


def test_every_tag_stands_beside_the_text(site):
    assert "{{article.body}}" in site.get(reverse("admin:notifications_definition_add")).text


def test_many_at_once_become_invalid_and_valid_again(site):
    chosen = list(Definition.objects.values_list("pk", flat=True)[:2])
    for action, validity in (
        ("make_invalid", "invalid"),
        ("make_invalid_temporarily", "invalid_temporarily"),
        ("make_valid", "valid"),
    ):
        site.post(reverse(LIST), {"action": action, "_selected_action": chosen})
        assert set(Definition.objects.filter(pk__in=chosen).values_list("validity", flat=True)) == {validity}


def test_a_copy_is_like_its_original_but_invalid_and_called_otherwise(site, uma):
    original = make_definition(name="Ours", users=[uma], roles=["itsm_user"], once_per_day=True)
    for _again in range(2):
        site.post(reverse(LIST), {"action": "copy", "_selected_action": [original.pk]})
    first, second = Definition.objects.filter(name__startswith="Ours (copy").order_by("pk")
    assert (first.name, second.name) == ("Ours (copy)", "Ours (copy 2)")
    assert (first.validity, first.roles, first.once_per_day) == ("invalid", ["itsm_user"], True)
    assert list(first.named_users.all()) == [uma]
    assert first.current_version().texts == original.current_version().texts


def test_a_copy_of_a_shipped_one_is_not_shipped(site):
    shipped = Definition.objects.get(shipped_as="escalation")
    answer = site.post(reverse(LIST), {"action": "copy", "_selected_action": [shipped.pk]})
    copy = Definition.objects.get(name="Escalation (copy)")
    assert answer.url == reverse("admin:notifications_definition_change", args=[copy.pk])
    assert copy.shipped_as is None


def test_one_that_told_somebody_stays_one_that_did_not_can_go(site, ticket, mika, dispatch):
    dispatch()
    unused = make_definition(name="Unused")
    used = Definition.objects.get(shipped_as="ticket-created")
    for definition in (unused, used):
        site.post(reverse("admin:notifications_definition_delete", args=[definition.pk]), {"post": "yes"})
    assert not Definition.objects.filter(pk=unused.pk).exists()
    assert Definition.objects.filter(pk=used.pk).exists()


def test_what_the_form_has_no_field_for_is_kept(site):
    definition = make_definition(name="Imported", ticket_filter={"title": ["x"], "state": ["new"]})
    text = definition.texts.get()
    data = form(ENGLISH, name="Imported", **{"texts-INITIAL_FORMS": 1, "texts-0-id": text.pk})
    site.post(reverse("admin:notifications_definition_change", args=[definition.pk]), data)
    definition.refresh_from_db()
    assert definition.ticket_filter == {"title": ["x"]}


def test_a_queue_can_be_what_a_change_is_from_or_to(site, service_desk):
    other = Queue.objects.create(name="Network")
    add(site, events=["TicketQueueUpdate"], from_queue=[str(service_desk.pk)], to_queue=[str(other.pk)])
    definition = Definition.objects.get(name="Urgent state")
    assert (definition.changed_from, definition.changed_to) == (
        {"queue": [service_desk.pk]},
        {"queue": [other.pk]},
    )


def test_what_is_stuck_can_be_seen_and_tried_again(site, ticket):
    Outbox.objects.update(state="failed", attempts=20, error="ZeroDivisionError('division by zero')")
    url = reverse("admin:notifications_outbox_changelist")
    assert "division by zero" in site.get(url).text
    site.post(url, {"action": "try_again", "_selected_action": [str(row.pk) for row in Outbox.objects.all()]})
    assert set(Outbox.objects.values_list("state", "attempts")) == {("waiting", 0)}


def post_shown(site, definition, **changed):
    """Save `definition` as its page shows it, but for what is `changed`."""
    url = reverse("admin:notifications_definition_change", args=[definition.pk])
    shown = site.get(url).context["adminform"].form
    data = {name: shown[name].value() for name in shown.fields} | changed
    data = {name: value for name, value in data.items() if value not in (None, False)}
    text = definition.texts.get()
    return site.post(
        url,
        data
        | texts((text.language, text.subject, text.body), initial=1)
        | {"texts-0-id": text.pk, "texts-0-definition": definition.pk},
    )


CHANGES = {
    "state": ["new"],
    "priority": ["high", "very_high"],
    "type": ["incident"],
    "is_locked": [True],
}


def test_every_field_that_changes_can_be_asked_from_what_to_what(
    site, service_desk, uma, mika, acme, borealis
):
    mail, gold = Service.objects.create(name="Mail"), Sla.objects.create(name="Gold")
    group = Group.objects.create(name="Network", slug="network")
    wanted = CHANGES | {
        "queue": [service_desk.pk],
        "service": [None, mail.pk],
        "sla": [gold.pk],
        "owner": [None, uma.pk],
        "responsible": [mika.pk],
        "assignment_group": [group.pk],
        "customer": [acme.pk, borealis.pk],
    }
    definition = make_definition(name="Ours", changed_from=wanted, changed_to=wanted)
    assert post_shown(site, definition).status_code == 302
    definition.refresh_from_db()
    assert definition.changed_from == definition.changed_to == wanted


def test_from_nobody_to_somebody(site, ticket, make_ticket, uma, mika, dispatch, forget):
    Definition.objects.update(validity="invalid")
    add(site, events=["TicketOwnerUpdate"], from_nothing=["owner"], to_owner=[str(uma.pk)])
    nobodys = make_ticket()
    forget()
    for one in (ticket, nobodys):
        one.change_owner(None, by=mika)
        one.change_owner(uma, by=mika)
    ticket.change_owner(mika, by=uma)
    ticket.change_owner(uma, by=mika)
    dispatch()
    assert told() == {"uma": 2}


class TestARowThatWasDeletedSince:
    @pytest.fixture
    def definition(self, ticket):
        return make_definition(
            name="Ours",
            ticket_filter={"queue": [777], "customer_user": [778]},
            changed_to={"owner": [779]},
            events=["ArticleCreate", "TicketOwnerUpdate"],
        )

    def test_stays_chosen_lest_the_filter_ask_nothing_any_more(self, site, definition):
        page = site.get(reverse("admin:notifications_definition_change", args=[definition.pk]))
        for gone in (777, 778, 779):
            assert f"no. {gone}, deleted since" in page.text
        assert post_shown(site, definition).status_code == 302
        definition.refresh_from_db()
        assert definition.ticket_filter == {"queue": [777], "customer_user": [778]}
        assert definition.changed_to == {"owner": [779]}

    def test_can_be_taken_out(self, site, definition, service_desk):
        answer = post_shown(site, definition, ticket_queue=[service_desk.pk], ticket_customer_user=[])
        assert answer.status_code == 302
        definition.refresh_from_db()
        assert definition.ticket_filter == {"queue": [service_desk.pk]}

    def test_matches_nothing_and_breaks_nothing(self, definition, ticket, mika, dispatch, forget):
        Definition.objects.exclude(pk=definition.pk).update(validity="invalid")
        forget()
        ticket.note("Looked at it.", by=mika)
        ticket.change_owner(mika, by=mika)
        dispatch()
        assert told() == {}
        assert not Outbox.objects.exclude(error="").exists()


JUNK = ["x", "-1", "1.5", "9" * 40, "１", "\x00"]
ROWS = [
    *(f"ticket_{name}" for name in ("queue", "service", "sla", "customer", "customer_user")),
    *(f"{way}_{name}" for way in ("from", "to") for name in ("queue", "owner", "assignment_group", "customer")),
    "named_users",
    "named_groups",
]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK)
def test_junk_for_a_row_is_a_message_and_never_a_crash(site, junk):
    for name in ROWS:
        answer = add(site, **{name: [junk]})
        assert answer.context["adminform"].form.errors[name]
    assert not Definition.objects.filter(name="Urgent state").exists()


@pytest.mark.parametrize("junk", ["", "x", "-1", "9" * 40])
@pytest.mark.parametrize("name", ["TOTAL_FORMS", "INITIAL_FORMS", "0-id", "0-definition", "0-language"])
def test_so_is_junk_in_the_texts(site, name, junk):
    definition = make_definition(name="Ours")
    before = definition.texts.values().get()
    data = form(ENGLISH, name="Ours") | {"texts-0-id": before["id"], "texts-INITIAL_FORMS": 1}
    url = reverse("admin:notifications_definition_change", args=[definition.pk])
    assert site.post(url, data | {f"texts-{name}": junk}).status_code in {200, 302}
    if name in {"0-id", "0-language"}:
        assert definition.texts.values().get() == before


@pytest.mark.parametrize("junk", ["x", "9" * 40, ""])
def test_an_action_on_what_is_no_definition_does_nothing(site, junk):
    for action in ("make_invalid", "copy", "export", "delete_selected"):
        answer = site.post(reverse(LIST), {"action": action, "_selected_action": [junk]}, follow=True)
        assert "There is no such ticket notification." in answer.text
    assert not Definition.objects.filter(validity="invalid").exists()


def test_line_ends_of_browsers_make_no_new_version(site):
    definition = make_definition(name="Ours", body="One\nTwo")
    text = definition.texts.get()
    data = form(("en", text.subject, "One\r\nTwo"), name="Ours", **{"texts-INITIAL_FORMS": 1})
    site.post(
        reverse("admin:notifications_definition_change", args=[definition.pk]), data | {"texts-0-id": text.pk}
    )
    assert definition.versions.count() == 1


@pytest.mark.parametrize(
    ("addresses", "wrong"),
    [
        ("a@example.org {{ticket.number}}@example.org", None),
        ("{{ ticket.number }}@example.org, b@example.org", None),
        ("{{ticket.number}}@example.org, nonsense", "nonsense"),
        ("{{ticket.number", "{{ticket.number"),
    ],
)
def test_extra_addresses_are_checked_beside_their_tags(site, addresses, wrong):
    answer = add(site, extra_addresses=addresses)
    if wrong:
        assert f"Not an e-mail address: {wrong}" in str(problems(answer)["extra_addresses"])
    else:
        assert answer.status_code == 302

"""Ticket notifications to a file and back: nothing is lost, and a broken file is refused whole with its lines (B14)."""

from pathlib import Path

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications import channels, recipients
from notifications.exchange import export, import_file
from notifications.models import Definition, Preference
from notifications.yaml_reading import Refused
from opsi.models import Group
from tests.notifications.conftest import make_definition
from tickets import events
from tickets.choices import Channel, Priority, State
from tickets.models import Queue, Service, Sla

LIST = "admin:notifications_definition_changelist"
PLAIN = [
    field.name
    for field in Definition._meta.concrete_fields
    if field.name not in {"id", "shipped_as"}
]  # fmt: skip


def everything():
    """All there is to know of all definitions, but for their ids."""
    return {
        definition.name: (
            {name: getattr(definition, name) for name in PLAIN},
            {user.username for user in definition.named_users.all()},
            {group.name for group in definition.named_groups.all()},
            {text.language: text.words() for text in definition.texts.all()},
            definition.current_version().texts,
        )
        for definition in Definition.objects.all()
    }


def refused(text, **options):
    """What `text` is refused for, a line each; and that it left nothing behind."""
    before = everything()
    with pytest.raises(Refused) as raised:
        import_file(text if isinstance(text, bytes) else text.encode(), **options)
    assert everything() == before
    return [str(problem) for problem in raised.value.problems]


def test_all_shipped_ones_come_back_as_they_were(db):
    before, file = everything(), export(Definition.objects.all())
    order = list(Definition.objects.order_by("pk").values_list("name", flat=True))
    Definition.objects.all().delete()
    imported = import_file(file.encode())
    assert [one.name for one in imported.added] == order
    assert everything() == before
    assert export(Definition.objects.all()) == file


def test_rows_are_named_as_people_call_them(ticket, service_desk, acme, uma, cora):
    mail, gold = Service.objects.create(name="Mail"), Sla.objects.create(name="Gold")
    group = Group.objects.create(name="Network", slug="network")
    Definition.objects.all().delete()
    make_definition(
        name="Ours",
        ticket_filter={
            "queue": [service_desk.pk],
            "customer": [acme.pk],
            "customer_user": [cora.pk],
            "service": [mail.pk],
            "sla": [gold.pk],
        },
        changed_from={"owner": [None, uma.pk], "is_locked": [True]},
        users=[uma],
        groups=[group],
        body="One\n\nTwo: {{article.body:20}}",
    )
    before, file = everything(), export(Definition.objects.all())
    said = yaml.safe_load(file)["notifications"][0]
    assert said["ticket_filter"] == {
        "queue": ["Service desk"],
        "customer": ["Acme"],
        "customer_user": ["cora"],
        "service": ["Mail"],
        "sla": ["Gold"],
    }
    assert said["changed_from"] == {"owner": [None, "uma"], "is_locked": [True]}
    assert (said["named_users"], said["named_groups"]) == (["uma"], ["Network"])
    assert "      body: |-\n        One\n\n        Two: {{article.body:20}}\n" in file
    Definition.objects.all().delete()
    import_file(file.encode())
    assert everything() == before


def test_a_row_deleted_since_is_named_and_refused_on_the_way_back(db):
    Definition.objects.all().delete()
    make_definition(name="Ours", ticket_filter={"queue": [777]})
    file = export(Definition.objects.all())
    Definition.objects.all().delete()
    assert refused(file) == ["Line 10: There is no queue called “no. 777, deleted since”."]


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60
)
line = WORDS.map(lambda text: " ".join(text.split())).filter(bool)
body = st.one_of(WORDS, st.lists(WORDS, max_size=4).map("\n".join)).map(str.strip).filter(bool)
some = lambda values, **sizes: st.lists(st.sampled_from(values), unique=True, **sizes)  # noqa: E731
texts = st.fixed_dictionaries(
    {"subject": line, "body": body, "frame": st.sampled_from(["default", "alert", "unformatted"])}
)
definitions = st.fixed_dictionaries(
    {
        "name": line,
        "comment": st.just("") | line,
        "tooltip": st.just("") | line,
        "validity": st.sampled_from(["valid", "invalid", "invalid_temporarily"]),
        "show_in_preferences": st.sampled_from(["no", "yes", "mandatory"]),
        "severity": st.sampled_from(["from_priority", "information", "warning", "critical"]),
        "events": some([name for name, _label in events.choices()], min_size=1),
        "recipients": some([name for name, _label in recipients.choices()]),
        "roles": some(["itsm_admin", "itsm_viewer", "customer_user", "customer_manager"]),
        "ticket_filter": st.fixed_dictionaries(
            {},
            optional={"state": some(State.values, min_size=1), "is_locked": some([True, False], min_size=1)},
        ),
        "changed_to": st.fixed_dictionaries({}, optional={"priority": some(Priority.values, min_size=1)}),
        "article_filter": st.fixed_dictionaries(
            {},
            optional={
                "channel": some(Channel.values, min_size=1),
                "visible_for_customer": st.booleans(),
                "body": st.lists(line, min_size=1, max_size=3),
            },
        ),
        "extra_addresses": st.sampled_from(
            ["", "a@example.org", "a@example.org,\n{{ticket.number}}@b.example"]
        ),
        "channels": st.dictionaries(
            st.sampled_from([name for name, _label in channels.choices()]), st.booleans(), min_size=1
        ),
        **{
            name: st.booleans()
            for name in ("also_notify_actor", "send_out_of_office", "once_per_day", "critical_skips_window")
        },
        "texts": st.dictionaries(st.sampled_from(["en", "ja"]), texts, min_size=1),
    }
)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=st.lists(definitions, min_size=1, max_size=3, unique_by=lambda one: one["name"]))
def test_whatever_is_defined_comes_back_as_it_was(drawn):
    Definition.objects.all().delete()
    for fields in drawn:
        said = fields.pop("texts")
        definition = Definition.objects.create(**fields)
        for language, text in said.items():
            definition.texts.create(language=language, **text)
        definition.publish()
        fields["texts"] = said
    before, file = everything(), export(Definition.objects.all())
    Definition.objects.all().delete()
    import_file(file.encode())
    assert everything() == before


ONE = """\
format: 1
notifications:
- name: Ours
  events: [TicketCreate]
  recipients: [owner]
  channels: {in_app: true, email: false}
  texts:
    en:
      subject: Hello
      body: World
"""


def test_a_file_written_by_hand_may_leave_out_what_goes_without_saying(db):
    [definition] = import_file(ONE.encode()).added
    assert (definition.validity, definition.severity, definition.show_in_preferences) == (
        "valid",
        "from_priority",
        "yes",
    )
    assert definition.current_version().texts == {
        "en": {"subject": "Hello", "body": "World", "frame": "default"}
    }


def test_yes_and_no_are_read_as_they_are_meant(db):
    [definition] = import_file(ONE.replace("events:", "show_in_preferences: no\n  events:").encode()).added
    assert definition.show_in_preferences == "no"


def test_a_second_import_needs_to_say_that_it_overwrites(db, uma):
    [definition] = import_file(ONE.encode()).added
    Preference.objects.create(person=uma, definition=definition, channel="email", enabled=True)
    changed = ONE.replace("World", "Everybody").replace("[owner]", "[creator]")
    assert refused(changed) == ["Line 3: There is a ticket notification called “Ours” already."]
    imported = import_file(changed.encode(), overwrite=True)
    assert ([one.pk for one in imported.overwritten], imported.added) == ([definition.pk], [])
    definition.refresh_from_db()
    assert definition.recipients == ["creator"]
    assert [version.texts["en"]["body"] for version in definition.versions.all()] == ["World", "Everybody"]
    assert definition.preferences.count() == 1


def test_a_shipped_one_that_is_overwritten_stays_shipped(db):
    text = ONE.replace("Ours", "Escalation")
    import_file(text.encode(), overwrite=True)
    assert Definition.objects.get(name="Escalation").shipped_as == "escalation"


def second(text):
    """`text` as the last line but one of a second definition that is otherwise right."""
    return ONE + f"- name: Second\n  {text}\n" + "\n".join(ONE.splitlines()[3:]) + "\n"


@pytest.mark.parametrize(
    ("file", "problems"),
    [
        ("", ["The file is empty."]),
        ("- a\n- b", ["Line 1: “the file” must be a list of “key: value”."]),
        ("format: 1", ["Line 1: There are no “notifications” in this file."]),
        ("format: 2\nnotifications: []", ["Line 1: “2” is not known as “format”: it may be 1."]),
        (b"\xff\xfe\x00", ["The file is no text in UTF-8."]),
        (ONE + "  oops", ["Line 12: This is no YAML"]),
        (ONE + "\t- x", ["This is no YAML"]),
        ("a: &x [1]\nb: *x", ["Line 2: Aliases (*name) are not understood here: write it out."]),
        ("[" * 500, ["Line 1: This is nested too deeply."]),
        (ONE.replace("events:", "evnts:"), ["Line 4: “evnts” is not known in “notifications”."]),
        (second("comment: Mine\n  comment: Yours"), ["Line 13: “comment” stands here twice."]),
        (second("severity: huge"), ["Line 12: “huge” is not known as “severity”: it may be from_priority, "]),
        (second("once_per_day: perhaps"), ["Line 12: “once_per_day” must be true or false."]),
        (second("roles: [itsm_emperor]"), ["Line 12: “itsm_emperor” is not known as “roles”"]),
        (second("roles: itsm_admin"), ["Line 12: “roles” must be a list, each entry after a “-”."]),
        (second("comment: [a]"), ["Line 12: “comment” must be a text."]),
        (second('comment: "a\\0"'), ["Line 12: “comment” holds a character that no text may hold."]),
        (second("comment: " + "x" * 251), ["Line 12: comment: Ensure this value has at most 250 characters"]),
        (second("named_users:\n  - nobody"), ["Line 13: There is no person called “nobody”."]),
        (second("named_groups: [Nobodies]"), ["Line 12: There is no group called “Nobodies”."]),
        (second("ticket_filter:\n    queue: [Nowhere]"), ["Line 13: There is no queue called “Nowhere”."]),
        (second("ticket_filter:\n    state: [asleep]"), ["Line 13: “asleep” is not known as “state”"]),
        (second("ticket_filter:\n    colour: [red]"), ["Line 13: “colour” is not known in “ticket_filter”."]),
        (second("changed_to:\n    customer_user: [cora]"), ["Line 13: “customer_user” is not known in “changed_to”."]),
        (second("article_filter:\n    body: x"), ["Line 13: “body” must be a list"]),
        (second("extra_addresses: a@example.org b"), ["Line 12: extra_addresses: Not an e-mail address: b"]),
        (ONE.replace("TicketCreate", "TicketExplode"), ["Line 4: “TicketExplode” is not known as “events”"]),
        (ONE.replace("owner", "emperor"), ["Line 5: “emperor” is not known as “recipients”"]),
        (ONE.replace("email: false", "pigeon: true"), ["Line 6: “pigeon” is not known in “channels”."]),
        (ONE.replace("in_app: true, email: false", ""), ["Line 6: Choose at least one channel."]),
        (ONE.replace("en:", "xx:"), ["Line 8: “xx” is not known in “texts”."]),
        (ONE.replace("      body: World\n", ""), ["Line 9: body: This field cannot be blank."]),
        (ONE.replace("Hello", '"Two\\nlines"'), ["Line 9: subject: A subject is one line."]),
        (ONE.replace("name: Ours", "comment: x"), ["Line 3: name: This field cannot be blank."]),
        (ONE[: ONE.index("  texts")], ["Line 3: Write the text in at least one language."]),
        (ONE + ONE[ONE.index("- name") :], ["Line 11: A second one called “Ours”."]),
        (ONE + "- just a text\n", ["Line 11: “notifications” must be a list of “key: value”."]),
        (ONE + "- ~\n", ["Line 11: “notifications” must be a list of “key: value”."]),
        ("!!python/object/apply:os.system [ls]", ["Line 1: “the file” must be a list of “key: value”."]),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_whole_with_line_and_reason(db, file, problems):
    said = refused(file)
    for problem in problems:
        assert any(problem in one for one in said), said


def test_every_mistake_is_said_at_once_in_the_order_of_the_file(db):
    said = refused(
        ONE.replace("TicketCreate", "TicketExplode").replace("owner", "emperor").replace("en:", "xx:")
    )
    assert [one.split(":")[0] for one in said] == ["Line 4", "Line 5", "Line 8"]


def test_a_bomb_is_refused_before_it_goes_off(db):
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{after}: &{after} [{','.join([f'*{one}'] * 9)}]\n"
        for one, after in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert refused(bomb)[0].startswith("Line 2: Aliases")
    assert refused("x" * (1024 * 1024 + 1)) == ["The file is larger than 1 MB."]


class TestInTheAdmin:
    @pytest.fixture
    def site(self, ada, signed_in):
        return signed_in(ada)

    def upload(self, site, text, name="x.yaml", **fields):
        file = SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode())
        return site.post(reverse("admin:notifications_definition_import"), {"file": file} | fields)

    def test_all_or_the_chosen_are_exported(self, site):
        answer = site.get(reverse("admin:notifications_definition_export"))
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="ticket-notifications-')
        assert answer.content.decode() == export(Definition.objects.all())
        chosen = Definition.objects.filter(shipped_as__in=["escalation", "new-article"])
        answer = site.post(
            reverse(LIST), {"action": "export", "_selected_action": [one.pk for one in chosen]}
        )
        assert answer.content.decode() == export(chosen)

    def test_a_file_comes_in(self, site):
        answer = self.upload(site, ONE.replace("World", "'{{no.tag}}'"))
        assert answer.status_code == 302
        page = site.get(answer.url).text
        assert "Added: Ours" in page
        assert "{{no.tag}}" in page
        answer = self.upload(site, ONE, overwrite="on")
        assert "Overwritten: Ours" in site.get(answer.url).text

    def test_a_broken_one_is_refused_on_the_page(self, site):
        answer = self.upload(site, ONE.replace("TicketCreate", "<b>"))
        assert answer.status_code == 422
        assert "Line 4: “&lt;b&gt;” is not known as “events”" in answer.text
        assert not Definition.objects.filter(name="Ours").exists()

    @pytest.mark.parametrize(
        ("text", "message"), [(b"", "The submitted file is empty."), (b"x" * (1024 * 1024 + 1), "1 MB")]
    )
    def test_so_is_no_file_or_one_too_large(self, site, text, message):
        answer = self.upload(site, text)
        assert answer.status_code == 422
        assert message in str(answer.context["form"].errors["file"])
        assert site.post(reverse("admin:notifications_definition_import"), {}).status_code == 422

    def test_nobody_else_gets_there_and_no_get_changes_anything(self, site, everyone, signed_in):
        for login in ("mika", "uma", "vera", "carl", "ray"):
            client = signed_in(everyone[login])
            assert client.get(reverse("admin:notifications_definition_export")).status_code == 302
            assert self.upload(client, ONE).status_code == 302
        assert site.post(reverse("admin:notifications_definition_export")).status_code == 405
        assert not Definition.objects.filter(name="Ours").exists()


def test_a_queue_of_any_name_can_be_asked_for(db):
    names = ["yes", "007", "null", "a: b", "- x", "#1", "行列", "{a}"]
    queues = [Queue.objects.create(name=name) for name in names]
    Definition.objects.all().delete()
    make_definition(name="Ours", ticket_filter={"queue": [queue.pk for queue in queues]})
    before, file = everything(), export(Definition.objects.all())
    Definition.objects.all().delete()
    import_file(file.encode())
    assert everything() == before


def test_the_file_in_the_documentation_can_be_imported(service_desk, mika):
    page = (Path(__file__).parents[2] / "docs" / "definitions.md").read_text()
    example = page.split("```yaml\n")[1].split("```")[0]
    [definition] = import_file(example.encode()).added
    assert definition.ticket_filter == {"queue": [service_desk.pk], "is_locked": [False]}
    assert definition.changed_from == {"owner": [None]}
    assert list(definition.named_users.all()) == [mika]


def test_the_same_definition_gives_the_same_file_on_every_database(db):
    """PostgreSQL keeps the keys of an object by their length, SQLite as they were written."""
    fields = {
        "ticket_filter": {"state": ["open"], "is_locked": [False]},
        "channels": {"email": True, "in_app": False},
    }
    one = make_definition(name="Test", **fields)
    turned = {name: dict(reversed(values.items())) for name, values in fields.items()}
    other = make_definition(name="Other", **turned)
    assert export([one]) == export([other]).replace("Other", "Test")

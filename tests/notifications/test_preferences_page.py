"""`/preferences/notifications/`: definition × channel, absence, subscriptions (domain §5, behaviour B5)."""

import datetime
import re

import pytest

from notifications.choices import Function, ShowInPreferences, Validity
from notifications.models import Definition, NotificationFunction, PersonalSettings, Preference, Subscription
from notifications.reaching import reaches
from opsi.models import Group
from tickets.models import Queue, Service

PATH = "/preferences/notifications/"


def definition(shipped_as):
    return Definition.objects.get(shipped_as=shipped_as)


def names(response):
    return [row.definition.shipped_as or row.definition.name for row in response.context["matrix"].rows]


@pytest.fixture
def fill(signed_in):
    """`fill(uma, {"email-3": ""})`: send the form as it stands, with some fields changed ("" leaves one out)."""

    def post(person, change=(), **more):
        client = signed_in(person)
        matrix = client.get(PATH).context["matrix"]
        data = {cell.name: "on" for row in matrix.rows for cell in row.cells if cell.name and cell.on}
        data |= {"definition": [row.definition.pk for row in matrix.rows]}
        data |= {"own_actions": "on"} if not person.is_agent else {}
        data |= dict(change) | more
        return client.post(PATH, {name: value for name, value in data.items() if value != ""})

    return post


def off(shipped_as, *channels):
    return {f"{channel}-{definition(shipped_as).pk}": "" for channel in channels}


def test_each_is_shown_what_could_reach_them(everyone, signed_in):
    shown = {who: set(names(signed_in(person).get(PATH))) for who, person in everyone.items()}
    assert {"ticket-created", "new-article", "follow-up-unlocked", "informed-of-note"} <= shown["uma"]
    assert "answer-to-customer" not in shown["uma"]
    assert {"ticket-created", "new-article", "answer-to-customer"} <= shown["cora"]
    assert not {"follow-up-unlocked", "informed-of-note", "escalation"} & (shown["cora"] | shown["ray"])
    assert "answer-to-customer" not in shown["ray"]


def test_named_people_groups_and_roles_are_reached(uma, aiko, carl, define, signed_in):
    night = Group.objects.create(name="Night", slug="night")
    aiko.groups.add(night)
    define("For uma", recipients=[], users=[uma])
    define("For the night", recipients=[], groups=[night])
    define("For managers of customers", recipients=[], roles=["customer_manager"])
    mine = {"For uma", "For the night", "For managers of customers"}
    assert mine & set(names(signed_in(uma).get(PATH))) == {"For uma"}
    assert mine & set(names(signed_in(aiko).get(PATH))) == {"For the night"}
    assert mine & set(names(signed_in(carl).get(PATH))) == {"For managers of customers"}


@pytest.mark.parametrize(
    ("recipients", "whom"),
    [
        (["creator"], {"ada", "mika", "uma", "aiko", "vera", "carl", "cora", "bo", "ray"}),
        (["watchers"], {"ada", "mika", "uma", "aiko", "vera", "carl", "cora", "bo", "ray"}),
        (["owner"], {"ada", "mika", "uma", "aiko"}),
        (["responsible"], {"ada", "mika", "uma", "aiko"}),
        (["write_agents"], {"ada", "mika", "uma", "aiko"}),
        (["assignment_group"], {"ada", "mika", "uma", "aiko", "vera"}),
        (["newly_concerned"], {"ada", "mika", "uma", "aiko", "vera"}),
        (["informed"], {"ada", "mika", "uma", "aiko", "vera"}),
        (["queue_subscribers"], {"ada", "mika", "uma", "aiko", "vera"}),
        (["customer_user"], {"carl", "cora", "bo"}),
        (["following_managers"], {"carl"}),
        (["admins"], {"ada"}),
        ([], set()),
    ],
)
def test_each_kind_of_recipient_can_reach_some(everyone, define, recipients, whom):
    definition = define(recipients=recipients)
    assert {who for who, person in everyone.items() if reaches(definition, person)} == whom


@pytest.mark.parametrize(
    ("fields", "whom"),
    [
        # Exactly those who hold the role, as dispatch understands it.
        ({"roles": ["itsm_user"]}, {"uma", "aiko"}),
        ({"roles": ["itsm_viewer", "customer_user"]}, {"vera", "cora", "bo"}),
        ({"extra_addresses": "desk@example.org; CORA@example.com"}, {"cora"}),
        # Of internal articles nobody outside is ever told.
        ({"recipients": ["watchers"], "article_filter": {"visible_for_customer": False}}, "agents"),
        (
            {
                "recipients": ["watchers"],
                "article_filter": {"visible_for_customer": False},
                "events": ["ArticleCreate", "TicketStateUpdate"],
            },
            "all",
        ),
    ],
)
def test_so_do_roles_addresses_and_articles(everyone, define, fields, whom):
    definition = define(**{"recipients": [], **fields})
    agents = {"ada", "mika", "uma", "aiko", "vera"}
    expected = {"agents": agents, "all": set(everyone)}.get(whom, whom) if isinstance(whom, str) else whom
    assert {who for who, person in everyone.items() if reaches(definition, person)} == expected


def test_a_role_held_through_a_group_counts(vera, define):
    vera.groups.add(Group.objects.create(name="Night", slug="night", agent_role="itsm_manager"))
    vera.refresh_from_db()
    assert reaches(define(recipients=[], roles=["itsm_manager"]), vera)


def test_what_is_not_to_be_chosen_is_not_shown(uma, signed_in):
    Definition.objects.filter(shipped_as="new-article").update(validity=Validity.INVALID)
    Definition.objects.filter(shipped_as="ticket-created").update(show_in_preferences=ShowInPreferences.NO)
    assert not {"new-article", "ticket-created"} & set(names(signed_in(uma).get(PATH)))


def test_defaults_show_and_only_what_differs_is_stored(uma, fill):
    assert fill(uma).status_code == 303
    assert Preference.objects.count() == 0
    fill(uma, off("new-article", "email"))
    assert list(
        Preference.objects.values_list("person__username", "definition__shipped_as", "channel", "enabled")
    ) == [("uma", "new-article", "email", False)]
    fill(uma, {f"email-{definition('new-article').pk}": "on"})
    assert list(Preference.objects.values_list("enabled", flat=True)) == [True]


def test_what_one_turns_off_one_is_not_told(ticket, uma, mika, fill, dispatch, forget):
    fill(uma, off("new-article", "in_app", "email"))
    forget()
    ticket.note("Looked at it.", by=mika)
    dispatch()
    assert not uma.inbox.exists()


def test_mandatory_keeps_a_channel(uma, fill):
    response = fill(uma, off("informed-of-note", "in_app", "email") | off("new-article", "email"))
    assert response.status_code == 422
    page = response.content.decode()
    assert "Keep at least one channel on: you cannot do without this notification." in page
    assert "Nothing was saved" in page
    assert Preference.objects.count() == 0
    # What was typed is still there.
    assert f'name="email-{definition("new-article").pk}" aria-label="New article: E-mail">' in page
    assert fill(uma, off("informed-of-note", "in_app")).status_code == 303


def test_what_was_not_on_the_page_is_not_turned_off(uma, define, signed_in):
    late = define("Came while the page was open")
    signed_in(uma).post(PATH, {"definition": [definition("new-article").pk]})
    assert not Preference.objects.filter(definition=late).exists()
    assert Preference.objects.filter(definition=definition("new-article"), enabled=False).count() == 2


@pytest.mark.parametrize("forged", ["follow-up-unlocked", "informed-of-note"])
def test_a_forged_definition_is_not_stored(cora, fill, signed_in, forged):
    pk = definition(forged).pk
    signed_in(cora).post(PATH, {"definition": [pk, "x", 10**30], f"sms-{pk}": "on"})
    assert not Preference.objects.filter(definition=pk).exists()


@pytest.mark.parametrize("field", ["queues", "services"])
@pytest.mark.parametrize("junk", ["9" * 40, "-1", "x", "²"])
def test_a_queue_or_service_that_is_none_is_refused(uma, fill, signed_in, field, junk):
    assert signed_in(uma).post(PATH, {field: junk}).status_code == 422


def test_a_channel_the_function_has_not_is_marked(uma, signed_in):
    assert "not in use now" not in signed_in(uma).get(PATH).content.decode()
    NotificationFunction(function=Function.MAIL_SERVER).save()
    assert "not in use now" in signed_in(uma).get(PATH).content.decode()


class TestResetting:
    URL = f"{PATH}choices/"

    def test_the_button_takes_the_own_choices_away_and_nothing_else(self, uma, mika, fill, signed_in):
        fill(uma, off("new-article", "email"), out_of_office_from="2026-12-24")
        fill(mika, off("new-article", "email"))
        client = signed_in(uma)
        assert "Reset to defaults" in client.get(PATH).content.decode()
        answer = client.post(self.URL, {"_method": "delete"}, follow=True)
        assert "What you are told of is as it was preset." in answer.content.decode()
        assert {one.person for one in Preference.objects.all()} == {mika}
        assert PersonalSettings.objects.get(person=uma).out_of_office_from

    def test_it_is_not_there_for_who_chose_nothing(self, uma, signed_in):
        assert "Reset to defaults" not in signed_in(uma).get(PATH).content.decode()

    def test_no_key_presses_it_instead_of_save(self, uma, fill, signed_in):
        """Return in a field sends the form by its first button of its own: that must be Save."""
        fill(uma, off("new-article", "email"))
        page = signed_in(uma).get(PATH).content.decode()
        sections = page.split('<section class="card" id="choices"')[1].split("</form>")[0]
        assert re.findall(r"<button[^>]*>", sections) == [
            '<button class="btn btn-primary" id="save-choices" aria-describedby="choices-title">',
            '<button class="btn btn-quiet" form="preset-choices">',
        ]

    def test_only_delete_resets(self, uma, signed_in):
        client = signed_in(uma)
        assert [client.get(self.URL).status_code, client.post(self.URL).status_code] == [405, 405]
        assert client.delete(self.URL).status_code == 303


def test_absence_and_mail_are_kept(uma, fill, signed_in):
    fill(uma, out_of_office_from="2026-12-24", out_of_office_until="2027-01-02", no_mail_when_read="on")
    own = PersonalSettings.objects.get(person=uma)
    assert (own.out_of_office_from, own.out_of_office_until) == (
        datetime.date(2026, 12, 24),
        datetime.date(2027, 1, 2),
    )
    assert own.no_mail_when_read
    assert 'value="2026-12-24"' in signed_in(uma).get(PATH).content.decode()
    fill(uma, out_of_office_from="")
    assert PersonalSettings.objects.get(person=uma).out_of_office_from is None


@pytest.mark.parametrize(
    ("begins", "ends", "field"),
    [
        ("2026-12-24", "2026-12-23", "out_of_office_until"),
        ("soon", "", "out_of_office_from"),
        ("2026-02-30", "", "out_of_office_from"),
        ("", "99999-01-01", "out_of_office_until"),
    ],
)
def test_a_wrong_day_is_said_beside_it_and_nothing_is_saved(uma, fill, begins, ends, field):
    response = fill(uma, off("new-article", "email"), out_of_office_from=begins, out_of_office_until=ends)
    assert response.status_code == 422
    assert list(response.context["settings_form"].errors) == [field]
    assert Preference.objects.count() == PersonalSettings.objects.count() == 0


def test_own_actions_are_for_those_who_are_no_agents(uma, cora, ray, fill, signed_in):
    assert "own_actions" not in signed_in(uma).get(PATH).content.decode()
    for person in (cora, ray):
        fill(person, own_actions="")
        assert not PersonalSettings.objects.get(person=person).own_actions
    fill(uma, own_actions="")
    assert PersonalSettings.objects.get(person=uma).own_actions


def test_agents_subscribe_to_queues_they_read_and_to_services(uma, service_desk, fill, signed_in):
    hidden = Queue.objects.create(name="Board")
    mail = Service.objects.create(name="Mail")
    page = signed_in(uma).get(PATH).content.decode()
    assert ("Service desk" in page, "Board" in page) == (True, False)
    fill(uma, queues=[service_desk.pk], services=[mail.pk])
    assert {(row.queue, row.service) for row in Subscription.objects.all()} == {
        (service_desk, None),
        (None, mail),
    }
    fill(uma, queues=[service_desk.pk], services=[mail.pk])
    assert Subscription.objects.count() == 2
    assert fill(uma, queues=[hidden.pk]).status_code == 422
    assert fill(uma, queues=["x"]).status_code == 422
    assert Subscription.objects.count() == 2
    fill(uma)
    assert Subscription.objects.count() == 0


def test_a_subscription_to_a_queue_out_of_sight_is_left_alone(uma, service_desk, fill):
    hidden = Queue.objects.create(name="Board")
    Subscription.objects.create(person=uma, queue=hidden)
    fill(uma, queues=[service_desk.pk])
    assert {row.queue for row in Subscription.objects.all()} == {service_desk, hidden}


@pytest.mark.parametrize("who", ["cora", "ray"])
def test_others_do_not_subscribe(everyone, service_desk, fill, signed_in, who):
    assert "Subscriptions" not in signed_in(everyone[who]).get(PATH).content.decode()
    fill(everyone[who], queues=[service_desk.pk])
    assert Subscription.objects.count() == 0


def test_statements_do_not_grow_with_definitions(uma, define, signed_in, django_assert_max_num_queries):
    client = signed_in(uma)
    with django_assert_max_num_queries(17) as few:
        client.get(PATH)
    for number in range(30):
        define(f"Another {number}")
    with django_assert_max_num_queries(len(few)):
        client.get(PATH)


def test_methods(signed_in, uma):
    assert signed_in(uma).delete(PATH).status_code == 405


class TestSections:
    """Each section saves on its own, and touches nothing of the others."""

    def test_one_alone(self, uma, fill, signed_in):
        fill(uma, off("new-article", "email"), quiet_from="22:00", quiet_until="07:00")
        answer = signed_in(uma).post(PATH, {"part": "absence", "out_of_office_from": "2026-12-24"})
        assert (answer.status_code, answer["Location"]) == (303, f"{PATH}#absence")
        own = PersonalSettings.objects.get(person=uma)
        assert (f"{own.quiet_from:%H:%M}", str(own.out_of_office_from)) == ("22:00", "2026-12-24")
        assert Preference.objects.count() == 1
        signed_in(uma).post(PATH, {"part": "times"})
        own.refresh_from_db()
        assert (own.quiet_from, str(own.out_of_office_from)) == (None, "2026-12-24")

    def test_what_is_wrong_is_said_in_it(self, uma, signed_in):
        answer = signed_in(uma).post(PATH, {"part": "times", "quiet_from": "22:00"})
        assert answer.status_code == 422
        assert answer.text.count("Nothing was saved") == 1
        assert "Until when?" in answer.text.split('id="times"')[1].split("</section>")[0]
        assert not PersonalSettings.objects.exists()

    def test_own_actions_are_kept_by_the_other_sections(self, cora, signed_in):
        signed_in(cora).post(PATH, {"part": "own"})
        assert not PersonalSettings.objects.get(person=cora).own_actions
        signed_in(cora).post(PATH, {"part": "absence"})
        assert not PersonalSettings.objects.get(person=cora).own_actions

    @pytest.mark.parametrize(
        ("who", "part"), [("uma", "own"), ("uma", "following"), ("ray", "subscriptions"), ("uma", "x")]
    )
    def test_one_that_is_not_theirs_is_refused(self, everyone, signed_in, who, part):
        assert signed_in(everyone[who]).post(PATH, {"part": part, "follow": "on"}).status_code == 400
        assert not PersonalSettings.objects.exists()

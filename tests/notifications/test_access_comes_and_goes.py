"""Reading is lost and won again, by the switch, groups, grants and roles: at once, everywhere (domain §1, §3).

Each with a real dispatch, its mail waiting in the window, and the window's end.
"""

from dataclasses import dataclass

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from notifications.models import Candidate, Definition, MailItem
from notifications.sweep import sweep
from opsi.models import Customer, Group, User
from tests.waiting import minutes
from tickets import access
from tickets.choices import Level
from tickets.models import Queue, QueueGrant, Ticket
from watchers.models import Watcher, WatcherSettings
from watchers.only_watching import OnlyWatching
from watchers.policy import Policy, Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

EVERYWHERE = {"page", "attachment", "dialog", "list", "inbox", "badge"}


@dataclass
class Seen:
    """Where `person` finds `ticket` now."""

    client: object
    ticket: Ticket
    person: User

    def places(self) -> set[str]:
        page = f"/tickets/{self.ticket.number}/"
        [file] = [file for article in self.ticket.articles.all() for file in article.attachments.all()][:1]
        found = {
            "page": self._reads(page),
            "attachment": self._reads(f"{page}articles/{file.article.number}/attachments/{file.key}/"),
            "dialog": self._reads(f"{page}watchers/"),
            "list": self.ticket.number in self.client.get("/tickets/?state=any").text,
            "inbox": self.ticket.number in self.client.get("/inbox/").text,
            "badge": "1 unread" in self.client.get("/inbox/badge/").text,
        }
        return {place for place, there in found.items() if there}

    def _reads(self, address):
        return {200: True, 404: False}[self.client.get(address).status_code]


@pytest.fixture
def seen(signed_in):
    return lambda ticket, person: Seen(signed_in(person), ticket, person)


@pytest.fixture
def back_office(db):
    """A queue that grants nothing yet."""
    return Queue.objects.create(name="Back office")


@pytest.fixture
def network(db):
    return Group.objects.create(name="Network", slug="network")


@pytest.fixture
def begun(make_ticket, back_office, mika):
    """`begun(people, **fields)`: a ticket of the back office that they watch, past its beginnings."""

    def begin(*watchers, **fields):
        ticket = make_ticket(queue=back_office, **fields)
        paper = SimpleUploadedFile("plan.txt", b"The plan.", content_type="text/plain")
        ticket.reply("The plan is attached.", by=mika, attachments=[paper])
        for person in watchers:
            Watcher.objects.watch(ticket, person, by=mika)
        sweep()
        MailItem.objects.all().delete()
        return Ticket.objects.get(pk=ticket.pk)

    return begin


@pytest.fixture
def told(clock, mail_host, mika):
    """`told(ticket)`: mika replies and it is dispatched; `told.fate(person)` after the window: "sent" or why not."""

    class Told:
        def __call__(self, ticket):
            sweep()
            Candidate.objects.all().delete()
            MailItem.objects.all().delete()
            for person in User.objects.all():
                person.inbox.all().delete()
            ticket.reply("News for everyone.", by=mika)
            sweep()

        def drops(self, person):
            return set(
                Candidate.objects.filter(person=person).exclude(drop="").values_list("drop", flat=True)
            )

        def waits(self, person):
            return MailItem.objects.filter(person=person, state="waiting").exists()

        def fate(self, person):
            clock.shift(minutes(10))
            sweep()
            item = MailItem.objects.get(person=person)
            mails = [mail for mail in mail_host.mails if mail["To"] == person.email]
            assert bool(mails) == (item.state == "sent")
            return item.withdrawal or item.state

    return Told()


def switch(on):
    WatcherSettings(watching_grants_reading=on).save()


# The switch


def test_off_hides_everything_at_once_and_on_brings_it_back(begun, told, seen, ray):
    ticket = begun(ray)
    told(ticket)
    assert seen(ticket, ray).places() == EVERYWHERE
    switch(False)
    assert seen(ticket, ray).places() == set()
    switch(True)
    assert seen(ticket, ray).places() == EVERYWHERE


def test_off_withdraws_the_mail_that_waits(begun, told, ray):
    ticket = begun(ray)
    told(ticket)
    assert told.waits(ray)
    switch(False)
    assert told.fate(ray) == "no_access"


def test_off_and_on_again_within_the_window_sends_it(begun, told, ray):
    ticket = begun(ray)
    told(ticket)
    switch(False)
    switch(True)
    assert told.fate(ray) == "sent"


def test_while_off_nothing_is_told_and_afterwards_it_is(begun, told, seen, ray):
    ticket = begun(ray)
    switch(False)
    told(ticket)
    assert told.drops(ray) == {"no_access"}
    assert not told.waits(ray)
    switch(True)
    told(ticket)
    assert told.fate(ray) == "sent"
    assert seen(ticket, ray).places() == EVERYWHERE


def test_off_leaves_who_reads_by_right_alone(begun, told, seen, cora, acme):
    ticket = begun(cora, customer=acme)
    told(ticket)
    switch(False)
    assert seen(ticket, cora).places() == EVERYWHERE
    assert told.fate(cora) == "sent"


def test_off_candidates_must_read_even_where_the_setter_may_write(begun, vera, uma, mika, signed_in):
    ticket = begun(owner=uma)
    assert access.may(uma, "change_state", ticket)
    assert Policy.load().of(uma, ticket).refusal(vera) is None
    switch(False)
    assert Policy.load().of(uma, ticket).refusal(vera) == Refusal.CANNOT_READ
    client, dialog = signed_in(uma), f"/tickets/{ticket.number}/watchers/"
    assert client.post(dialog, {"user": "vera"}).status_code == 403
    assert "Cannot read this ticket" in client.get(dialog, {"q": "vera"}).text
    assert not ticket.watchers.exists()
    switch(True)
    assert client.post(dialog, {"user": "vera"}).status_code == 302 or ticket.watchers.exists()


def test_off_who_rests_is_shown_so(begun, vera, uma, signed_in):
    ticket = begun(vera, owner=uma)
    for on, mark in ((True, "Reads only because they watch"), (False, "Cannot read this ticket")):
        switch(on)
        for page in ("", "watchers/"):
            assert mark in signed_in(uma).get(f"/tickets/{ticket.number}/{page}").text


def test_the_admin_reads_beforehand_what_it_changes(begun, ada, ray, vera, cora, bo, acme, signed_in):
    """ray and vera only watch; cora reads by right; bo is left over and reads nothing either way."""
    begun(ray, vera)
    begun(ray, cora, bo, customer=acme)
    page = "/admin/watchers/watchersettings/1/change/"
    told = signed_in(ada).get(page).text
    assert "Off: 3 watches rest (people: 2, tickets: 2)." in told
    switch(False)
    assert (
        "On: 3 watches that rest now let their watchers read the tickets again"
        in signed_in(ada).get(page).text
    )


def test_it_says_so_where_it_changes_nothing(ada, signed_in):
    told = signed_in(ada).get("/admin/watchers/watchersettings/1/change/").text
    assert "Nothing now: everyone who watches can read without that." in told


def test_counting_costs_the_same_however_many_watch(
    begun, ray, vera, uma, aiko, django_assert_num_queries, django_assert_max_num_queries
):
    ticket = begun(ray, vera)
    with django_assert_max_num_queries(12) as few:
        assert OnlyWatching.now().watches == 2
    for person in (uma, aiko):
        Watcher.objects.watch(ticket, person, by=None)
    with django_assert_num_queries(len(few)):
        assert OnlyWatching.now().watches == 4


# Groups, grants and roles. Each way of losing is undone within the same test, and everything is back.


@dataclass
class Loss:
    take: object
    give_back: object


def _group_membership(vera, network, ticket, acme):
    QueueGrant.objects.create(queue=ticket.queue, group=network, level=Level.READ)
    vera.groups.add(network)
    return Loss(lambda: vera.groups.remove(network), lambda: vera.groups.add(network))


def _members_from_the_groups_side(vera, network, ticket, acme):
    QueueGrant.objects.create(queue=ticket.queue, group=network, level=Level.READ)
    network.members.add(vera)
    return Loss(network.members.clear, lambda: network.members.add(vera))


def _grant(vera, network, ticket, acme):
    def grant():
        return QueueGrant.objects.create(queue=ticket.queue, role="itsm_viewer", level=Level.READ)

    grant()
    return Loss(lambda: QueueGrant.objects.filter(queue=ticket.queue).delete(), grant)


def _all_roles(vera, network, ticket, acme):
    QueueGrant.objects.create(queue=ticket.queue, role="itsm_viewer", level=Level.READ)
    return Loss(lambda: change(vera, agent_role=""), lambda: change(vera, agent_role="itsm_viewer"))


def _role_from_a_group(vera, network, ticket, acme):
    QueueGrant.objects.create(queue=ticket.queue, role="itsm_user", level=Level.READ)
    vera.groups.add(network)
    change(network, agent_role="itsm_user")
    return Loss(lambda: change(network, agent_role=""), lambda: change(network, agent_role="itsm_user"))


def _a_customer_besides_the_role(vera, network, ticket, acme):
    QueueGrant.objects.create(queue=ticket.queue, role="itsm_viewer", level=Level.READ)
    other = Customer.objects.create(name="Caldera")
    return Loss(lambda: change(vera, customer=other), lambda: change(vera, customer=None))


def _assignment_group(vera, network, ticket, acme):
    vera.groups.add(network)
    ticket.change_assignment_group(network, by=None)
    return Loss(lambda: vera.groups.remove(network), lambda: vera.groups.add(network))


def _assignment(vera, network, ticket, acme):
    vera.groups.add(network)
    ticket.change_assignment_group(network, by=None)
    return Loss(
        lambda: Ticket.objects.get(pk=ticket.pk).change_assignment_group(None, by=None),
        lambda: Ticket.objects.get(pk=ticket.pk).change_assignment_group(network, by=None),
    )


def change(row, **fields):
    row = type(row).objects.get(pk=row.pk)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()


LOSSES = [
    _group_membership, _members_from_the_groups_side, _grant, _all_roles, _role_from_a_group,
    _a_customer_besides_the_role, _assignment_group, _assignment,
]  # fmt: skip


@pytest.mark.parametrize("losing", LOSSES, ids=lambda way: way.__name__.strip("_"))
def test_what_is_lost_is_lost_everywhere_at_once(losing, begun, told, seen, vera, network, acme):
    """vera watches as well; but watching grants no reading here, so that the ground alone decides."""
    ticket = begun(vera)
    loss = losing(vera, network, ticket, acme)
    sweep()
    switch(False)
    told(ticket)
    assert seen(ticket, vera).places() == EVERYWHERE
    loss.take()
    assert seen(ticket, vera).places() == set()
    assert not Ticket.objects.readable_by(User.objects.get(pk=vera.pk)).exists()
    assert told.fate(vera) == "no_access"
    told(ticket)
    assert told.drops(vera) == {"no_access"}
    loss.give_back()
    told(ticket)
    assert told.fate(vera) == "sent"
    assert seen(ticket, vera).places() == EVERYWHERE


def test_a_user_who_becomes_a_viewer_reads_on_and_writes_no_more(
    begun, told, seen, aiko, back_office, signed_in
):
    back_office.grant_shipped()
    ticket = begun(aiko, owner=aiko)
    told(ticket)
    note = {"kind": "note", "body": "Looked at it."}
    client = signed_in(aiko)
    assert client.post(f"/tickets/{ticket.number}/articles/", note).status_code == 302
    change(aiko, agent_role="itsm_viewer")
    aiko.refresh_from_db()
    assert access.verbs_of(aiko, ticket) == {"read"}
    assert client.post(f"/tickets/{ticket.number}/articles/", note).status_code == 403
    assert client.post(f"/tickets/{ticket.number}/fields/state/", {"state": "open"}).status_code == 403
    assert client.get("/tickets/new/").status_code == 403
    assert seen(ticket, aiko).places() >= {"page", "attachment", "list", "inbox"}
    assert told.fate(aiko) == "sent"


def test_without_any_role_an_agent_is_a_requester_of_their_own_tickets_alone(begun, uma, seen, signed_in):
    mine, anothers = begun(by=uma, owner=uma), begun(owner=uma)
    change(uma, agent_role="")
    assert "page" in seen(mine, uma).places()
    # What is unread is of the ticket that is theirs.
    assert seen(anothers, uma).places() <= {"badge"}
    page = signed_in(uma).get(f"/tickets/{mine.number}/")
    assert "is-request" in page.text
    assert signed_in(uma).get(f"/tickets/{mine.number}/history/").status_code == 403


def test_a_role_and_a_customer_make_a_customer_user_who_sees_no_internal_article(
    begun, uma, mika, acme, told, mail_host, signed_in, clock
):
    ticket = begun(uma, customer=acme, owner=uma)
    Candidate.objects.all().delete()
    ticket.note("The relay is theirs.", by=mika)
    sweep()
    assert MailItem.objects.filter(person=uma, state="waiting").exists()
    change(uma, customer=acme)
    assert told.fate(uma) == "article_gone"
    client = signed_in(User.objects.get(pk=uma.pk))
    page = client.get(f"/tickets/{ticket.number}/")
    assert page.status_code == 200
    assert "is-request" in page.text
    assert "The relay is theirs." not in page.text + client.get("/inbox/").text


def test_a_group_that_watches_grants_its_members_no_reading(begun, vera, network, told, seen):
    vera.groups.add(network)
    ticket = begun()
    Watcher.objects.create(ticket=ticket, group=network)
    told(ticket)
    assert seen(ticket, vera).places() == set()
    assert not told.waits(vera)
    # With a ground of their own they are told, as the group watches.
    QueueGrant.objects.create(queue=ticket.queue, group=network, level=Level.READ)
    told(ticket)
    assert told.fate(vera) == "sent"


def test_a_member_who_leaves_the_watching_group_gets_no_mail_that_waits(begun, vera, network, told):
    vera.groups.add(network)
    ticket = begun()
    QueueGrant.objects.create(queue=ticket.queue, role="itsm_viewer", level=Level.READ)
    Watcher.objects.create(ticket=ticket, group=network)
    told(ticket)
    vera.groups.remove(network)
    assert told.fate(vera) == "watch_ended"


# Staff status is derived


@pytest.mark.parametrize("way", ["own role", "group's role", "customer", "disabled"])
def test_administration_ends_with_the_role_at_once(way, ada, mika, network, acme, signed_in):
    """In the very session that was signed in before."""
    if way == "group's role":
        change(network, agent_role="itsm_admin")
        mika.groups.add(network)
    person = mika if way == "group's role" else ada
    client = signed_in(person)
    assert client.get("/admin/").status_code == 200
    match way:
        case "own role":
            change(ada, agent_role="itsm_manager")
        case "group's role":
            network.members.clear()
        case "customer":
            change(ada, customer=acme)
        case "disabled":
            change(ada, is_active=False)
    for page in ("/admin/", "/admin/watchers/watchersettings/1/change/", "/admin/opsi/user/"):
        assert client.get(page).status_code in {302, 403}
    assert not User.objects.get(pk=person.pk).is_staff


def test_nobody_is_made_staff_by_hand(ada, mika):
    fields = {field.name for field in User._meta.get_fields()}
    assert not {"is_staff", "is_superuser"} & fields
    with pytest.raises(AttributeError):
        mika.is_staff = True
    assert not mika.is_staff
    assert ada.is_staff


def test_definitions_that_reach_a_role_stop_with_it(begun, told, vera, back_office):
    """vera is told as one of a role; without it she is none of them, and cannot read either."""
    back_office.grant_shipped()
    Definition.objects.update(validity="invalid")
    definition = Definition.objects.create(
        name="Viewers", events=["ArticleCreate"], recipients=[], roles=["itsm_viewer"],
        channels={"in_app": True, "email": True},
    )  # fmt: skip
    definition.texts.create(language="en", subject="{{ticket.number}}", body="{{event.change}}")
    definition.publish()
    ticket = begun()
    told(ticket)
    assert told.waits(vera)
    change(vera, agent_role="")
    assert told.fate(vera) == "no_access"

"""The world that the access matrix is asked in: who has what to do with which ticket, row, address and token.

| ticket    | what it is                                                                                          |
|-----------|-----------------------------------------------------------------------------------------------------|
| acme      | Acme's; mika registered it, uma owns it; carl, mika and the group night, which has no members, watch  |
| borealis  | Borealis's; cora once watched it and is left over                                                   |
| ray's     | no customer's; ray registered it                                                                    |
| watched   | no customer's; mika registered it; ray reads it because he watches and for nothing else              |
| locked up | in a queue that grants nobody anything: aiko owns it, mika registered it, uma watches it             |
| deleted   | was as `acme`                                                                                       |
| unknown   | there is no such ticket                                                                             |

Each has article 1, visible, with a file, and article 2, an internal note by mika with another. acme has two more
by her with HTML: 3 internal, 4 for the customer.
"""

import uuid
from dataclasses import dataclass, field

from axes.models import AccessAttempt
from django.core import signing
from django.core.files.base import ContentFile

from notifications.dispatch import dispatch_operation
from notifications.models import (
    AddressPause,
    Definition,
    HealthAlarm,
    InboxFilter,
    InboxRetention,
    InboxRow,
    Mail,
    MailServer,
    NotificationFunction,
    Outbox,
    PersonalSettings,
)
from notifications.own_address import SALT
from notifications.unsubscribing import path_for
from opsi.models import AuditEntry, Customer, Group, NamingSettings, User
from opsi.roles import AgentRole
from tickets.models import (
    Attachment,
    ListFilter,
    Queue,
    QueueGrant,
    Service,
    Sla,
    TextTemplate,
    Ticket,
    WorkingCalendar,
)
from tickets.operations import operation
from watchers.models import PolicyCell, Watcher, WatcherSettings

UNKNOWN = "2026010199999999"
UNKNOWN_ID = 99_999_999
UNKNOWN_KEY = uuid.UUID(int=7)
TICKETS = ("acme", "borealis", "ray's", "watched", "locked up", "deleted", "unknown")
LOGINS = ("ada", "mika", "uma", "aiko", "vera", "carl", "cora", "bo", "ray")
NOBODY = "nobody"


@dataclass
class World:
    people: dict[str, User]
    tickets: dict[str, Ticket] = field(default_factory=dict)
    merge_targets: dict[str, Ticket] = field(default_factory=dict)
    operations: dict[str, uuid.UUID] = field(default_factory=dict)
    attachments: dict[tuple[str, int], Attachment] = field(default_factory=dict)
    admin_rows: dict[str, int] = field(default_factory=dict)
    policy_change: int = 0

    def number(self, name):
        return UNKNOWN if name == "unknown" else self.tickets[name].number

    def inbox_row(self, login):
        """Of what is about `acme`; 0 for who has none."""
        row = InboxRow.objects.filter(person=self.people[login], ticket=self.tickets["acme"]).first()
        return row.pk if row else 0

    def kept_filter(self, login, model=InboxFilter):
        """Of the inbox, or of the list of tickets; 0 for who has none."""
        kept = model.objects.filter(person=self.people[login]).first()
        return kept.pk if kept else 0

    def unsubscribe_token(self, login, ticket="acme"):
        return path_for(self.people[login].pk, self.tickets[ticket].pk).split("/")[2]

    def address_token(self, login):
        return signing.dumps([self.people[login].pk, f"{login}@elsewhere.example"], salt=SALT)


def build(people, acme, borealis, desk) -> World:
    """`people` are {login: User} of all nine."""
    world = World(people)
    ada, mika, uma, aiko, ray = (people[login] for login in ("ada", "mika", "uma", "aiko", "ray"))
    cora, bo, carl = people["cora"], people["bo"], people["carl"]
    vault = Queue.objects.create(name="Locked up")
    _ticket(world, "acme", mika, desk, customer=acme, customer_user=cora, owner=uma)
    _ticket(world, "borealis", mika, desk, customer=borealis, customer_user=bo)
    _ticket(world, "ray's", ray, desk)
    _ticket(world, "watched", mika, desk)
    _ticket(world, "locked up", mika, vault, owner=aiko)
    _ticket(world, "deleted", mika, desk, customer=acme, owner=uma)
    for ticket, watcher in (
        ("acme", carl), ("acme", mika), ("borealis", cora), ("watched", ray), ("locked up", uma), ("deleted", carl),
    ):  # fmt: skip
        Watcher.objects.watch(world.tickets[ticket], watcher, by=mika)
    with operation(mika) as note:
        world.tickets["acme"].change_priority("high", mika)
    world.operations["acme"] = note.id
    with operation(mika, quiet=True):
        world.tickets["acme"].note("", mika, html="<p>Not the <b>budget</b>.</p>")
        world.tickets["acme"].reply("", mika, html="<p>Ink is on its <b>way</b>.</p>")
    tell()
    # bo has a row about Acme's ticket, from when that was his customer's: it is hidden.
    row = InboxRow.objects.get(person=cora, ticket=world.tickets["acme"])
    row.pk, row.person = None, bo
    row.save(force_insert=True)
    world.tickets["deleted"].remove(by=mika)
    tell()
    for login in ("uma", "cora"):
        PersonalSettings.objects.create(person=people[login], asked_address=f"{login}@elsewhere.example")
    AddressPause.objects.pause("uma@example.com", "bounced", "550 no such user")
    InboxFilter.objects.create(person=uma, name="Burning", query="?severity=critical")
    ListFilter.objects.create(person=uma, name="Burning", asks={"priority": "very_high"})
    _rows_of_the_admin(world, ada, desk, acme)
    return world


def _ticket(world, name, by, queue, **fields):
    ticket = Ticket.objects.register(
        by=by, title=f"The printer of {name} is out of ink", queue=queue, body="It prints nothing.", **fields
    )
    mika = world.people["mika"]
    with operation(mika) as under_way:
        ticket.note("We suspect the budget.", by=mika)
    world.tickets[name], world.operations[name] = ticket, under_way.id
    target = fields | {"by": mika, "title": f"Ink for {name}", "queue": queue, "body": "Ink is low."}
    world.merge_targets[name] = Ticket.objects.register(**target)
    for number in (1, 2):
        world.attachments[name, number] = Attachment.objects.create(
            article=ticket.articles.get(number=number),
            key=uuid.uuid4(),
            name="ink.txt",
            content_type="text/plain",
            size=3,
            file=ContentFile(b"ink", name="ink.txt"),
        )


def tell():
    for one in Outbox.objects.filter(state="waiting").order_by("created_at").values_list("pk", flat=True):
        dispatch_operation(one)


def _rows_of_the_admin(world, ada, desk, acme):
    """One row of each model that the admin shows."""
    for settings in (
        HealthAlarm,
        InboxRetention,
        MailServer,
        NamingSettings,
        NotificationFunction,
        WatcherSettings,
    ):
        settings.load().save()
    group = Group.objects.create(name="Night shift", slug="night", agent_role=AgentRole.USER)
    QueueGrant.objects.get_or_create(queue=desk, group=group, defaults={"level": 1})
    Watcher.objects.watch_group(world.tickets["acme"], group, by=world.people["mika"])
    cell = PolicyCell.objects.get(setter="requester", target="requester")
    cell.remove = "none"
    cell.save()
    world.policy_change = AuditEntry.objects.filter(kind="watchers.policycell").latest("pk").pk
    world.admin_rows = {
        "user": world.people["bo"].pk,
        "customer": Customer.objects.create(name="Cedar").pk,
        "group": group.pk,
        "accessattempt": AccessAttempt.objects.create(
            username="uma", ip_address="192.0.2.7", failures_since_start=1
        ).pk,
        "namingsettings": NamingSettings.load().pk,
        "auditentry": AuditEntry.objects.order_by("pk").first().pk,
        "workingcalendar": WorkingCalendar.objects.create(name="Office", monday="09:00-17:00").pk,
        "queue": desk.pk,
        "service": Service.objects.create(name="Printing").pk,
        "sla": Sla.objects.create(name="Gold", first_response_minutes=60).pk,
        "texttemplate": TextTemplate.objects.create(name="Seen", text="We have seen it.").pk,
        "ticket": world.tickets["acme"].pk,
        "policycell": PolicyCell.objects.first().pk,
        "watchersettings": WatcherSettings.load().pk,
        "addresspause": AddressPause.objects.get().pk,
        "definition": Definition.objects.order_by("pk").first().pk,
        "healthalarm": HealthAlarm.load().pk,
        "inboxretention": InboxRetention.load().pk,
        "mailserver": MailServer.load().pk,
        "notificationfunction": NotificationFunction.load().pk,
        "mail": Mail.objects.order_by("pk").first().pk,
        "outbox": Outbox.objects.order_by("pk").first().pk,
    }

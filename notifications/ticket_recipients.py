"""The kinds of recipients to tick: who has to do with a ticket, or with what happened to it (domain §5)."""

from collections import defaultdict
from collections.abc import Iterable
from email.utils import getaddresses

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from notifications.models import Following, Subscription
from notifications.recipient_kinds import (
    Resolver,
    anybody,
    is_administrator,
    is_agent,
    is_customer_manager,
    is_customer_user,
    kind,
    spread,
    works_on_tickets,
)
from notifications.watching import Watching, members
from opsi.models import User
from opsi.roles import AgentRole, CustomerRole
from tickets import access
from tickets.choices import Level, SenderType
from tickets.models import Article, TicketEvent


def _in_field(field: str) -> Resolver:
    def resolve(matches):
        for match in matches:
            if person := match.event.snapshot.get(field):
                yield match, person

    return resolve


def _subscribers(field: str, things: Iterable[int | None]) -> dict[int, set[int]]:
    things = set(things) - {None}
    subscribers: dict[int, set[int]] = defaultdict(set)
    if things:
        rows = Subscription.objects.filter(**{f"{field}__in": things})
        for thing, person in rows.values_list(field, "person"):
            subscribers[thing].add(person)
    return subscribers


for _name, _field, _label, _you, _explained, _finds in (
    ("creator", "created_by", _("Creator"), _("you created it"), _("Whoever opened the ticket."), anybody),
    ("owner", "owner", _("Owner"), _("you own it"), _("The agent it is assigned to."), works_on_tickets),
    (
        "responsible", "responsible", _("Responsible"), _("you are responsible for it"),
        _("The agent who answers for it."), works_on_tickets,
    ),
):  # fmt: skip
    kind(_name, _label, you=_you, explained=_explained, finds=_finds)(_in_field(_field))


@kind(
    "assignment_group",
    _("Assignment group"),
    you=_("your group works on it"),
    explained=_("All members of the group it is assigned to."),
    finds=is_agent,
)
def _assignment_group(matches):
    groups = [(match, match.event.snapshot.get("assignment_group")) for match in matches]
    return spread(groups, members(group for _match, group in groups))


@kind(
    "watchers",
    _("Watchers"),
    you=_("you watch it"),
    explained=_("Everybody who watches it, members of watching groups too."),
)
def _watchers(matches):
    """Who watched when it happened, and the members of groups that did; the reason says more closely which."""
    watching = Watching(match.event.ticket_id for match in matches)
    for match in matches:
        for person, why in watching.at(match.event):
            yield match, person, why


kind(
    "customer_user",
    _("Customer user"),
    you=_("it is your request"),
    explained=_("The customer's person it is for."),
    finds=is_customer_user,
)(_in_field("customer_user"))


@kind(
    "following_managers",
    _("Customer Managers who follow their customer's tickets"),
    you=_("you follow your customer's tickets"),
    explained=_("Only those who chose to follow in their preferences."),
    finds=is_customer_manager,
)
def _following_managers(matches):
    """Those who are Customer Manager of the ticket's customer now, and chose such tickets while they were."""
    customers = {match.event.snapshot.get("customer") for match in matches} - {None}
    following = Following.objects.filter(
        customer__in=customers,
        person__customer=F("customer"),
        person__customer_role=CustomerRole.MANAGER,
    )
    by_customer = defaultdict(list)
    for one in following:
        by_customer[one.customer_id].append(one)
    for match in matches:
        for one in by_customer[match.event.snapshot.get("customer")]:
            if one.is_about(match.event.snapshot):
                yield match, one.person_id


CHANGES_OF_CONCERN = (
    "TicketOwnerUpdate",
    "TicketResponsibleUpdate",
    "TicketAssignmentGroupUpdate",
    "TicketQueueUpdate",
    "TicketServiceUpdate",
)


@kind(
    "newly_concerned",
    _("Those newly concerned by the change"),
    only_of=CHANGES_OF_CONCERN,
    you=_("it is yours now"),
    explained=_(
        "Whoever becomes owner, responsible or a member of the group by it, or subscribes to its new "
        "queue or service."
    ),
    finds=is_agent,
)
def _newly_concerned(matches):
    """Who a change makes owner, responsible or a member of the group; who subscribes to the new queue or service."""
    found = {name: [] for name in CHANGES_OF_CONCERN}
    for match in matches:
        if match.event.name in found and match.event.new:
            found[match.event.name].append((match, match.event.new["id"]))
    yield from found["TicketOwnerUpdate"]
    yield from found["TicketResponsibleUpdate"]
    for name, people_of in (
        ("TicketAssignmentGroupUpdate", members),
        ("TicketQueueUpdate", lambda queues: _subscribers("queue", queues)),
        ("TicketServiceUpdate", lambda services: _subscribers("service", services)),
    ):
        yield from spread(found[name], people_of(new for _match, new in found[name]))


@kind(
    "informed",
    _("People explicitly informed of a note"),
    only_of=["ArticleCreate"],
    you=_("somebody wants you to know"),
    explained=_("Whom the writer of a note chose, or named with @."),
    finds=is_agent,
)
def _informed(matches):
    for match in matches:
        for person in match.event.data.get("informed", ()):
            yield match, person


@kind(
    "watcher_subject",
    _("The person added or removed as watcher"),
    only_of=["TicketSubscribe", "TicketUnsubscribe"],
    you=_("it is about your watching"),
    explained=_("Of being added or removed, not of the ticket."),
)
def _watcher_subject(matches):
    for match in matches:
        if (subject := subject_of(match.event)) is not None:
            yield match, subject


def subject_of(event: TicketEvent) -> int | None:
    """The id of the person whose watch began or ended with `event`; None where it was a group's."""
    value = {"TicketSubscribe": event.new, "TicketUnsubscribe": event.old}.get(event.name)
    return value["id"] if value else None


@kind(
    "write_agents",
    _("Agents with write permission"),
    explained=_("All who may change it: these can be many."),
    finds=works_on_tickets,
)
def _write_agents(matches):
    tickets = {match.event.ticket_id: match.event.ticket for match in matches}
    agents = User.objects.active().agents().exclude(effective_role=AgentRole.VIEWER)
    by_ticket = defaultdict(set)
    for ticket, person in access.pairs(tickets.values(), agents, Level.WRITE, deleted=True):
        by_ticket[ticket].add(person)
    return spread(((match, match.event.ticket_id) for match in matches), by_ticket)


@kind(
    "queue_subscribers",
    _("Agents who subscribe to the queue"),
    you=_("you subscribe to its queue"),
    explained=_("Agents choose queues in their preferences."),
    finds=is_agent,
)
def _queue_subscribers(matches):
    queues = [(match, match.event.snapshot.get("queue")) for match in matches]
    return spread(queues, _subscribers("queue", (queue for _match, queue in queues)))


@kind(
    "service_subscribers",
    _("Agents who subscribe to the service"),
    you=_("you subscribe to its service"),
    explained=_("Agents choose services in their preferences."),
    finds=is_agent,
)
def _service_subscribers(matches):
    services = [(match, match.event.snapshot.get("service")) for match in matches]
    return spread(services, _subscribers("service", (service for _match, service in services)))


@kind(
    "queue_and_service_subscribers",
    _("Agents who subscribe to both queue and service"),
    you=_("you subscribe to its queue and service"),
    explained=_("Only those who chose both."),
    finds=is_agent,
)
def _queue_and_service_subscribers(matches):
    snapshots = [(match, match.event.snapshot) for match in matches]
    of_queue = _subscribers("queue", (snapshot.get("queue") for _match, snapshot in snapshots))
    of_service = _subscribers("service", (snapshot.get("service") for _match, snapshot in snapshots))
    for match, snapshot in snapshots:
        both = of_queue.get(snapshot.get("queue"), set()) & of_service.get(snapshot.get("service"), set())
        for person in both:
            yield match, person


def _article_recipients(last: bool) -> Resolver:
    """To and Cc of a ticket's first or last article as of the event; of what a customer wrote, its sender as well."""

    def resolve(matches):
        by_ticket = defaultdict(list)
        articles = Article.objects.filter(ticket__in={match.event.ticket_id for match in matches})
        rows = articles.filter(deleted_at=None).order_by("ticket", "number")
        for row in rows.only("ticket", "number", "created_at", "sender_type", "from_address", "to", "cc"):
            by_ticket[row.ticket_id].append(row)
        for match in matches:
            then = [row for row in by_ticket[match.event.ticket_id] if row.created_at <= match.event.at]
            if match.event.article is not None and match.event.article.pk is None:
                then.append(match.event.article)  # one that is still being written
            for article in then[-1:] if last else then[:1]:
                headers = [article.to, article.cc]
                if article.sender_type == SenderType.CUSTOMER:
                    headers.append(article.from_address)
                # Each on its own: one that is malformed makes nothing of the others.
                for header in filter(None, headers):
                    for _name, address in getaddresses([header]):
                        yield match, address

    return resolve


for _name, _label, _last in (
    ("first_article_recipients", _("All recipients of the first article"), False),
    ("last_article_recipients", _("All recipients of the last article"), True),
):
    _explained = _("The addresses of To and Cc; of what a customer wrote, the sender too.")
    kind(_name, _label, explained=_explained)(_article_recipients(_last))


@kind(
    "admins",
    _("Administrators"),
    explained=_("All who hold the role of the administrator."),
    finds=is_administrator,
)
def _admins(matches):
    admins = list(
        User.objects.active().agents().filter(effective_role=AgentRole.ADMIN).values_list("pk", flat=True)
    )
    for match in matches:
        for person in admins:
            yield match, person

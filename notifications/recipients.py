"""Who a definition tells: the recipient kinds (domain §5). Whatever lists recipients reads their registry.

A kind is asked for all (definition, event) matches of an operation at once, so that its statements do not grow with
tickets or people. It answers with pairs of a match and a person's id, or an address where it only knows that.
"""

from collections import defaultdict
from collections.abc import Iterable
from email.utils import getaddresses

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from notifications.models import Definition, Following, Subscription
from notifications.recipient_kinds import (
    Found,
    Match,
    RecipientKind,
    Resolver,
    all_kinds,
    choices,
    get,
    kind,
    register,
)
from notifications.watching import Watching, members
from notifications.wording import Reader, fill
from opsi.models import User
from opsi.roles import AgentRole, CustomerRole
from tickets import access
from tickets.choices import Level, SenderType
from tickets.models import Article, TicketEvent

__all__ = ["Match", "all_kinds", "choices", "get", "subject_of"]


def _in_field(field: str) -> Resolver:
    def resolve(matches):
        for match in matches:
            if person := match.event.snapshot.get(field):
                yield match, person

    return resolve


def _spread(wanted: Iterable[tuple[Match, int | None]], people_of: dict[int, set[int]]) -> Found:
    """Each match with the people of the thing (a group, a queue) that it asked for."""
    for match, key in wanted:
        for person in people_of.get(key, ()) if key else ():
            yield match, person


def _subscribers(field: str, things: Iterable[int | None]) -> dict[int, set[int]]:
    things = set(things) - {None}
    subscribers: dict[int, set[int]] = defaultdict(set)
    if things:
        rows = Subscription.objects.filter(**{f"{field}__in": things})
        for thing, person in rows.values_list(field, "person"):
            subscribers[thing].add(person)
    return subscribers


for _name, _label, _field in (
    ("creator", _("Creator"), "created_by"),
    ("owner", _("Owner"), "owner"),
    ("responsible", _("Responsible"), "responsible"),
):
    register(RecipientKind(_name, _label, _in_field(_field)))


@kind("assignment_group", _("Assignment group"))
def _assignment_group(matches):
    groups = [(match, match.event.snapshot.get("assignment_group")) for match in matches]
    return _spread(groups, members(group for _match, group in groups))


@kind("watchers", _("Watchers"))
def _watchers(matches):
    """Who watched when it happened, and the members of groups that did; the reason says more closely which."""
    watching = Watching(match.event.ticket_id for match in matches)
    for match in matches:
        for person, why in watching.at(match.event):
            yield match, person, why


register(RecipientKind("customer_user", _("Customer user"), _in_field("customer_user")))


@kind("following_managers", _("Customer Managers who follow their customer's tickets"))
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


@kind("newly_concerned", _("Those newly concerned by the change"), only_of=CHANGES_OF_CONCERN)
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
        yield from _spread(found[name], people_of(new for _match, new in found[name]))


@kind("informed", _("People explicitly informed of a note"), only_of=["ArticleCreate"])
def _informed(matches):
    for match in matches:
        for person in match.event.data.get("informed", ()):
            yield match, person


@kind(
    "watcher_subject",
    _("The person added or removed as watcher"),
    only_of=["TicketSubscribe", "TicketUnsubscribe"],
)
def _watcher_subject(matches):
    for match in matches:
        if (subject := subject_of(match.event)) is not None:
            yield match, subject


def subject_of(event: TicketEvent) -> int | None:
    """The id of the person whose watch began or ended with `event`; None where it was a group's."""
    value = {"TicketSubscribe": event.new, "TicketUnsubscribe": event.old}.get(event.name)
    return value["id"] if value else None


@kind("write_agents", _("Agents with write permission"))
def _write_agents(matches):
    tickets = {match.event.ticket_id: match.event.ticket for match in matches}
    agents = User.objects.active().agents().exclude(effective_role=AgentRole.VIEWER)
    by_ticket = defaultdict(set)
    for ticket, person in access.pairs(tickets.values(), agents, Level.WRITE, deleted=True):
        by_ticket[ticket].add(person)
    return _spread(((match, match.event.ticket_id) for match in matches), by_ticket)


@kind("queue_subscribers", _("Agents who subscribe to the queue"))
def _queue_subscribers(matches):
    queues = [(match, match.event.snapshot.get("queue")) for match in matches]
    return _spread(queues, _subscribers("queue", (queue for _match, queue in queues)))


@kind("service_subscribers", _("Agents who subscribe to the service"))
def _service_subscribers(matches):
    services = [(match, match.event.snapshot.get("service")) for match in matches]
    return _spread(services, _subscribers("service", (service for _match, service in services)))


@kind("queue_and_service_subscribers", _("Agents who subscribe to both queue and service"))
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


register(
    RecipientKind(
        "first_article_recipients", _("All recipients of the first article"), _article_recipients(False)
    )
)
register(
    RecipientKind(
        "last_article_recipients", _("All recipients of the last article"), _article_recipients(True)
    )
)


@kind("admins", _("Administrators"))
def _admins(matches):
    admins = list(
        User.objects.active().agents().filter(effective_role=AgentRole.ADMIN).values_list("pk", flat=True)
    )
    for match in matches:
        for person in admins:
            yield match, person


def _named(matches, through, column):
    named = defaultdict(set)
    rows = through.objects.filter(definition__in={match.definition.pk for match in matches})
    for definition, pk in rows.values_list("definition", column):
        named[definition].add(pk)
    return named


@kind("named_users", _("Named people"), used_by=lambda definition: definition.has_named_users)
def _named_users(matches):
    named = _named(matches, Definition.named_users.through, "user")
    return _spread(((match, match.definition.pk) for match in matches), named)


@kind("named_groups", _("Named groups"), used_by=lambda definition: definition.has_named_groups)
def _named_groups(matches):
    named = _named(matches, Definition.named_groups.through, "group")
    people_of = members(set().union(*named.values()))
    for match in matches:
        for group in named[match.definition.pk]:
            yield from ((match, person) for person in people_of[group])


@kind("roles", _("Roles"), used_by=lambda definition: bool(definition.roles))
def _roles(matches):
    """Agents by what they hold, through groups too; customers' people of the ticket's customer only."""
    wanted = {role for match in matches for role in match.definition.roles}
    agents = Q(customer=None) & (Q(agent_role__in=wanted) | Q(groups__agent_role__in=wanted))
    customers = Q(customer__in={match.event.snapshot.get("customer") for match in matches} - {None})
    rows = User.objects.active().filter(
        agents & ~Q(effective_role="") | customers & Q(customer_role__in=wanted & set(CustomerRole.values))
    )
    holders = defaultdict(set)
    for pk, customer, customer_role, *agent_roles in rows.values_list(
        "pk", "customer", "customer_role", "agent_role", "groups__agent_role"
    ):
        for role in [customer_role] if customer else agent_roles:
            holders[customer, role].add(pk)
    for match in matches:
        for role in match.definition.roles:
            customer = match.event.snapshot.get("customer") if role in CustomerRole.values else None
            people = holders.get((customer, role), ())
            yield from ((match, person) for person in people)


@kind(
    "extra_addresses",
    _("Extra addresses"),
    used_by=lambda definition: bool(definition.extra_addresses.strip()),
)
def _extra_addresses(matches):
    for match in matches:
        text = match.definition.extra_addresses
        if "{{" in text:
            text = fill(text, match.event, Reader.of_nobody())
        for part in text.replace(",", " ").replace(";", " ").split():
            yield match, part.strip("<>\"'")

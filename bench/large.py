"""Large tables: 200,000 tickets, and 1,000,000 inbox rows of 100 people, of whom one has 10,000 unread."""

import datetime
import uuid
from dataclasses import replace
from functools import cache

from django.db import connection, models
from django.test import Client
from django.utils import timezone

from bench.measuring import IN_A_ROW, Side
from bench.world import BODY, World, agent
from notifications.choices import InboxState
from notifications.models import InboxRow, Notice
from opsi.models import User
from tickets.models import Queue, Ticket, TicketEvent

TICKETS, PEOPLE, ROWS_EACH = 200_000, 100, 10_000
OLDEST = datetime.timedelta(days=200)
NAMES = (
    "empty",
    "empty_page",
    "badge",
    "badge_1m",
    "badge_304",
    "inbox_1m",
    "list_200k",
    "search_200k",
    "search_200k_number",
    "search_200k_common",
)
MARKING = "mark_all_read"
WORDS = (
    "Printer jams in room", "Mail stops at the gateway", "VPN drops every hour", "Password reset for account",
    "パスワードを忘れました", "Screen stays dark at desk", "Order a new notebook for", "共有フォルダが開けません",
    "Backup of server failed", "Slow connection to branch",
)  # fmt: skip
RARE = "会議室のプリンター"  # one title in a thousand


class Copies:
    """Rows made inside the database from one that is there: `times` copies, with some columns worked out from `i`."""

    def __init__(self, row: models.Model):
        self.row = row

    def make(self, times: int, **columns: str) -> None:
        table = self.row._meta.db_table
        fields = [field for field in self.row._meta.concrete_fields if not field.primary_key]
        unknown = set(columns) - {field.attname for field in fields}
        assert not unknown, unknown  # noqa: S101
        names = ", ".join(f'"{field.column}"' for field in fields)
        values = ", ".join(columns.get(field.attname, f't."{field.column}"') for field in fields)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({names})"  # noqa: S608
                f" WITH RECURSIVE series(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM series WHERE i < {times - 1})"
                f" SELECT {values} FROM series CROSS JOIN {table} AS t WHERE t.id = {int(self.row.pk)} ORDER BY i"
            )


def count_rows(how: str = "ANALYZE") -> None:
    """The planner learns how large our tables are; `how` is the statement to be followed by a table.

    Without a table it goes through PostgreSQL's shared catalogues as well, and in a transaction keeps them locked:
    whoever does the same in another database of the server waits for its end.
    """
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f"{how} {connection.ops.quote_name(table)}")


def earlier(column: str, seconds: str) -> str:
    """The time `column` of the copied row, so many `seconds` (an expression) before."""
    if connection.vendor == "sqlite":
        return f"datetime(t.{column}, '-' || ({seconds}) || ' seconds')"
    return f"t.{column} - ({seconds}) * interval '1 second'"


def spread(times: int) -> str:
    """Seconds since the `i`th of so many rows was made; the first is the oldest."""
    return f"({times} - i) * {OLDEST.total_seconds()} / {times}"


def made_uuid(number: str) -> str:
    text = f"substr('000000000000' || ({number}), -12)"
    if connection.vendor == "sqlite":
        return f"'00000000000000000000' || {text}"
    return f"('00000000-0000-0000-0000-' || lpad(({number})::text, 12, '0'))::uuid"


def one_of(texts: tuple[str, ...], number: str) -> str:
    cases = " ".join(f"WHEN {place} THEN '{text}'" for place, text in enumerate(texts))
    return f"CASE ({number}) % {len(texts)} {cases} END"


class Large:
    def __init__(self, world: World, scale: float, *, tidy: bool = True):
        """`tidy`: vacuumed, which is not done in a transaction."""
        self.world = world
        self.tickets, self.rows_each = int(TICKETS * scale), int(ROWS_EACH * scale)
        self.people = User.objects.bulk_create(agent(f"reader{number:03}") for number in range(PEOPLE))
        self.reader = self.people[0]
        self._make_tickets()
        self._make_inbox()
        if tidy:
            count_rows("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")

    def _make_tickets(self):
        queues = [self.world.queue]
        for number in range(1, 8):
            queue = Queue.objects.create(name=f"Queue {number}")
            queue.grant_shipped()
            queues.append(queue)
        first = Ticket.objects.register(
            by=self.world.mika, title="First of many", queue=queues[0], owner=self.reader, body=BODY
        )
        title = f"{one_of(WORDS, 'i')} || ' ' || (i * 7919 % 10007)"
        owner = f"{self.people[0].pk} + i / 10 % {PEOPLE}"
        Copies(first).make(
            self.tickets,
            number="CAST(2020000000000000 + i AS text)",
            title=f"CASE WHEN i % 1000 = 7 THEN '{RARE} ' || i ELSE {title} END",
            queue_id=f"CASE i % 8 {' '.join(f'WHEN {n} THEN {queue.pk}' for n, queue in enumerate(queues))} END",
            state=one_of(
                ("closed", "closed", "closed", "resolved", "closed", "open", "closed", "new", "closed"), "i"
            ),
            priority=one_of(("medium", "medium", "high", "low", "medium", "very_high"), "i"),
            owner_id=f"CASE WHEN i % 3 = 0 THEN NULL ELSE {owner} END",
            created_at=earlier("created_at", f"({self.tickets} - i) * 60"),
            changed_at=earlier("changed_at", f"({self.tickets} - i) * 53"),
        )
        self.first = first

    def _make_inbox(self):
        """The last `rows_each` tickets in each reader's inbox; unread are all of the first's and a tenth of others'."""
        event = TicketEvent.objects.filter(ticket=self.first).latest("pk")
        article = self.first.articles.get()
        ids = Ticket.objects.order_by("-pk").values_list("pk", flat=True)
        last = ids[0]
        one = Notice.objects.create(
            operation=uuid.uuid4(), person=self.reader, ticket=self.first, event=event, event_ids=[event.pk],
            severity=1, reasons=["owner"], channels=["in_app"], created_at=timezone.now(),
            definition_version=_version(),
        )  # fmt: skip
        row = InboxRow.objects.create(
            person=self.reader, ticket=self.first, notice=one, article=article, unread_count=1,
            changed_at=timezone.now() - datetime.timedelta(minutes=1),
        )  # fmt: skip
        times, each = PEOPLE * self.rows_each, self.rows_each
        person, ticket = f"{self.people[0].pk} + i / {each}", f"{last} - i % {each}"
        Copies(one).make(
            times, operation=made_uuid("i"), person_id=person, ticket_id=ticket,
            created_at=earlier("created_at", spread(times)),
        )  # fmt: skip
        before = Notice.objects.order_by("pk").values_list("pk", flat=True)
        first_copy = next(pk for pk in before.filter(pk__gt=one.pk)[:1])
        unread = f"i < {each} OR i % 10 = 3"
        Copies(row).make(
            times, person_id=person, ticket_id=ticket, notice_id=f"{first_copy} + i",
            state=f"CASE WHEN {unread} THEN '{InboxState.UNREAD}' ELSE '{InboxState.READ}' END",
            unread_count=f"CASE WHEN {unread} THEN 1 ELSE 0 END",
            changed_at=earlier("changed_at", "i % 10000 * 60"),
        )  # fmt: skip


def _version():
    from notifications.models import DefinitionVersion

    return DefinitionVersion.objects.first()


class Page:
    def __init__(
        self, person: User, url: str, *, status: int = 200, needs: str = "", headers: dict | None = None
    ):
        self.client = Client(SERVER_NAME="localhost", headers=headers)
        self.client.force_login(person)
        self.url, self.status, self.needs = url, status, needs

    def act(self) -> None:
        answer = self.client.get(self.url)
        assert answer.status_code == self.status, (self.url, answer.status_code)  # noqa: S101
        assert self.needs in answer.text, self.url  # noqa: S101


class MarkAllRead(Page):
    def before(self) -> None:
        rows = InboxRow.objects.filter(person__username="reader000")
        rows.update(state=InboxState.UNREAD, unread_count=1, read_at=None, act=None)
        if connection.vendor == "postgresql":
            # Autovacuum would come by in the middle of a round.
            with connection.cursor() as cursor:
                cursor.execute("VACUUM notifications_inboxrow")

    def act(self) -> None:
        answer = self.client.post(self.url)
        assert answer.status_code in (302, 303), answer.status_code  # noqa: S101


@cache
def filled(world: World, scale: float) -> Large:
    return Large(world, scale)


def marking(world: World, scale: float) -> list[Side]:
    page = MarkAllRead(filled(world, scale).reader, "/inbox/reading/")
    return [Side(MARKING, page.act, page.before)]


def sides(world: World, scale: float) -> list[Side]:
    reader, other = filled(world, scale).reader, world.uma
    badge = Page(reader, "/inbox/badge/", needs='"unread": 100')
    same = Client(SERVER_NAME="localhost")
    same.force_login(reader)
    etag = same.get("/inbox/badge/").headers["ETag"]
    number = Page(reader, "/tickets/?q=20200000000150", needs="2020000000015")
    unchanged = Page(reader, "/inbox/badge/", status=304, headers={"If-None-Match": etag})
    found = [
        Side("empty", Page(reader, "/bare/empty/").act),
        Side("empty_page", Page(reader, "/bare/page/", needs="topbar").act),
        Side("badge", Page(other, "/inbox/badge/").act, bare="empty"),
        Side("badge_1m", badge.act, bare="empty"),
        Side("badge_304", unchanged.act, bare="empty"),
        Side("inbox_1m", Page(reader, "/inbox/", needs="Mark all as read").act, bare="empty_page"),
        Side("list_200k", Page(reader, "/tickets/").act, bare="empty_page"),
        Side("search_200k", Page(reader, f"/tickets/?q={RARE}", needs=RARE).act, bare="empty_page"),
        Side("search_200k_number", number.act, bare="empty_page"),
        Side(
            "search_200k_common", Page(reader, "/tickets/?q=printer", needs="Printer").act, bare="empty_page"
        ),
    ]
    return [replace(side, times=IN_A_ROW) for side in found]

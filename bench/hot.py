"""The statements that are asked all the time, and those that must not read all that is old (docs/query-plans.md)."""

import datetime
import uuid
from collections.abc import Callable

from django.utils import timezone

from bench.hot_tables import Filled
from bench.large import RARE, Page
from bench.plans import Hot
from notifications import inbox, rejudging, windows
from notifications.admin.mail_finding import found_by
from notifications.choices import OutboxState
from notifications.forgetting import forget_told
from notifications.health import waiting_mail
from notifications.housekeeping import PEOPLE, delete_in_batches, old_rows
from notifications.models import Candidate, InboxRetention, InboxRow, Mail, MailItem, Notice, Outbox
from notifications.recheck import with_all
from notifications.told import Told
from opsi.models import User
from opsi.roles import CustomerRole
from tickets.models import TicketEvent
from watchers.models import Watcher

INBOX, TICKET, EVENT = '"notifications_inboxrow"', '"tickets_ticket"', '"tickets_ticketevent"'
MAIL, NOTICE, CANDIDATE = '"notifications_mail"', '"notifications_notice"', '"notifications_candidate"'
ROWS, SOME = "LIMIT 26", 50
# However few a person has, they are found; which of these does is the planner's choice.
BY_GROUP = "ticket_unfinished_by_group|tickets_ticket_assignment_group_id|ticket_unfinished"


def statements(tables: Filled) -> list[Hot]:
    return [
        *_inbox(tables),
        *_lists(tables),
        *_one_ticket(tables),
        *_dispatch(tables),
        *_mail(tables),
        *_old(tables),
    ]


def _get(person: User, url: str, status: int = 200) -> Callable[[], None]:
    return Page(person, url, status=status).act


def _inbox(tables) -> list[Hot]:
    reader, now = tables.reader, timezone.now()
    row = reader.inbox.filter(state="unread").latest("changed_at")
    notices = list(Notice.objects.filter(person=reader).order_by("pk")[:SOME])
    fold = (NOTICE, f'ORDER BY {NOTICE}."id" DESC')
    return [
        Hot("badge", _get(reader, "/inbox/badge/"), (INBOX, "LIMIT 100"), ("inboxrow_unread",)),
        Hot("inbox", _get(reader, "/inbox/"), (INBOX, ROWS), ("inboxrow_by_person",)),
        Hot("inbox: unread", _get(reader, "/inbox/?show=unread"), (INBOX, ROWS), ("inboxrow_unread",)),
        Hot("inbox: saved", _get(reader, "/inbox/?show=saved"), (INBOX, ROWS), ("inboxrow_saved",)),
        Hot("inbox: snoozed", _get(reader, "/inbox/?show=snoozed"), (INBOX, ROWS), ("inboxrow_asleep",)),
        Hot("inbox: done", _get(reader, "/inbox/?show=done"), (INBOX, ROWS), ("inboxrow_done",)),
        Hot("inbox: what is in use", _get(reader, "/inbox/"), (INBOX, "SELECT EXISTS"),
            ("inboxrow_saved", "inboxrow_asleep")),
        Hot("inbox: what a row folds", _get(reader, f"/inbox/{row.pk}/notices/"), fold, ("notice_by_person",)),
        Hot("mark all as read", lambda: InboxRow.objects.mark_all_read(reader, act=uuid.uuid4()),
            ("UPDATE", INBOX), ("inboxrow_unread",)),
        Hot("read on the ticket's page", lambda: list(reader.inbox.filter(ticket=row.ticket_id).unread()),
            (INBOX,), ("inboxrow_one_per_ticket",)),
        Hot("a dispatch comes in", lambda: inbox.receive(notices, now), ("INSERT INTO",),
            ("inboxrow_one_per_ticket",)),
        Hot("a snooze is over", lambda: list(InboxRow.objects.overslept(now)[:SOME]), (INBOX,),
            ("inboxrow_snoozed|inboxrow_asleep",)),
    ]  # fmt: skip


def _lists(tables) -> list[Hot]:
    reader, queue = tables.reader, tables.world.queue.pk
    customer_user = User.objects.create_user(
        "plans", full_name="Cora", customer=tables.customer, customer_role=CustomerRole.USER
    )
    each = ("ticket_unfinished", "ticket_unfinished_by_owner", "ticket_unassigned", "ticket_by_due", BY_GROUP)
    lists = {
        "all": ("view=all", "ticket_unfinished"),
        "mine": ("view=mine", "ticket_unfinished_by_owner"),
        "my groups": ("view=groups", BY_GROUP),
        "unassigned": ("view=unassigned", "ticket_unassigned"),
        "due soon": ("view=due", "ticket_by_due"),
        "of a rare state": ("view=all&state=planning", "ticket_by_state"),
        "of a queue": (f"view=all&state=any&queue={queue}", "ticket_by_queue|tickets_ticket_changed_at"),
        "of a customer": (f"view=all&state=any&customer={tables.customer.pk}", "ticket_by_customer"),
        "complete, too": ("view=all&state=any", "tickets_ticket_changed_at"),
        "by age": ("view=all&state=any&sort=-created", "tickets_ticket_created_at"),
        "search: a number": ("q=202000000000150", "tickets_ticket_number"),
        "search: a rare word": (f"q={RARE}", "ticket_title_trigrams"),
        "search: two letters": ("q=会議", "ticket_title_pairs"),
        "search: in one of ten": ("q=printer", "ticket_title_trigrams|tickets_ticket_changed_at"),
    }
    return [
        Hot("list: counts of its views", _get(reader, "/tickets/"), ("counted",), each),
        *(Hot(f"list: {name}", _get(reader, f"/tickets/?{query}"), (TICKET, ROWS), (index,))
          for name, (query, index) in lists.items()),
        Hot("search: counts", _get(reader, "/tickets/?q=printer"), ("counted",), ("ticket_title_trigrams",)),
        Hot("list: a customer's people", _get(customer_user, "/tickets/?view=all"), (TICKET, ROWS),
            ("ticket_by_customer|ticket_unfinished",)),
        Hot("my watched tickets", _get(reader, "/tickets/"), ("LIMIT 201",), ("watcher_active_by_user",)),
    ]  # fmt: skip


def _one_ticket(tables) -> list[Hot]:
    reader, ticket = tables.reader, tables.reader.inbox.exclude(ticket=None).latest("changed_at").ticket
    told = lambda: Told(reader, ticket).operations  # noqa: E731
    return [
        Hot("a ticket by its number", _get(reader, ticket.get_absolute_url()), (TICKET, '."number" = '),
            ("tickets_ticket_number",)),
        Hot("its articles", lambda: list(ticket.articles.all()), ("tickets_article",), ("article_number_once",)),
        Hot("its history", lambda: list(ticket.events.all()), (EVENT,), ("ticketevent_by_ticket",)),
        Hot("its watchers", lambda: list(Watcher.objects.filter(ticket__in=[ticket])), ("watchers_watcher",),
            ("watchers_watcher_ticket_id|watcher_one_per_user",)),
        Hot("who was notified: acts", told, (EVENT, "GROUP BY"), ("ticketevent_by_ticket",)),
        Hot("who was notified: people", told, (f"FROM {CANDIDATE}",), ("candidate_by_ticket",)),
    ]  # fmt: skip


def _dispatch(tables) -> list[Hot]:
    now, one = timezone.now(), Candidate.objects.latest("pk")
    operation = TicketEvent.objects.latest("pk").operation
    # As notifications.drops asks it.
    once = Candidate.objects.filter(
        definition__in=[one.definition_id],
        ticket__in=[one.ticket_id],
        local_date__in=[one.local_date],
        drop="",
    )
    return [
        Hot("dispatch: what is due", lambda: list(Outbox.objects.due(now).order_by("created_at")[:SOME]),
            ("notifications_outbox",), ("outbox_waiting|outbox_by_state",)),
        Hot("dispatch: what waits", lambda: list(Outbox.objects.unfinished().order_by("created_at")[:SOME]),
            ("notifications_outbox",), ("outbox_by_state",)),
        Hot("dispatch: an act's events", lambda: list(TicketEvent.objects.filter(operation=operation)), (EVENT,),
            ("tickets_ticketevent_operation",)),
        Hot("dispatch: once per day", lambda: list(once), (CANDIDATE,), ("candidate_once_per_day",)),
        Hot("undo: what was told", lambda: list(
            Notice.objects.filter(operation__in=[one.operation], person__isnull=False)
        ), (NOTICE,), ("notice_once_per_person",)),
    ]  # fmt: skip


def _mail(tables) -> list[Hot]:
    now = timezone.now()
    mails = list(Mail.objects.order_by("-pk").values_list("pk", flat=True)[:SOME])
    items = list(with_all(MailItem.objects.all())[:SOME])
    places = [(f"person{number}@example.com", "") for number in range(10)]
    day = now - datetime.timedelta(days=1)
    claim = lambda: Mail.objects.claim("plans", SOME)  # noqa: E731
    return [
        Hot("mail: claim", claim, (MAIL, "SKIP LOCKED"), ("mail_unfinished|mail_by_state",)),
        Hot("mail: what was claimed", claim, (MAIL, '"lease_owner" = ', "ORDER BY"),
            ("mail_unfinished|mail_by_state",)),
        Hot("mail: windows are locked", lambda: windows._lock_open(places, now), (MAIL, "FOR NO KEY UPDATE"),
            ("mail_one_open_window",)),
        Hot("mail: its items", lambda: list(MailItem.objects.filter(mail__in=mails)), ("notifications_mailitem",),
            ("notifications_mailitem_mail_id",)),
        Hot("mail: which definitions told", lambda: rejudging.definitions_of(items), (CANDIDATE,),
            ("notifications_candidate_notice_id",)),
        Hot("health: mail that waits", lambda: waiting_mail(now), (MAIL,), ("mail_unfinished",)),
        Hot("health: ended in a day", lambda: Mail.objects.filter(finished_at__gte=day).count(),
            (MAIL,), ("mail_by_end",)),
        Hot("health: notices in a day", lambda: Notice.objects.filter(created_at__gt=now).count(), (NOTICE,),
            ("notice_by_time",)),
        Hot("log: of a state", lambda: list(Mail.objects.filter(state="failed")[:SOME]), (MAIL,),
            ("mail_by_state",)),
        Hot("log: of an address", lambda: list(Mail.objects.filter(address=places[0][0])[:SOME]), (MAIL,),
            ("mail_by_address",)),
        Hot("log: a Message-ID", lambda: list(Mail.objects.filter(message_id="<7@example.com>")), (MAIL,),
            ("mail_by_message_id",)),
        Hot("log: a ticket", lambda: list(Mail.objects.filter(found_by(f"{2020 * 10**12 + 77}"))), (MAIL, "mailitem"),
            ("notifications_notice_ticket_id",)),
        Hot("a provider's report", lambda: list(Mail.objects.filter(provider_id="provider7")), (MAIL,),
            ("mail_by_provider_id",)),
    ]  # fmt: skip


def _old(tables) -> list[Hot]:
    now, some = timezone.now(), [person.pk for person in tables.people[:PEOPLE]]
    done, read, unread = old_rows(InboxRetention(done_days=5, read_days=5, unread_days=5), now)
    forget = lambda: forget_told(now - datetime.timedelta(days=199), 100)  # noqa: E731
    before = now - datetime.timedelta(days=199)
    outbox = Outbox.objects.filter(state=OutboxState.DONE, created_at__lt=before, dispatched_at__lt=before)

    def rows(which):
        unheld = which.filter(person__in=some).select_for_update(skip_locked=True)
        return lambda: list(unheld.values_list("pk", flat=True)[:1_000])

    return [
        Hot("old: done rows", rows(done), (INBOX,), ("inboxrow_done",)),
        Hot("old: read rows", rows(read), (INBOX,), ("inboxrow_by_person",)),
        Hot("old: unread rows", rows(unread), (INBOX,), ("inboxrow_unread",)),
        Hot("old: dispatches", lambda: delete_in_batches(outbox), ("SKIP LOCKED",), ("outbox_by_state",)),
        Hot("old: mails", forget, (MAIL, "SKIP LOCKED"), ("mail_by_end",)),
        Hot("old: what they told", forget, ("DELETE FROM", CANDIDATE, '."mail_id"'),
            ("notifications_candidate_notice_id", "notifications_mailitem_mail_id")),
        Hot("old: candidates", forget, (f"FROM {CANDIDATE}", f'{CANDIDATE}."id" > '),
            ("notifications_candidate_pkey",)),
        Hot("old: notices", forget, (f"FROM {NOTICE}", "ORDER BY"), ("notice_by_time",)),
        Hot("old: unused notices", forget, ("DELETE FROM", NOTICE),
            ("notifications_inboxrow_notice_id", "mailitem_once_per_notice")),
    ]  # fmt: skip

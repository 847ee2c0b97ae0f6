"""Notifications that are stuck are an incident, and an incident is a ticket: administrators are told of it as of any.

Once when it begins and once when it is over, in the app though no mail leaves. Where nothing is worked out any more at
all, this is not either: for that there are /readyz, /metrics and what every page of the admin says.
"""

import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.health import waiting_events, waiting_mail
from notifications.models import HealthAlarm, Mail
from notifications.models.mail import SENT
from opsi.roles import AgentRole
from tickets.choices import COMPLETE_STATES, Level, Priority, State, TicketType
from tickets.models import Queue, QueueGrant, Ticket
from tickets.models.history import record
from tickets.operations import operation

EVENT = "SystemHealth"
EVENTS, MAIL, MAIL_SERVER, WELL = "events", "mail", "mail_server", "well"
WORDS = {
    EVENTS: gettext_lazy("Nobody is told of what happens on tickets"),
    MAIL: gettext_lazy("Mail that is due does not leave"),
    MAIL_SERVER: gettext_lazy("The mail server takes no mail"),
    WELL: gettext_lazy("Nothing waits too long any more"),
}
WHERE = gettext_lazy(
    "%(what)s, for more than %(minutes)s minutes. The page Notification health in the administration says since when, "
    "and what to do: %(url)s"
)


def watch_over() -> None:
    """Begin an incident, or end the one that lasts; run every minute. Three statements where all is well."""
    now = timezone.now()
    alarm = HealthAlarm.load()
    what = found(alarm.limit, now) if alarm.limit_minutes else ""
    if bool(what) == bool(alarm.ticket_id):
        return
    with transaction.atomic():
        HealthAlarm.objects.get_or_create(pk=HealthAlarm.SINGLETON_ID)
        # Of two who find the same at once the second sees what the first did.
        alarm = HealthAlarm.objects.select_for_update(no_key=True).get(pk=HealthAlarm.SINGLETON_ID)
        with translation.override(settings.LANGUAGE_CODE):
            if what and alarm.ticket_id is None:
                _begin(alarm, what)
            elif not what and alarm.ticket_id is not None:
                _end(alarm)


def found(limit: datetime.timedelta, now: datetime.datetime) -> str:
    """What has been waiting for longer than `limit`, the gravest first: a key of WORDS, "" for nothing."""
    since = now - limit
    events = waiting_events()
    if events.oldest and events.oldest < since:
        return EVENTS
    mail = waiting_mail(now)
    if mail.overdue_since and mail.overdue_since < since:
        return MAIL
    # One address that a server puts off is no incident; that none is taken is.
    if mail.retrying_since and mail.retrying_since < since:
        taken = Mail.objects.filter(finished_at__gt=since, state__in=SENT)
        return "" if taken.exists() else MAIL_SERVER
    return ""


def _begin(alarm, what):
    if alarm.queue is None:
        alarm.queue = _queue()
    page = f"{settings.OPSI_BASE_URL}/admin/notifications/mail/health/"
    said = {"what": WORDS[what], "minutes": alarm.limit_minutes, "url": page}
    with operation(None) as under_way:
        alarm.ticket = Ticket.objects.register(
            by=None,
            title=str(WORDS[what]),
            queue=alarm.queue,
            body=str(WHERE) % said,
            visible_for_customer=False,
            type=TicketType.INCIDENT,
            priority=Priority.VERY_HIGH,
        )
        record(alarm.ticket, EVENT, under_way, new=what)
    alarm.save()


def _end(alarm):
    ticket, alarm.ticket = alarm.ticket, None
    # Somebody may have deleted it or closed it meanwhile: it is over all the same.
    if ticket.deleted_at is None:
        with operation(None) as under_way:
            record(ticket, EVENT, under_way, new=WELL)
            if ticket.state not in COMPLETE_STATES:
                ticket.note(str(WORDS[WELL]) + ".", by=None)
                ticket.change_state(State.RESOLVED, by=None)
    alarm.save()


def _queue():
    queue, is_new = Queue.objects.get_or_create(
        name="System", defaults={"comment": _("Tickets of this system about itself.")}
    )
    if is_new:
        QueueGrant.objects.create(queue=queue, role=AgentRole.ADMIN, level=Level.WRITE)
    return queue

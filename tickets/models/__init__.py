from tickets.models.alarm import Alarm
from tickets.models.article import Article, ArticleVersion, Attachment
from tickets.models.calendar import Holiday, WorkingCalendar
from tickets.models.history import TicketEvent
from tickets.models.queue import Queue, QueueGrant, Service, Sla
from tickets.models.ticket import Ticket, TicketCounter, TicketLink
from tickets.models.traits.changing import StaleTicket
from tickets.models.traits.conversing import FollowUpRefused

__all__ = [
    "Alarm", "Article", "ArticleVersion", "Attachment", "FollowUpRefused", "Holiday", "Queue", "QueueGrant", "Service",
    "Sla", "StaleTicket", "Ticket", "TicketCounter", "TicketEvent", "TicketLink", "WorkingCalendar",
]  # fmt: skip

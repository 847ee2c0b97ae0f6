from tickets.models.alarm import Alarm
from tickets.models.article import Article, ArticleVersion, Attachment
from tickets.models.calendar import Holiday, WorkingCalendar
from tickets.models.composing import Composing
from tickets.models.history import TicketEvent
from tickets.models.list_filter import ListFilter
from tickets.models.prepared import Signature, TextTemplate, Use
from tickets.models.queue import Queue, QueueGrant, Service, Sla
from tickets.models.reading import Reading
from tickets.models.ticket import Ticket, TicketCounter, TicketLink
from tickets.models.traits.changing import StaleTicket
from tickets.models.traits.conversing import FollowUpRefused

__all__ = [
    "Alarm",
    "Article",
    "ArticleVersion",
    "Attachment",
    "Composing",
    "FollowUpRefused",
    "Holiday",
    "ListFilter",
    "Queue",
    "QueueGrant",
    "Reading",
    "Service",
    "Signature",
    "Sla",
    "StaleTicket",
    "TextTemplate",
    "Ticket",
    "TicketCounter",
    "TicketEvent",
    "TicketLink",
    "Use",
    "WorkingCalendar",
]  # fmt: skip

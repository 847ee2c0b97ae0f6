"""The Ticket zoom window, and the reduced Request version for customer users and requesters (domain §3)."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from opsi.browser_security import WITH_FRAME
from opsi.requests import PersonRequest
from tickets import access, facts, timeline
from tickets.conversation import Conversation
from tickets.forms.articles import FollowUpForm
from tickets.forms.fields import FIELDS
from tickets.lookup import readable_ticket
from tickets.models import Ticket

MAIN_CHANGES = ("state", "priority", "owner", "queue", "pending")
MORE_CHANGES = ("title", "responsible", "assignment-group", "type", "service", "sla", "customer")
WRITING = {"note", "reply", "follow_up"}  # done where a merged ticket goes on
LATEST = 6  # changes beside the articles; all of them have a page of their own
HISTORY_PAGE = 50


@require_safe
@csp_override(WITH_FRAME)
def zoom(request: PersonRequest, number: str) -> HttpResponse:
    """`?article=` opens that one, `?page=` an older page of the list. htmx turning pages gets the articles alone.

    `?images=1` lets formatted text load images from other servers.
    """
    ticket = readable_ticket(request, number)
    person = request.user
    conversation = Conversation.open(
        ticket,
        person,
        _whole(request, "article"),
        _whole(request, "page"),
        images=request.GET.get("images") == "1",
    )
    verbs = access.verbs_of(person, ticket)
    if ticket.merged_into_id is not None:
        verbs -= WRITING
    context = {"ticket": ticket, "conversation": conversation, "verbs": verbs}
    if request.htmx.target == "conversation":
        response = render(request, "tickets/conversation.html", context)
    else:
        context |= {"facts": facts.about(ticket, person, verbs), "related": related(ticket, person)}
        if person.is_agent:
            context |= {
                "changes": timeline.lines(timeline.history_for(request, ticket)[:LATEST]),
                "main_changes": [(name, FIELDS[name].label) for name in MAIN_CHANGES],
                "more_changes": [(name, FIELDS[name].label) for name in MORE_CHANGES],
            }
        elif "follow_up" in verbs:
            context["form"] = FollowUpForm(ticket=ticket, person=person)
        response = render(
            request, "tickets/zoom.html" if person.is_agent else "tickets/request.html", context
        )
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _whole(request, name):
    """The whole number given as `name`; None for anything else, which then counts as not given."""
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 7 else None


def related(ticket: Ticket, person) -> list[Ticket]:
    """Linked and merged tickets, as far as `person` may read them."""
    near = Q(backlinks__source=ticket) | Q(links__target=ticket) | Q(merged_into=ticket)
    if ticket.merged_into_id:
        near |= Q(pk=ticket.merged_into_id)
    return list(Ticket.objects.readable_by(person).filter(near).distinct()[:20])


@require_safe
def history(request: PersonRequest, number: str) -> HttpResponse:
    """Every change, newest first, in pages (`?before=` an event id); for agents, as it speaks of internal things."""
    ticket = readable_ticket(request, number)
    if not request.user.is_agent:
        raise PermissionDenied
    events = timeline.history_for(request, ticket)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 18:
        events = events.filter(pk__lt=int(before))
    page = list(events[: HISTORY_PAGE + 1])
    older = page[HISTORY_PAGE - 1].pk if len(page) > HISTORY_PAGE else None
    context = {"ticket": ticket, "changes": timeline.lines(page[:HISTORY_PAGE]), "older": older}
    return render(request, "tickets/history.html", context)

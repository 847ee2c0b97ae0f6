"""The Ticket zoom window, and the reduced Request version for customer users and requesters (domain §3)."""

from django.core.exceptions import BadRequest, PermissionDenied
from django.db import models
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_POST, require_safe

from opsi.browser_security import WITH_FRAME
from opsi.methods import see_other
from opsi.requests import PersonRequest
from tickets import access, facts, timeline
from tickets.article_filter import FIELDS as FILTERS
from tickets.article_filter import ArticleFilter
from tickets.chronicle import Chronicle
from tickets.conversation import Conversation
from tickets.forms.articles import FollowUpForm
from tickets.forms.fields import FIELDS
from tickets.linking import related
from tickets.lookup import readable_ticket, ticket_with_people

MAIN_CHANGES = ("state", "priority", "owner", "queue", "pending")
MORE_CHANGES = ("title", "responsible", "assignment-group", "type", "service", "sla", "customer")
COOKIE = "zoom_view"  # which of the two views somebody chose last
COOKIE_AGE = 365 * 24 * 3600
WRITING = {"note", "reply", "follow_up"}  # done where a merged ticket goes on
LATEST = 6  # changes beside the articles; all of them have a page of their own
HISTORY_PAGE = 50


class View(models.TextChoices):
    ARTICLES = "articles", _("Articles")
    TIMELINE = "timeline", _("Timeline")


OF_ARTICLES = {"article", "page", "images", *FILTERS}  # whoever asks for these means the articles


@require_safe
@csp_override(WITH_FRAME)
def zoom(request: PersonRequest, number: str) -> HttpResponse:
    """The articles or the timeline, as `?view=` says, else as the person chose last; and all that stands around them.

    Articles: `?article=` opens that one, `?page=` an older page of the list, `?images=1` lets formatted text load
    images from other servers; the names of `article_filter.FIELDS` choose among them. htmx turning their pages gets
    these alone. Timeline: `?before=` older entries.
    """
    ticket = ticket_with_people(request, number)
    person = request.user
    verbs = access.verbs_of(person, ticket)
    if ticket.merged_into_id is not None:
        verbs -= WRITING
    view = _view(request)
    context = {"ticket": ticket, "verbs": verbs, "view": view, "views": View.choices}
    if view == View.TIMELINE:
        context["chronicle"] = Chronicle.of(request, ticket, request.GET.get("before", ""))
    else:
        context["conversation"] = _conversation(request, ticket)
    if request.htmx.target == "conversation" and view == View.ARTICLES:
        response = render(request, "tickets/conversation.html", context)
    else:
        response = _page(request, ticket, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target", "Cookie"])
    return response


def _view(request):
    asked = request.GET.get("view")
    if asked in View.values:
        return View(asked)
    if OF_ARTICLES.intersection(request.GET):
        return View.ARTICLES
    chosen = request.COOKIES.get(COOKIE)
    return View(chosen) if chosen in View.values else View.ARTICLES


def _conversation(request, ticket):
    return Conversation.open(
        ticket,
        request.user,
        _whole(request, "article"),
        _whole(request, "page"),
        images=request.GET.get("images") == "1",
        chosen=ArticleFilter.of(request.GET, request.user),
    )


def _page(request, ticket, context):
    person, verbs = request.user, context["verbs"]
    context |= {
        "facts": facts.about(ticket, person, verbs),
        "clocks": facts.clocks(ticket, person),
        "related": related(ticket, person),
    }
    if not person.is_agent:
        if "follow_up" in verbs:
            context["form"] = FollowUpForm(ticket=ticket, person=person)
        return render(request, "tickets/request.html", context)
    if context["view"] == View.ARTICLES:
        context["changes"] = timeline.lines(timeline.latest_for(request, ticket, LATEST))
    context |= {
        "main_changes": [(name, FIELDS[name].label) for name in MAIN_CHANGES],
        "more_changes": [(name, FIELDS[name].label) for name in MORE_CHANGES],
    }
    return render(request, "tickets/zoom.html", context)


@require_POST
def view(request: PersonRequest, number: str) -> HttpResponse:
    """Show tickets as `view` (a View) from now on, which a cookie keeps; and this one at once."""
    ticket = readable_ticket(request, number)
    chosen = request.POST.get("view")
    if chosen not in View.values:
        raise BadRequest("`view` is none of the views")
    response = see_other(reverse("ticket", args=[ticket.number]))
    response.set_cookie(COOKIE, chosen, COOKIE_AGE, httponly=True, secure=request.is_secure(), samesite="Lax")
    return response


def _whole(request, name):
    """The whole number given as `name`; None for anything else, which then counts as not given."""
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 7 else None


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

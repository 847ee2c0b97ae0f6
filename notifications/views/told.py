"""Who was notified of what happened to a ticket, as pages of their own; for agents."""

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from notifications.told import Told
from opsi.requests import PersonRequest
from tickets.lookup import readable_ticket


@require_safe
def told(request: PersonRequest, number: str) -> HttpResponse:
    """Of the last 20 operations."""
    return _page(request, number)


@require_safe
def told_of(request: PersonRequest, number: str, operation: uuid.UUID) -> HttpResponse:
    """Of one operation, with everyone it concerned."""
    return _page(request, number, operation)


def _page(request, number, only=None):
    ticket = readable_ticket(request, number)
    if not request.user.is_agent:
        raise Http404
    page = Told(request.user, ticket, only)
    if only and not page.operations:
        raise Http404
    return render(request, "notifications/told.html", {"told": page, "ticket": ticket})

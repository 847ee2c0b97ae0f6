"""The number on the bell, asked by every open page (docs/inbox.md)."""

from django.http import HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe

from notifications.badge import Badge
from opsi.requests import PersonRequest
from opsi.sessions import unattended


@unattended
@require_safe
def badge(request: PersonRequest) -> HttpResponse:
    """{"unread": int (at most 100), "shown": str, "label": str, "latest": int}; 304 where nothing changed."""
    now = Badge.of(request.user)
    etag = now.etag(request.user)
    content = {"unread": now.count, "shown": now.shown, "label": now.label, "latest": now.latest}
    response = get_conditional_response(request, etag=etag) or JsonResponse(content)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Cookie"])
    return response

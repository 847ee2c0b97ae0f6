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
    """{"unread": int (at most 100), "shown": str, "label": str, "latest": int, "paused": bool}; 304: no change."""
    now = Badge.of(request.user)
    etag = now.etag(request.user)
    content = {"unread": now.count, "shown": now.shown, "label": now.label, "latest": now.latest}
    content["paused"] = now.is_paused
    response = get_conditional_response(request, etag=etag) or JsonResponse(content)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Cookie"])
    return response

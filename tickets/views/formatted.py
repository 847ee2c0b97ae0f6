"""An article's formatted text by itself, for the frame of the ticket's page (docs/security.md)."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from opsi.requests import PersonRequest
from tickets import rich_text
from tickets.lookup import readable_article, readable_ticket

# Nothing in it runs, sends or loads; a link that somebody clicks opens outside the frame.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src {images}; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


@require_safe
@xframe_options_sameorigin
def formatted(request: PersonRequest, number: str, article: int) -> HttpResponse:
    """For those who may read the article; `?images=1` with images from other servers, which thereby learn of it."""
    shown = readable_article(request, readable_ticket(request, number), article)
    if not shown.html:
        raise Http404
    images = request.GET.get("images") == "1"
    context = {"article": shown, "html": rich_text.to_show(shown.html, remote_images=images)}
    response = render(request, "tickets/formatted.html", context)
    response.headers["Content-Security-Policy"] = POLICY.format(
        images="data: https: http:" if images else "data:"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response

"""What every answer tells the browser it may do with it (docs/security.md), whatever part of the stack gave it.

The policies for pages that show a frame, and for what is shown in one, stand here too.
"""

from collections.abc import Callable, Mapping
from typing import cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.csp import CSP

from opsi.views import bad_request

# Nothing here asks for any of them; an injected page should not be able to either.
PERMISSIONS = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "geolocation", "gyroscope",
    "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "publickey-credentials-get", "usb",
    "xr-spatial-tracking",
)  # fmt: skip
MAX_REQUEST = 64 * 1024 * 1024  # bytes; forms refuse less beside the field (tickets.uploads)
STANDING = {
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in PERMISSIONS),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Permitted-Cross-Domain-Policies": "none",
}
# For pages with a frame of our own.
WITH_FRAME = cast(Mapping[str, list[str]], settings.SECURE_CSP | {"frame-src": [CSP.SELF]})


class StandingHeadersMiddleware:
    """The outermost: so answers that other middleware gives, static files and errors have these headers too.

    Personal pages are kept by no cache, the browser's own included: after signing out, the back button shows nothing.
    What says otherwise (static files, the badge with its ETag) keeps its own Cache-Control.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in STANDING.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class RequestSizeMiddleware:
    """Refuses what is larger than any form of ours before a byte of it is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isascii() and length.isdigit() and (len(length) > 12 or int(length) > MAX_REQUEST):
            return bad_request(request, RequestDataTooBig())
        return self.get_response(request)

"""/.well-known/security.txt (RFC 9116): whom to tell of a vulnerability of this installation."""

import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

# As nobody keeps the page up to date by hand, it never runs out; the RFC asks for less than a year.
GOOD_FOR = datetime.timedelta(days=30)


@login_not_required
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """404 where OPSI_SECURITY_CONTACT names nobody."""
    if not settings.OPSI_SECURITY_CONTACT:
        raise Http404
    expires = timezone.now() + GOOD_FOR
    lines = [
        f"Contact: {settings.OPSI_SECURITY_CONTACT}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        f"Canonical: {settings.OPSI_BASE_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")

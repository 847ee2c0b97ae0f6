"""How long a session lives: an idle age and an absolute one (docs/sign-in.md)."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

BEGUN, SEEN = "opsi_begun", "opsi_seen"  # seconds since the epoch
# Writing at each page would cost a statement each: the idle age is kept this exactly.
REMEMBER_EVERY = 300  # seconds


def unattended[View: Callable](view: View) -> View:
    """Marks what a page asks for by itself: it proves nobody's presence, so it keeps no session alive."""
    view.unattended = True  # type: ignore[attr-defined]
    return view


@receiver(user_logged_in)
def begin(sender, request, user, **kwargs):
    request.session[BEGUN] = request.session[SEEN] = int(time.time())


def is_over(request: HttpRequest, now: float) -> bool:
    begun, seen = request.session.get(BEGUN, 0), request.session.get(SEEN, 0)
    return now - begun >= settings.OPSI_SESSION_AGE or now - seen >= settings.OPSI_SESSION_IDLE


class SessionAgeMiddleware:
    """Ends what is too old before the sign-in is asked for; says so by `request.session_ended`."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        request.session_ended = False
        if not request.user.is_authenticated:
            # A cookie of a session that is no more: ended elsewhere, or its person disabled.
            named = settings.SESSION_COOKIE_NAME in request.COOKIES
            request.session_ended = named and request.session.is_empty()
            return
        now = time.time()
        if is_over(request, now):
            request.session.flush()
            request.user = request._cached_user = AnonymousUser()
            request.session_ended = True
        elif now - request.session[SEEN] >= min(
            REMEMBER_EVERY, settings.OPSI_SESSION_IDLE / 4
        ) and not getattr(view_func, "unattended", False):
            request.session[SEEN] = int(now)

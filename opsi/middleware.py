"""Who asks, and in which words: signing in comes first, then each person gets their own language and time zone."""

import zoneinfo
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.shortcuts import resolve_url
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme

from opsi import auditing


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Every page asks to sign in unless it is marked `login_not_required`."""

    def handle_no_permission(self, request, view_func):
        sign_in = self._sign_in_url(request)
        if request.headers.get("HX-Request") == "true":
            # A redirect would put the sign-in page into whatever part of the page was to be renewed.
            return HttpResponse(status=401, headers={"HX-Redirect": sign_in})
        if request.headers.get("Sec-Fetch-Dest") == "empty":
            return HttpResponse(status=401)  # a script asks: it has no use for the sign-in page
        return HttpResponseRedirect(sign_in)

    def _sign_in_url(self, request):
        """The sign-in page, with the page to return to: the one that was asked for, or that a form or script was on."""
        if request.headers.get("HX-Request") == "true":
            page = self._own_path(request, request.headers.get("HX-Current-URL", ""))
        elif request.method in ("GET", "HEAD"):
            page = request.get_full_path()
        else:
            page = self._own_path(request, request.headers.get("Referer", ""))
        query = QueryDict(mutable=True)
        if page:
            query["next"] = page
        if request.session_ended:
            query["ended"] = "1"
        url = resolve_url(settings.LOGIN_URL)
        return f"{url}?{query.urlencode(safe='/')}" if query else url

    def _own_path(self, request, url):
        if not url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
            return ""
        parts = urlsplit(url)
        return parts.path + (f"?{parts.query}" if parts.query else "")


class PersonalLocaleMiddleware:
    """People's own language and time zone; everyone else the browser's language and UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person = request.user
        if not person.is_authenticated:
            return self.get_response(request)
        # From here on it is asked for hundreds of times: the person without the proxy that looked them up.
        request.user = person = getattr(request, "_cached_user", person)
        with translation.override(person.language), timezone.override(zoneinfo.ZoneInfo(person.time_zone)):
            response = self.get_response(request)
        response.headers["Content-Language"] = person.language
        return response


class AdminMethodsMiddleware:
    """Django's admin takes every method but POST for a GET; a method that a page does not have is to answer 405."""

    methods = ("GET", "HEAD", "POST")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        in_the_admin = request.resolver_match is not None and request.resolver_match.app_name == "admin"
        return (
            HttpResponseNotAllowed(self.methods)
            if in_the_admin and request.method not in self.methods
            else None
        )


class AuditedMiddleware:
    """What a request changes of the settings is by the person who sent it (docs/security.md)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with auditing.acting(lambda: request.user):
            return self.get_response(request)

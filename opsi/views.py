"""Signing in and out; what stands apart from every part of the product."""

import errno
import sys
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsi import second_step, throttle
from opsi.goals import goal_of

RETRY_AFTER = 10  # seconds


class SignInForm(AuthenticationForm):
    """Says the same of a wrong password, an unknown login and an account that is out of use."""

    def clean(self):
        login = self.cleaned_data.get("username", "")
        throttle.check(self.request, login)
        return super().clean()

    def confirm_login_allowed(self, user):
        if not user.is_notifiable:
            raise self.get_invalid_login_error()


@login_not_required
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    goal = goal_of(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(goal or settings.LOGIN_REDIRECT_URL)
    form = SignInForm(request, request.POST if request.method == "POST" else None)
    if form.is_valid():
        return second_step.sign_in(request, form.get_user(), goal)
    context = {
        "form": form,
        "next": goal,
        "ended": "ended" in request.GET and not form.is_bound,
        "sso": settings.OPSI_OIDC,
    }
    return render(request, "opsi/login.html", context, status=throttle.status_of(form))


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def admin_login(request: HttpRequest) -> HttpResponse:
    """The admin has no door of its own, so none that is watched less."""
    if request.user.is_authenticated and not request.user.is_staff:
        raise PermissionDenied
    goal = goal_of(request) or reverse("admin:index")
    return HttpResponseRedirect(f"{settings.LOGIN_URL}?{urlencode({'next': goal})}")


@login_not_required
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; 413 where it was more than any form of ours sends. Stands without a person or a database."""
    too_much = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    if too_much:
        return HttpResponse(render_to_string("413.html"), status=413)
    return HttpResponse(render_to_string("400.html"), status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 where the database or the disk was at fault and not the program: what to do is then known."""
    error = sys.exception()
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if not full and not isinstance(error, OperationalError | InterfaceError):
        return HttpResponse(render_to_string("500.html"), status=500)
    full = full or any(words in str(error) for words in ("disk is full", "No space left"))
    page = HttpResponse(render_to_string("503.html", {"full": full}), status=503)
    page.headers["Retry-After"] = str(RETRY_AFTER)
    return page


@require_safe
def admin_password(request: HttpRequest) -> HttpResponse:
    """The admin's link to change one's password leads to where everybody does."""
    return redirect("preferences")


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it wherever a page names no icon: in the admin, beside a file, on an error."""
    response = redirect(static("img/icon.svg"))
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response

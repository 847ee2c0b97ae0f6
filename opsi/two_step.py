"""Signing in, in the preferences: the second step is set up, renewed and turned off (docs/sign-in.md)."""

import time
from collections.abc import Callable

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from opsi import throttle
from opsi.credentials import SecondFactor, enrolment_uri, new_secret
from opsi.methods import asks_to_delete, see_other
from opsi.own_password import OwnPasswordForm
from opsi.requests import PersonRequest
from opsi.second_step import STRONG, is_strong
from opsi.secrets import SecretUnreadable, decrypt, encrypt

# The secret offered but not confirmed yet, encrypted: no row until a first code proves that the app has it.
OFFERED = "opsi_two_step_offered"
PATIENCE = (
    900  # seconds between the password and the first code: an offer is not to wait for whoever comes by
)
PAGE = "opsi/two_step.html"


class FirstCodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code that the app shows now"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST", "DELETE"])
def two_step(request: PersonRequest) -> HttpResponse:
    if asks_to_delete(request):
        return _turn_off(request)
    if request.method != "POST":
        return page(request)
    if _factor(request) is not None:
        return see_other(reverse("two-step"))
    form = OwnPasswordForm(request, request.POST)
    if not form.is_valid():
        return page(request, throttle.status_of(form), password_form=form)
    request.session[OFFERED] = {"secret": encrypt(new_secret()), "until": int(time.time()) + PATIENCE}
    return see_other(reverse("two-step"))


@sensitive_post_parameters("code")
@never_cache
@require_POST
def first_code(request: PersonRequest) -> HttpResponse:
    """Turns it on, and shows the recovery codes: in the answer itself, for this is the only time."""
    secret = _offered(request)
    if secret is None or _factor(request) is not None:
        return see_other(reverse("two-step"))
    form = FirstCodeForm(request.POST)
    if not form.is_valid():
        return page(request, 422, code_form=form)
    with transaction.atomic():
        codes = SecondFactor.confirm(request.user, secret, form.cleaned_data["code"])
        if codes is not None:
            # Whoever else is signed in came with the password alone.
            request.user.end_sessions()
    if codes is None:
        form.add_error("code", _("This code is wrong. Is the clock of your phone right?"))
        return page(request, 422, code_form=form)
    del request.session[OFFERED]
    update_session_auth_hash(request, request.user)
    request.session[STRONG] = True
    return page(request, codes=codes)


@sensitive_post_parameters("password")
@never_cache
@require_POST
def recovery_codes(request: PersonRequest) -> HttpResponse:
    factor = _factor(request)
    if factor is None:
        return see_other(reverse("two-step"))
    form = OwnPasswordForm(request, request.POST, prefix="codes_")
    if not form.is_valid():
        return page(request, throttle.status_of(form), renewing_form=form)
    return page(request, codes=factor.renew_recovery_codes())


def is_demanded(request: HttpRequest) -> bool:
    """Whether this person may not open the admin before they signed in with more than a password."""
    return settings.OPSI_TWO_STEP_ADMINS and request.user.is_staff and not is_strong(request)


class DemandMiddleware:
    """Leads an administrator who signed in by password alone from the admin to where two-step sign-in is set up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs) -> HttpResponse | None:
        in_the_admin = request.resolver_match is not None and request.resolver_match.app_name == "admin"
        return see_other(reverse("two-step")) if in_the_admin and is_demanded(request) else None


def _turn_off(request):
    if request.session.pop(OFFERED, None) is not None and _factor(request) is None:
        return see_other(reverse("two-step"))  # an offer not taken needs no password to be let go
    form = OwnPasswordForm(request, request.POST, prefix="off_")
    if _factor(request) is None:
        return see_other(reverse("two-step"))
    if not form.is_valid():
        return page(request, throttle.status_of(form), off_form=form)
    request.user.end_second_factor()
    request.session.pop(STRONG, None)
    messages.success(request, _("Two-step sign-in is off."))
    return see_other(reverse("two-step"))


def _factor(request) -> SecondFactor | None:
    return SecondFactor.objects.filter(person=request.user).first()


def _offered(request) -> str | None:
    offered = request.session.get(OFFERED)
    if not isinstance(offered, dict) or time.time() >= offered["until"]:
        return None
    try:
        return decrypt(offered["secret"]) or None
    except SecretUnreadable:
        return None


def page(request, status=200, codes=None, **forms_in_use):
    factor, secret = _factor(request), _offered(request)
    context = {"factor": factor, "codes": codes, "demanded": is_demanded(request)}
    if factor:
        context |= {
            "left": factor.codes_left,
            "renewing_form": OwnPasswordForm(request, prefix="codes_"),
            "off_form": OwnPasswordForm(request, prefix="off_"),
        }
    elif secret:
        context |= {
            "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
            "qr": _drawing(enrolment_uri(secret, request.user.username)),
            "code_form": FirstCodeForm(),
        }
    else:
        context |= {"password_form": OwnPasswordForm(request)}
    if settings.OPSI_OIDC:
        context["sso"] = settings.OPSI_OIDC
        context["identity"] = request.user.identities.filter(issuer=settings.OPSI_OIDC.issuer).first()
        context["sso_form"] = OwnPasswordForm(request, prefix="sso_")
    return render(request, PAGE, context | forms_in_use, status=status)


def _drawing(text):
    """A QR code as inline SVG without style, which the content security policy would not let through."""
    code = segno.make(text, error="m")
    return mark_safe(  # noqa: S308  (drawn by us out of modules; no text of anybody's is in it)
        code.svg_inline(omitsize=True, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None)
    )

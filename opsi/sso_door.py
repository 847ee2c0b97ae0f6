"""The two pages of single sign-on: on the way to the service, and back from it (docs/sign-in.md).

Of django-allauth the OpenID Connect client is used, with state, PKCE and the checks of the ID token. Its own pages,
accounts and tables are not: `Adapter` takes over the moment it is known who the service means.
"""

import logging
import secrets

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.adapter import get_adapter as get_allauth_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views as allauth_views
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from requests import RequestException

from opsi import second_step, throttle
from opsi.goals import goal_of
from opsi.methods import asks_to_delete, see_other
from opsi.own_password import OwnPasswordForm
from opsi.requests import PersonRequest
from opsi.single_sign_on import Claims, Refused, connect, person_of
from opsi.two_step import page

PROVIDER = "sso"

logger = logging.getLogger(__name__)


class Adapter(DefaultSocialAccountAdapter):
    """Where django-allauth asks what to do: nothing of its own."""

    def pre_social_login(self, request, sociallogin):
        try:
            kept = sociallogin.state.get("data") or {}
            claims = Claims.read(sociallogin.account.extra_data, kept.get("nonce"))
            if request.user.is_authenticated and kept.get("connects") == request.user.pk:
                connect(request.user, claims)
                messages.success(request, _("You can sign in by single sign-on from now on."))
                raise ImmediateHttpResponse(see_other(reverse("two-step")))
            person = person_of(claims)
        except Refused as refusal:
            raise ImmediateHttpResponse(_refuse(request, str(refusal), 403)) from refusal
        second_step.sign_in_strongly(request, person)
        goal = sociallogin.state.get("next") or settings.LOGIN_REDIRECT_URL
        raise ImmediateHttpResponse(HttpResponseRedirect(goal))

    def on_authentication_error(self, request, provider, error=None, exception=None, extra_context=None):
        if error == AuthError.CANCELLED:
            raise ImmediateHttpResponse(
                _refuse(request, _("You did not sign in at the single sign-on service."), 403)
            )
        if isinstance(exception, RequestException):
            raise ImmediateHttpResponse(_unreachable(request, exception))
        logger.warning("Single sign-on failed: %s %s", error, exception)
        raise ImmediateHttpResponse(
            _refuse(
                request, _("Signing in was begun elsewhere, too long ago, or was refused. Try again."), 403
            )
        )

    def list_apps(self, request, provider=None, client_id=None):
        # The environment alone says which service there is; django-allauth would ask its table, too.
        services = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", [])
        return [SocialApp(provider="openid_connect", **service) for service in services]

    def is_open_for_signup(self, request, sociallogin):
        return False


@login_not_required
@never_cache
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    _only_where_set_up()
    return _lead_out(request, next_url=goal_of(request) or None)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["POST", "DELETE"])
def connection(request: PersonRequest) -> HttpResponse:
    """One's own link to the service: made by the way there and back, or taken away; either asks for the password."""
    _only_where_set_up()
    form = OwnPasswordForm(request, request.POST, prefix="sso_")
    if not form.is_valid():
        return page(request, throttle.status_of(form), sso_form=form)
    if not asks_to_delete(request):
        # Who comes back as somebody else, in this browser, is not connected.
        return _lead_out(request, connects=request.user.pk)
    for identity in request.user.identities.filter(issuer=settings.OPSI_OIDC.issuer):  # type: ignore[union-attr]
        identity.delete()
    messages.success(request, _("Single sign-on signs you in no more."))
    return see_other(reverse("two-step"))


def _lead_out(request, next_url=None, **kept):
    """To the service. By a page, not a redirect: the policy lets no form be led away from this house."""
    # State and proof key bind the answer to this browser; the nonce binds the ID token to this one sign-in, also where
    # the service ignores the proof key.
    nonce = secrets.token_urlsafe(16)
    try:
        provider = get_allauth_adapter().get_provider(request, PROVIDER)
        away = provider.redirect(
            request,
            process="login",
            next_url=next_url,
            data=kept | {"nonce": nonce},
            auth_params=provider.get_auth_params() | {"nonce": nonce},
        )
    except (RequestException, OAuth2Error, KeyError, ValueError, TypeError) as problem:
        return _unreachable(request, problem)
    return render(request, "opsi/leaving.html", {"url": away.headers["Location"]})


@login_not_required
@never_cache
@require_safe
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """What the service's answer leads to. A GET, as the protocol has it: it signs in, and takes over what was said."""
    _only_where_set_up()
    try:
        return allauth_views.callback(request, provider_id)
    except (KeyError, ValueError, TypeError, AttributeError) as problem:
        # What it said is not what the protocol asks for.
        logger.warning("Single sign-on gave an answer that cannot be read.", exc_info=problem)
        return _refuse(
            request, _("The single sign-on service gave an answer that does not fit. Try again."), 502
        )


def _only_where_set_up():
    if settings.OPSI_OIDC is None:
        raise Http404


def _unreachable(request, problem):
    logger.warning("The single sign-on service cannot be reached: %s", problem)
    text = _("The single sign-on service cannot be reached. Try again later, or sign in with a password.")
    return _refuse(request, text, 502)


def _refuse(request, text, status):
    return render(request, "opsi/refused.html", {"text": text}, status=status)

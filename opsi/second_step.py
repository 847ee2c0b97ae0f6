"""The second step of signing in: after the right password, the code of the authenticator app (docs/sign-in.md)."""

import time

from django import forms
from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from opsi import throttle
from opsi.credentials import SecondFactor, is_of_app
from opsi.methods import see_other
from opsi.models import User

PENDING = "opsi_second_step"
PATIENCE = 300  # seconds between the password and the code
BACKEND = "opsi.authentication.PeopleBackend"
# How a session was signed in beyond the password alone; see `is_strong`.
STRONG = "opsi_strong"


def sign_in(request: HttpRequest, person: User, goal: str) -> HttpResponse:
    """The password was right: signed in, or asked for the code where `person` has a second factor."""
    if not SecondFactor.objects.filter(person=person).exists():
        auth.login(request, person, backend=BACKEND)
        request.session.pop(STRONG, None)  # what an earlier sign-in left in this browser
        return HttpResponseRedirect(goal or settings.LOGIN_REDIRECT_URL)
    # Nobody is signed in yet; and what a session knew before the password is not to be known after it.
    request.session.cycle_key()
    request.session[PENDING] = {
        "person": person.pk,
        "hash": person.get_session_auth_hash(),
        "until": int(time.time()) + PATIENCE,
        "goal": goal,
    }
    return see_other(reverse("code"))


def sign_in_strongly(request: HttpRequest, person: User) -> None:
    """Signed in by more than a password: a second factor, or a service that asks for what it finds right."""
    auth.login(request, person, backend=BACKEND)
    request.session[STRONG] = True


def is_strong(request: HttpRequest) -> bool:
    return bool(request.session.get(STRONG))


class Spent(forms.ValidationError):
    """Too many wrong codes for one day: the app's are not looked at (docs/sign-in.md)."""

    def __init__(self):
        super().__init__(
            _(
                "Too many wrong codes since yesterday: for now only a recovery code signs you in. "
                "If it was not you who typed them, somebody knows your password."
            ),
            code="throttled",
        )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=64,
        help_text=_("Six digits from your authenticator app, or one of your recovery codes."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )

    def __init__(self, request, factor, data=None):
        super().__init__(data)
        self.request, self.factor = request, factor

    def clean_code(self):
        login, code = self.factor.person.username, self.cleaned_data["code"]
        try:
            throttle.check(self.request, login)
        except throttle.Throttled as refusal:
            # Not beside the field: nobody looked whether it was right.
            self.add_error(None, refusal)
            return code
        if not self.factor.accepts(code):
            throttle.failed(self.request, login)
            if self.factor.is_spent:
                self.add_error(None, Spent())
                return code
            raise forms.ValidationError(
                _("This code is wrong or used already. A new one comes every 30 seconds.")
            )
        return code


@login_not_required
@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    pending = request.session.get(PENDING)
    if request.user.is_authenticated or not pending:
        return see_other(settings.LOGIN_URL)
    factor = _factor(pending)
    if factor is None:
        del request.session[PENDING]
        query = {"next": pending["goal"], "ended": "1"} if pending["goal"] else {"ended": "1"}
        return see_other(f"{settings.LOGIN_URL}?{urlencode(query)}")
    form = CodeForm(request, factor, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "opsi/code.html", {"form": form}, status=throttle.status_of(form))
    del request.session[PENDING]
    sign_in_strongly(request, factor.person)
    with translation.override(factor.person.language):
        _tell(request, factor, form.cleaned_data["code"])
    return HttpResponseRedirect(pending["goal"] or settings.LOGIN_REDIRECT_URL)


def _tell(request, factor, code):
    """What whoever signed in should know: the page they wanted shows it."""
    if not is_of_app(code):
        left = factor.codes_left
        text = ngettext("%(number)s recovery code is left.", "%(number)s recovery codes are left.", left)
        messages.info(request, text % {"number": left})
    if factor.wrong_lately >= throttle.PAIR_LIMIT:  # as it was read: before this sign-in took it back
        text = gettext(
            "%(number)d wrong codes were typed after your password lately. "
            "If it was not you, somebody knows it: change it."
        )
        messages.warning(request, text % {"number": factor.wrong_lately})


def _factor(pending) -> SecondFactor | None:
    """None where the password is too long ago or not the right one any more, or the person is out of use."""
    factor = SecondFactor.objects.select_related("person").filter(person=pending["person"]).first()
    if factor is None or not factor.person.is_notifiable or time.time() >= pending["until"]:
        return None
    same = constant_time_compare(pending["hash"], factor.person.get_session_auth_hash())
    return factor if same else None

"""What each person decides for themselves: language, time zone, password. Apps above add pages of their own."""

import zoneinfo
from copy import copy

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from opsi import throttle
from opsi.methods import see_other
from opsi.models import User
from opsi.requests import PersonRequest
from opsi.signals import TIME_ZONE_CHANGED, person_event


def _zones():
    """Those named after a place, which follow its daylight saving time; and UTC."""
    named = sorted(
        zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/")
    )
    return [(zone, zone.replace("_", " ")) for zone in ["UTC", *named]]


class PersonForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["language", "time_zone"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        zones = _zones()
        # Whatever an administrator gave somebody stays to be chosen.
        own = self.instance.time_zone
        if own not in dict(zones):
            zones.insert(0, (own, own))
        self.fields["time_zone"].widget = forms.Select(choices=zones)
        for name, hint in (("language", "language"), ("time_zone", "off")):
            self.fields[name].widget.attrs["autocomplete"] = hint

    def save(self, commit=True):
        person = self.instance
        with transaction.atomic():
            person.save(update_fields=self.Meta.fields)
            if "time_zone" in self.changed_data:
                person_event.send(sender=User, person=person, event=TIME_ZONE_CHANGED, by=person)
        return person


class PasswordForm(PasswordChangeForm):
    """Guessing the current password here is slowed down as at the sign-in."""

    def __init__(self, request, data=None):
        self.request = request
        # A copy of its own: what is refused must not stay in the request's person.
        super().__init__(copy(request.user), data)
        for field in self.fields.values():
            field.widget.attrs.pop("autofocus", None)

    def full_clean(self):
        super().full_clean()
        if self.has_error("old_password", "password_incorrect"):
            throttle.failed(self.request, self.user.username)

    def clean_old_password(self):
        try:
            throttle.check(self.request, self.user.username)
        except throttle.Throttled as refusal:
            # Not beside the field: nobody looked whether it was right.
            self.add_error(None, refusal)
            return ""
        return super().clean_old_password()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: PersonRequest) -> HttpResponse:
    # A copy of its own: what is refused must not show in the rest of the page.
    person = copy(request.user)
    form = PersonForm(request.POST if request.method == "POST" else None, instance=person)
    if not form.is_valid():
        return _page(request, person=form, status=422 if form.is_bound else 200)
    form.save()
    with translation.override(person.language):
        messages.success(request, _("Your preferences are saved."))
    return see_other(reverse("preferences"))


@sensitive_post_parameters("old_password", "new_password1", "new_password2")
@never_cache
@require_POST
def password(request: PersonRequest) -> HttpResponse:
    form = PasswordForm(request, request.POST)
    if not form.is_valid():
        return _page(request, password=form, status=throttle.status_of(form))
    form.save()
    throttle.forgive(request, form.user)
    # This session goes on; all others of this person end.
    update_session_auth_hash(request, form.user)
    messages.success(request, _("Your password is changed."))
    return see_other(reverse("preferences"))


@never_cache
@require_POST
def sessions(request: PersonRequest) -> HttpResponse:
    request.user.end_sessions()
    update_session_auth_hash(request, request.user)
    messages.success(request, _("You are signed out everywhere else."))
    return see_other(reverse("preferences"))


def _page(request, person=None, password=None, status=200):
    context = {
        "person_form": person or PersonForm(instance=request.user),
        "password_form": password or PasswordForm(request),
    }
    return render(request, "opsi/preferences.html", context, status=status)

"""`/preferences/notifications/`: what one is told of, how, and when."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from notifications.choosing import Matrix, PersonalSettingsForm
from notifications.mail_times import MailTimesForm
from notifications.models import Preference
from notifications.subscribing import FollowingForm, SubscriptionsForm
from opsi.methods import asks_to_delete, see_other
from opsi.requests import PersonRequest

type Part = Matrix | PersonalSettingsForm | MailTimesForm | SubscriptionsForm | FollowingForm


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: PersonRequest) -> HttpResponse:
    """All or nothing: where one part is refused, none is saved."""
    data = request.POST if request.method == "POST" else None
    parts = _parts(request.user, data)
    # Each is asked, so that everything wrong is marked at once.
    valid = [part.is_valid() for part in parts.values()]
    if data is not None and all(valid):
        with transaction.atomic():
            for part in parts.values():
                part.save()
        messages.success(request, _("Your preferences are saved."))
        return see_other(reverse("notification_preferences"))
    status = 200 if data is None else 422
    context = {**parts, "is_refused": data is not None}
    return render(request, "notifications/preferences.html", context, status=status)


def _parts(person, data) -> dict[str, Part]:
    """What this person has to choose, by the name the page knows it by."""
    parts: dict[str, Part] = {
        "matrix": Matrix(person, data),
        "times_form": MailTimesForm(data, person=person),
        "settings_form": PersonalSettingsForm(data, person=person),
    }
    if person.is_agent:
        parts["subscriptions_form"] = SubscriptionsForm(data, person=person)
    if FollowingForm.is_for(person):
        parts["following_form"] = FollowingForm(data, person=person)
    return parts


@require_http_methods(["POST", "DELETE"])
def choices(request: PersonRequest) -> HttpResponse:
    """DELETE: each definition goes by its own default again."""
    if not asks_to_delete(request):
        return HttpResponseNotAllowed(["DELETE"])
    Preference.objects.filter(person=request.user).delete()
    messages.success(request, _("What you are told of is as it was preset."))
    return see_other(reverse("notification_preferences"))

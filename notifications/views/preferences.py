"""`/preferences/notifications/`: what one is told of, and how."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from notifications.choosing import Matrix, PersonalSettingsForm, SubscriptionsForm
from opsi.methods import see_other
from opsi.requests import PersonRequest


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: PersonRequest) -> HttpResponse:
    """All or nothing: where one part is refused, none is saved."""
    person = request.user
    data = request.POST if request.method == "POST" else None
    matrix = Matrix(person, data)
    settings = PersonalSettingsForm(data, person=person)
    subscriptions = SubscriptionsForm(data, person=person) if person.is_agent else None
    parts: list[Matrix | PersonalSettingsForm | SubscriptionsForm] = [matrix, settings]
    if subscriptions is not None:
        parts.append(subscriptions)
    # Each is asked, so that everything wrong is marked at once.
    valid = [part.is_valid() for part in parts]
    if data is not None and all(valid):
        with transaction.atomic():
            for part in parts:
                part.save()
        messages.success(request, _("Your preferences are saved."))
        return see_other(reverse("notification_preferences"))
    context = {
        "matrix": matrix,
        "settings_form": settings,
        "subscriptions_form": subscriptions,
        "is_refused": data is not None,
    }
    status = 200 if data is None else 422
    return render(request, "notifications/preferences.html", context, status=status)

"""`/preferences/notifications/`: what one is told of, how, and when."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from notifications import in_force
from notifications.badge import Badge
from notifications.choosing import Matrix, OwnActionsForm, PersonalSettingsForm
from notifications.mail_times import MailTimesForm
from notifications.models import Preference
from notifications.subscribing import FollowingForm, SubscriptionsForm
from opsi.methods import asks_to_delete, see_other
from opsi.requests import PersonRequest

type Part = Matrix | PersonalSettingsForm | OwnActionsForm | MailTimesForm | SubscriptionsForm | FollowingForm
# Each section of the page is a form of its own, which names itself by `part`.
SECTIONS = {
    "choices": "matrix",
    "times": "times_form",
    "absence": "settings_form",
    "own": "own_form",
    "following": "following_form",
    "subscriptions": "subscriptions_form",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: PersonRequest) -> HttpResponse:
    """POST: save the section `part`, or all of them where none is named; where one is refused, none is saved."""
    if request.method != "POST":
        return _page(request, _parts(request.user, {}))
    part = request.POST.get("part", "")
    wanted = [SECTIONS.get(part, "")] if part else list(SECTIONS.values())
    parts = _parts(request.user, dict.fromkeys(wanted, request.POST))
    sent = [parts[name] for name in wanted if name in parts]
    if not sent:
        raise BadRequest("`part` is no section of this person's page")
    valid = [one.is_valid() for one in sent]  # each is asked, so that everything wrong is marked at once
    if not all(valid):
        return _page(request, parts, refused=part or "all", status=422)
    with transaction.atomic():
        for one in sent:
            one.save()
    messages.success(request, _("Your preferences are saved."))
    return see_other(reverse("notification_preferences") + (f"#{part}" if part else ""))


def _page(request, parts, refused="", status=200):
    matrix, badge = parts["matrix"], Badge.on(request)
    holds = in_force.sentences(
        request.user,
        matrix.function,
        timezone.now(),
        is_paused=badge.is_paused,
        turned_off=Matrix(request.user).turned_off if refused else matrix.turned_off,
    )
    context = {**parts, "refused": refused, "in_force": list(holds)}
    return render(request, "notifications/preferences.html", context, status=status)


def _parts(person, data) -> dict[str, Part]:
    """What this person has to choose, by the name the page knows it by; `data` is what was sent of each."""
    parts: dict[str, Part] = {
        "matrix": Matrix(person, data.get("matrix")),
        "times_form": MailTimesForm(data.get("times_form"), person=person),
        "settings_form": PersonalSettingsForm(data.get("settings_form"), person=person),
    }
    if person.is_agent:
        parts["subscriptions_form"] = SubscriptionsForm(data.get("subscriptions_form"), person=person)
    else:
        parts["own_form"] = OwnActionsForm(data.get("own_form"), person=person)
    if FollowingForm.is_for(person):
        parts["following_form"] = FollowingForm(data.get("following_form"), person=person)
    return parts


@require_http_methods(["POST", "DELETE"])
def choices(request: PersonRequest) -> HttpResponse:
    """DELETE: each definition goes by its own default again."""
    if not asks_to_delete(request):
        return HttpResponseNotAllowed(["DELETE"])
    Preference.objects.filter(person=request.user).delete()
    messages.success(request, _("What you are told of is as it was preset."))
    return see_other(reverse("notification_preferences"))

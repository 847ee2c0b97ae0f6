"""Where to go after signing in."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def goal_of(request: HttpRequest) -> str:
    """The `next` that was asked for; "" where that would lead out of the house or back to the door."""
    goal = request.POST.get("next", request.GET.get("next", ""))
    inside = url_has_allowed_host_and_scheme(goal, {request.get_host()}, require_https=request.is_secure())
    doors = (settings.LOGIN_URL, reverse("admin:login"))
    return goal if inside and goal.startswith("/") and not goal.startswith(doors) else ""

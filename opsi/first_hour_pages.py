"""What is done on the front page of the admin: hide the first hour, show it again, settle a step."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from opsi.first_hour import find
from opsi.requests import PersonRequest
from opsi.settled import SettledStep


@require_POST
def showing(request: PersonRequest) -> HttpResponse:
    """Hide it from the person who asks, or show it again (`show`)."""
    person = request.user
    person.hides_first_hour = "show" not in request.POST
    person.save(update_fields=["hides_first_hour"])
    if person.hides_first_hour:
        messages.info(
            request, gettext("The first hour is hidden. At the end of this page it is brought back.")
        )
    return redirect("admin:index")


@require_POST
def settling(request: PersonRequest, name: str) -> HttpResponse:
    """Say of a step that it is right as it is, or take that back (`open`)."""
    if find(name) is None:
        raise Http404
    if "open" in request.POST:
        for settled in SettledStep.objects.filter(slug=name):
            settled.delete()
    else:
        SettledStep.objects.get_or_create(slug=name, defaults={"by": request.user})
    return redirect("admin:index")

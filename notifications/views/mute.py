"""`/tickets/<number>/mute/`: being told no more of a ticket, and being told again."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from notifications.models import Mute
from opsi.methods import asks_to_delete, see_other
from opsi.requests import PersonRequest
from tickets.lookup import readable_ticket


@require_http_methods(["POST", "DELETE"])
def mute(request: PersonRequest, number: str) -> HttpResponse:
    """POST: mute. DELETE: take it back."""
    ticket = readable_ticket(request, number)
    if asks_to_delete(request):
        Mute.objects.unmute(ticket.pk, request.user.pk)
        messages.success(request, _("You are told of this ticket again."))
    elif "_method" in request.POST:
        return HttpResponseNotAllowed(["POST", "DELETE"])
    else:
        Mute.objects.mute(ticket.pk, request.user.pk)
        messages.success(request, _("You muted this ticket."))
    return see_other(ticket.get_absolute_url())

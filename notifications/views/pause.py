"""The pause of one's own address: a test mail, and its end. Of another's address nobody learns anything here."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from notifications.delivery_failures import DeliveryFailed
from notifications.pausing import pause_of, send_test
from opsi.methods import asks_to_delete, see_other
from opsi.requests import PersonRequest


@require_http_methods(["POST", "DELETE"])
def pause(request: PersonRequest) -> HttpResponse:
    """DELETE: mail goes to one's own address again."""
    if not asks_to_delete(request):
        return HttpResponseNotAllowed(["DELETE"])
    if (own := pause_of(request.user)) is not None:
        own.delete()
        messages.success(request, _("E-mail to you goes on."))
    return see_other(reverse("notification_preferences"))


@require_POST
def test(request: PersonRequest) -> HttpResponse:
    """A test mail to one's own paused address, one a minute."""
    own = pause_of(request.user)
    if own is None:
        raise Http404
    if not own.may_test():
        messages.warning(request, _("A test mail has just been sent. Wait a minute before the next."))
        return see_other(reverse("notification_preferences"))
    try:
        send_test(own)
    except DeliveryFailed as error:
        answer = str(error) if request.user.is_staff else ""
        messages.error(request, " ".join(filter(None, [_("The test mail could not be sent."), answer])))
    else:
        text = _("A test mail is on its way to %(address)s. Once it has arrived, press “Resume”.")
        messages.success(request, text % {"address": own.address})
    return see_other(reverse("notification_preferences"))

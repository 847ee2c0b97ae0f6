"""Where one's notifications are mailed to: the account's address, or another that was confirmed from there."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from notifications import own_address
from opsi.methods import asks_to_delete, see_other
from opsi.requests import PersonRequest


@never_cache
@require_http_methods(["GET", "HEAD", "POST", "DELETE"])
def address(request: PersonRequest) -> HttpResponse:
    """GET: where they go now. POST: ask for `address`, which is mailed a link. DELETE: back to the account's."""
    if request.method in ("GET", "HEAD"):
        return _page(request, own_address.OwnAddressForm(person=request.user))
    if asks_to_delete(request):
        own_address.forget(request.user)
        messages.success(request, _("Your notifications go to the address of your account."))
        return see_other(reverse("notification_preferences"))
    if "_method" in request.POST:
        return HttpResponseNotAllowed(["POST", "DELETE"])
    form = own_address.OwnAddressForm(request.POST, person=request.user)
    if not (form.is_valid() and form.save()):
        return _page(request, form, status=422)
    text = _("A mail with a link went to %(address)s. Open it within 24 hours.")
    messages.success(request, text % {"address": form.cleaned_data["address"]})
    return see_other(reverse("notification_preferences"))


def _page(request, form, status=200):
    return render(request, "notifications/address.html", {"address_form": form}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirmation(request: PersonRequest, token: str) -> HttpResponse:
    """GET asks, POST confirms: link scanners open whatever stands in a mail."""
    asked = own_address.address_in(token, request.user)
    if not asked:
        return render(request, "notifications/address_expired.html", status=404)
    if request.method != "POST":
        return render(request, "notifications/address_confirmation.html", {"address": asked, "token": token})
    own_address.confirm(request.user, asked)
    messages.success(request, _("Your notifications go to %(address)s now.") % {"address": asked})
    return see_other(reverse("notification_preferences"))

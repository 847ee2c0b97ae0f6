"""`/unsubscribe/<token>/`, where a mail's links and the mail program's own button lead: no sign-in, no session.

Link scanners open whatever stands in a mail, so a GET only shows; the POST of RFC 8058 carries neither cookie nor a
form's token: the signed address itself is what shows that its sender had the mail.
"""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications import unsubscribing
from notifications.models import Mute
from opsi.methods import asks_to_delete


@login_not_required
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST", "DELETE"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET: the choices. POST: mute the ticket; twice is once. DELETE: be told of it again."""
    try:
        person, ticket = unsubscribing.read(token)
    except unsubscribing.Expired as expired:
        with translation.override(expired.language or translation.get_language()):
            return render(request, "notifications/unsubscribe_expired.html", status=410)
    except unsubscribing.Forged:
        return render(request, "404.html", status=404)
    was_muted = Mute.objects.filter(person=person, ticket=ticket).exists()
    if asks_to_delete(request):
        Mute.objects.unmute(ticket.pk, person.pk)
        now = "told again" if was_muted else "told"
    elif request.method == "POST":
        Mute.objects.mute(ticket.pk, person.pk)
        now = "muted"
    else:
        now = "muted before" if was_muted else "told"
    somebody_else = request.user.is_authenticated and request.user.pk != person.pk
    context = {
        "ticket": ticket,
        "now": now,
        "token": token,
        "somebody_else": somebody_else,
        "watches": ticket.watchers.watching().filter(user=person).exists(),
    }
    with translation.override(person.language):
        return render(request, "notifications/unsubscribe.html", context)

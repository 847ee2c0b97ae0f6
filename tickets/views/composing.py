"""Who else is writing on a ticket, and what was written there meanwhile; for agents."""

import hashlib

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from opsi.methods import asks_to_delete
from opsi.requests import PersonRequest
from tickets import access
from tickets.forms.articles import FORMS
from tickets.lookup import readable_ticket
from tickets.meanwhile import Meanwhile
from tickets.models import Composing


@require_http_methods(["GET", "HEAD", "POST", "DELETE"])
def composing(request: PersonRequest, number: str) -> HttpResponse:
    """GET: JSON of what to say, with an ETag; `since` is the number of the newest article one has seen.

    POST: I go on writing a `kind`; answers as GET does, so that who writes asks nothing besides. DELETE: no longer.
    """
    if not request.user.is_agent:
        raise Http404
    ticket = readable_ticket(request, number)
    if asks_to_delete(request):
        Composing.objects.end(ticket, request.user)
        return HttpResponse(status=204)
    if "_method" in request.POST:
        return HttpResponseNotAllowed(["GET", "HEAD", "POST", "DELETE"])
    if request.method == "POST":
        form_class = FORMS.get(request.POST.get("kind", "note"))
        if form_class is None:
            return HttpResponse(_("An article is a note or a reply."), status=422, content_type="text/plain")
        if form_class.verb not in access.verbs_of(request.user, ticket):
            raise PermissionDenied
        Composing.objects.beat(ticket, request.user, form_class.kind)
    since = request.GET.get("since", "")
    meanwhile = Meanwhile.of(
        ticket, request.user, int(since) if since.isdecimal() and len(since) < 9 else None
    )
    return _answer(request, meanwhile)


def _answer(request, meanwhile):
    said = {
        "newest": meanwhile.newest,
        "said": meanwhile.said,
        "html": render_to_string("tickets/meanwhile.html", {"meanwhile": meanwhile}, request).strip(),
    }
    etag = quote_etag(hashlib.sha256(repr(said).encode()).hexdigest()[:32])
    answer = JsonResponse(said, headers={"ETag": etag, "Cache-Control": "private, no-cache"})
    if request.method == "POST":
        return answer
    conditional = get_conditional_response(request, etag=etag, response=answer)
    return conditional if conditional is not None else answer

"""Whom the article that is being written would be told to, asked anew when something changes on which it hangs."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from notifications.foretelling import foretell, writing_in
from opsi.requests import PersonRequest
from tickets import access
from tickets.forms.articles import FORMS
from tickets.lookup import readable_ticket


@require_POST
def audience(request: PersonRequest, number: str) -> HttpResponse:
    """A part of the page, of a note's or reply's form as it stands (`kind`): nothing is changed, wrong or not.

    A POST only because a text does not fit into an address.
    """
    ticket = readable_ticket(request, number)
    verbs = access.verbs_of(request.user, ticket)
    form_class = FORMS.get(request.POST.get("kind", "note"))
    if form_class is None:
        return HttpResponse(_("An article is a note or a reply."), status=422, content_type="text/plain")
    if form_class.verb not in verbs:
        raise PermissionDenied
    form = form_class(request.POST, ticket=ticket, person=request.user, verbs=verbs)
    context = {"ticket": ticket, "foretold": foretell(writing_in(form)), "hints": form.not_informed}
    return render(request, "notifications/foretold.html", context)

"""Linking tickets by hand, and taking them apart."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseNotAllowed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from opsi.methods import asks_to_delete, see_other
from opsi.requests import PersonRequest
from tickets.forms import add_errors
from tickets.forms.linking import LinkForm
from tickets.lookup import readable_ticket, ticket_for
from tickets.views.answers import form_page, go_to


@require_http_methods(["GET", "HEAD", "POST"])
def links(request: PersonRequest, number: str) -> HttpResponse:
    """POST: link with the ticket of the number `target`, which must be one the person may read."""
    ticket = ticket_for(request, number, "link")
    form = LinkForm(request.POST if request.method == "POST" else None, person=request.user)
    if form.is_valid():
        target = form.cleaned_data["target"]
        try:
            linked = ticket.link(target, by=request.user)
            text = _("Linked with %(number)s.") if linked else _("%(number)s was linked already.")
            messages.success(request, text % {"number": target.number})
            return go_to(request, ticket.get_absolute_url())
        except ValidationError as problem:
            add_errors(form, problem)
    context = {
        "ticket": ticket,
        "form": form,
        "heading": _("Link with another ticket"),
        "question": _("Both tickets name each other, to everyone who may read both."),
        "submit": _("Link"),
    }
    return form_page(request, context, status=422 if form.is_bound else 200)


@require_http_methods(["POST", "DELETE"])
def link(request: PersonRequest, number: str, other: str) -> HttpResponse:
    """DELETE: the two are linked by hand no more. Not linked: nothing happens."""
    ticket = ticket_for(request, number, "link")
    target = readable_ticket(request, other)
    if not asks_to_delete(request):
        return HttpResponseNotAllowed(["DELETE"])
    if ticket.unlink(target, by=request.user):
        messages.success(request, _("No longer linked with %(number)s.") % {"number": target.number})
    return see_other(ticket.get_absolute_url())

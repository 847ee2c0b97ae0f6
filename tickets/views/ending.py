"""Merging and deleting tickets."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from opsi.requests import PersonRequest
from tickets import access
from tickets.forms import add_errors
from tickets.forms.merging import MergeForm
from tickets.lookup import ticket_for
from tickets.views.answers import form_page, go_to


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: PersonRequest, number: str) -> HttpResponse:
    ticket = ticket_for(request, number, "merge")
    form = MergeForm(request.POST if request.method == "POST" else None, person=request.user)
    if form.is_valid():
        target = form.cleaned_data["target"]
        try:
            if not access.may(request.user, "merge", target):
                raise ValidationError({"target": _("You may read this ticket but not change it.")})
            ticket.merge_into(target, by=request.user)
            messages.success(
                request, _("Ticket %(number)s is merged into this one.") % {"number": ticket.number}
            )
            return go_to(request, target.get_absolute_url())
        except ValidationError as problem:
            add_errors(form, problem)
    context = {
        "ticket": ticket,
        "form": form,
        "heading": _("Merge into another ticket"),
        "question": _("All articles and watchers move to the other ticket, and this one is closed."),
        "submit": _("Merge"),
    }
    return form_page(request, context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: PersonRequest, number: str) -> HttpResponse:
    ticket = ticket_for(request, number, "delete")
    if request.method == "POST":
        ticket.remove(by=request.user)
        messages.success(request, _("Ticket %(number)s is deleted.") % {"number": ticket.number})
        return go_to(request, reverse("ticket_list"))
    context = {
        "ticket": ticket,
        "heading": _("Delete this ticket?"),
        "question": _("Nobody will find it any more. An administrator can bring it back."),
        "submit": _("Delete"),
        "is_danger": True,
    }
    return form_page(request, context)

"""Changing one field of a ticket: the same page for every field in `tickets.forms.fields`."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from opsi.requests import PersonRequest
from tickets import access, timeline
from tickets.forms import add_errors
from tickets.forms.fields import FIELDS
from tickets.lookup import ticket_for
from tickets.models import StaleTicket
from tickets.operations import operation
from tickets.views.answers import form_page, go_to, show_again


@require_http_methods(["GET", "HEAD", "POST"])
def field(request: PersonRequest, number: str, name: str) -> HttpResponse:
    if (form_class := FIELDS.get(name)) is None:
        raise Http404
    ticket = ticket_for(request, number, form_class.verb)
    form = form_class(request.POST if request.method == "POST" else None, ticket=ticket, person=request.user)
    missed: list[timeline.Line] | None = None
    if (asking := form.to_ask) is not None:
        # Nothing is saved until that is answered; being asked is no mistake, so no error either.
        return form_page(request, _context(ticket, asking))
    if form.is_valid():
        seen = form.cleaned_data["version"]
        try:
            with operation(request.user) as under_way:
                ticket.expect_version(seen)
                form.apply()
            return _changed(request, ticket, under_way)
        except StaleTicket:
            missed = timeline.changed_since(ticket, seen)
            form = form_class(at_version(request.POST, ticket), ticket=ticket, person=request.user)
        except ValidationError as problem:
            add_errors(form, problem)
    return form_page(
        request,
        _context(ticket, form, missed),
        status=409 if missed is not None else 422 if form.is_bound else 200,
    )


def _context(ticket, form, missed=None):
    return {
        "ticket": ticket,
        "form": form,
        "heading": form.heading,
        "submit": form.submit,
        "missed": missed,
    }


def at_version(post, ticket):
    """What was sent, now about the ticket as it is: sent again, it counts."""
    again = post.copy()
    again["version"] = str(ticket.version)
    return again


def _changed(request, ticket, under_way):
    done = timeline.lines(timeline.history_for(request, ticket).filter(operation=under_way.id).order_by("id"))
    for line in done:
        messages.success(request, f"{line.type.label}: {line.old or '–'} → {line.new or '–'}")
    if not done:
        messages.info(request, _("It was so already: nothing changed."))
    if not access.may(request.user, "read", ticket):
        # Handed on to where one cannot follow it.
        return go_to(request, reverse("ticket_list"))
    return show_again(request, ticket.get_absolute_url())

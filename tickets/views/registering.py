"""Registering a ticket, and finding the customer user it is for."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from opsi.models import User
from opsi.requests import PersonRequest
from tickets import access, steps
from tickets.forms import add_errors
from tickets.forms.registering import form_for
from tickets.operations import operation


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PersonRequest) -> HttpResponse:
    if not access.may_create(request.user):
        raise PermissionDenied
    sent = request.method == "POST"
    form_class = form_for(request.user)
    form = form_class(request.POST if sent else None, request.FILES if sent else None, person=request.user)
    if form.is_valid():
        try:
            with operation(request.user):
                ticket = form.registered_just_now() or form.register()
                steps.run(ticket, request.POST, request.user)
            messages.success(request, _("Ticket %(number)s is registered.") % {"number": ticket.number})
            if access.may(request.user, "read", ticket):
                return redirect(ticket)
            return redirect("ticket_list")
        except ValidationError as problem:
            add_errors(form, problem)
    context = {"form": form, "form_data": request.POST if sent else None, "had_files": bool(request.FILES)}
    context["no_queue"] = not access.queues_for_new_tickets(request.user).exists()
    return render(request, "tickets/new.html", context, status=422 if sent else 200)


@require_safe
def customer_users(request: PersonRequest) -> HttpResponse:
    """Options for a field that takes a customer user's login: those whose login, name or address contains it."""
    if not request.user.is_agent:
        raise PermissionDenied
    words = request.GET.get("customer_user", "").replace("\x00", "").strip()[:100]
    people = User.objects.none()
    if words:
        named = Q(username__icontains=words) | Q(full_name__icontains=words) | Q(email__icontains=words)
        people = User.objects.active().exclude(customer=None).filter(named).select_related("customer")[:20]
    return render(request, "tickets/customer_users.html", {"people": people})

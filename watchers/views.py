"""Watching oneself, whom to set on a new ticket, what one watches (domain §3); the dialog is `watchers.setting`."""

from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from opsi.methods import asks_to_delete
from opsi.requests import PersonRequest
from tickets import access
from watchers.answering import after_own_watch
from watchers.beginning import rights_on_a_draft
from watchers.candidates import Search
from watchers.models import Watcher
from watchers.setting import asks_to_adjust, narrowing, options_in, rights_of
from watchers.watched import Watched


@require_http_methods(["POST", "DELETE", "PATCH"])
def watch(request: PersonRequest, number: str) -> HttpResponse:
    """POST: watch it myself. DELETE: stop, as a member of watching groups, too. PATCH: narrow it."""
    rights = rights_of(request, number)
    ticket, person = rights.ticket, request.user
    if asks_to_delete(request):
        if not Watcher.objects.unwatch(ticket, person, by=person):
            Watcher.objects.leave_groups(ticket, person)
        return after_own_watch(request, rights, _("You no longer watch this ticket."))
    if asks_to_adjust(request):
        return _adjust(request, rights)
    if "_method" in request.POST:
        return HttpResponseNotAllowed(["POST", "DELETE", "PATCH"])
    if rights.refusal(person) and not ticket.watchers.watching().filter(user=person).exists():
        context = {"reason": _("Your role may not watch this ticket.")}
        return render(request, "403.html", context, status=403)
    Watcher.objects.watch(ticket, person, by=person, **options_in(request))
    return after_own_watch(request, rights, _("You watch this ticket now."))


def _adjust(request, rights):
    options = narrowing(request)
    own = rights.ticket.watchers.watching().filter(user=request.user).first()
    if options is None:
        return render(request, "400.html", status=400)
    if own is None:
        return after_own_watch(request, rights, _("You do not watch this ticket."))
    Watcher.objects.adjust(own, by=request.user, **options)
    return after_own_watch(request, rights, _("You are told of %(what)s.") % {"what": own.told_of})


@require_safe
def suggestions(request: PersonRequest) -> HttpResponse:
    """People to set on the ticket one is about to register, by `q` or `watchers`: a fragment of the new-ticket page."""
    if not access.may_create(request.user):
        raise Http404
    typed = request.GET.get("q", request.GET.get("watchers", ""))
    search = Search(rights_on_a_draft(request.user, request.GET), typed)
    return render(request, "watchers/field.html#suggestions", {"search": search})


@require_safe
def watched(request: PersonRequest) -> HttpResponse:
    """The tickets I watch and can read now; `view` narrows them (see Watched)."""
    return render(request, "watchers/watched.html", {"watched": Watched.on(request)})

"""Watching a ticket oneself, and the Ticket watcher dialog (domain §3). What each may is `watchers.policy`'s."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRedirect

from opsi.models import User
from opsi.requests import PersonRequest
from tickets import access
from tickets.lookup import readable_ticket
from watchers import zoom
from watchers.beginning import rights_on_a_draft
from watchers.candidates import Search
from watchers.dialog import Dialog
from watchers.models import Watcher
from watchers.policy import Policy, Refusal, Rights
from watchers.watched import Watched


def asks_to_delete(request: PersonRequest) -> bool:
    """DELETE, or POST with `_method=delete`: HTML forms know only GET and POST."""
    return request.method == "DELETE" or request.POST.get("_method", "").lower() == "delete"


def see_other(url: str) -> HttpResponse:
    """To be fetched with GET whatever the method was: after a DELETE, a plain 302 would be followed with DELETE."""
    return HttpResponseRedirect(url, status=303)


def _rights(request: PersonRequest, number: str) -> Rights:
    return Policy.load().of(request.user, readable_ticket(request, number))


def person_with(login: str) -> User | None:
    if not login or "\0" in login:
        return None
    return User.objects.select_related("customer").filter(username__iexact=login, is_system=False).first()


@require_http_methods(["POST", "DELETE"])
def watch(request: PersonRequest, number: str) -> HttpResponse:
    """POST: watch it myself. DELETE: stop."""
    rights = _rights(request, number)
    ticket, person = rights.ticket, request.user
    if asks_to_delete(request):
        Watcher.objects.unwatch(ticket, person, by=person)
        return _after_own_watch(request, rights, _("You no longer watch this ticket."))
    if "_method" in request.POST:
        return HttpResponseNotAllowed(["POST", "DELETE"])
    if rights.refusal(person) and not ticket.watchers.watching().filter(user=person).exists():
        context = {"reason": _("Your role may not watch this ticket.")}
        return render(request, "403.html", context, status=403)
    Watcher.objects.watch(ticket, person, by=person)
    return _after_own_watch(request, rights, _("You watch this ticket now."))


@vary_on_headers("HX-Request", "HX-Target")
@require_http_methods(["GET", "HEAD", "POST"])
def watchers(request: PersonRequest, number: str) -> HttpResponse:
    """GET: the Ticket watcher dialog, `q` searches people. POST: add `user` (a login)."""
    rights = _rights(request, number)
    if request.method == "POST":
        return _add(request, rights)
    dialog = Dialog(rights, request.GET)
    if request.htmx and request.htmx.target == "watcher-candidates":
        return render(request, "watchers/dialog.html#found", {"dialog": dialog})
    if request.htmx and request.htmx.target == "watcher-list":
        return render(request, "watchers/dialog.html#list", {"dialog": dialog})
    template = "watchers/dialog.html#dialog" if request.htmx else "watchers/dialog.html"
    return render(request, template, {"dialog": dialog})


@require_http_methods(["POST", "DELETE"])
def watcher(request: PersonRequest, number: str, login: str) -> HttpResponse:
    """DELETE: end the watch of `login`."""
    rights = _rights(request, number)
    if not asks_to_delete(request):
        return HttpResponseNotAllowed(["DELETE"])
    return _remove(request, rights, login)


def _add(request, rights):
    login = request.POST.get("user", "").strip()
    person = person_with(login)
    if person is None:
        return _refuse(request, rights, login)
    refusal = rights.refusal(person)
    already = rights.visible().filter(user=person).exists()
    if refusal == Refusal.OTHER_CUSTOMER or (refusal and not already):
        reason = _("%(name)s cannot be added: %(reason)s.") % {"name": person, "reason": refusal.label}
        return _refuse(request, rights, login, reason)
    begun = None if already else Watcher.objects.watch(rights.ticket, person, by=request.user)
    text = _("%(name)s watches this ticket now.") if begun else _("%(name)s watches this ticket already.")
    return _show_again(request, rights, text % {"name": person})


def _remove(request, rights, login):
    person = person_with(login)
    if person is None:
        return _refuse(request, rights, login)
    watch = rights.ticket.watchers.watching().filter(user=person).first()
    if watch is None and rights.knows_of(person) and rights.may_remove(person, rights.setter.pk):
        return _show_again(request, rights, _("%(name)s does not watch this ticket.") % {"name": person})
    if watch is None or not rights.may_remove(person, watch.added_by_id):
        reason = _("Your role may not remove %(name)s from this ticket.") % {"name": person}
        return _refuse(request, rights, login, reason)
    Watcher.objects.unwatch(rights.ticket, person, by=request.user)
    text = _("%(name)s no longer watches this ticket.") % {"name": person}
    if person == request.user and not _still_reads(request, rights):
        return _leave(request, rights)
    return _show_again(request, rights, text)


def _refuse(request, rights, login, reason=""):
    """Agents are told what is wrong. To others an unknown, a hidden and a forbidden login answer alike (domain §3)."""
    if not rights.setter.is_agent:
        text, status = _("Nobody here can be set by that login."), 404
    elif reason:
        text, status = reason, 403
    else:
        text, status = _("Nobody has the login “%(login)s”.") % {"login": login}, 404
    context = {"dialog": Dialog(rights, request.POST), "refusal": text}
    template = "watchers/dialog.html#answer" if request.htmx else "watchers/dialog.html"
    return render(request, template, context, status=status)


def _show_again(request, rights, text):
    """The dialog as it is now: its changed parts to a script, a redirect to everybody else."""
    address = reverse("watchers", args=[rights.ticket.number])
    if not request.htmx:
        messages.success(request, text)
        asked = {name: value for name in ("q", "page", "list") if (value := request.POST.get(name))}
        return see_other(f"{address}?{urlencode(asked)}" if asked else address)
    context = {"dialog": Dialog(rights, request.POST), "said": text}
    if not request.headers.get("HX-Current-URL", "").partition("?")[0].endswith(address):
        # The dialog stands on the zoom page, whose buttons and panel must not lag behind.
        context |= zoom.standing(rights)
    return render(request, "watchers/dialog.html#answer", context)


def _after_own_watch(request, rights, text):
    if not _still_reads(request, rights):
        return _leave(request, rights)
    if request.htmx:
        return render(request, "watchers/actions.html#answer", {"said": text} | zoom.standing(rights))
    messages.success(request, text)
    # A name and not an address, so that no forged form can send people elsewhere.
    back = reverse("watched") if request.POST.get("back") == "watched" else rights.ticket.get_absolute_url()
    return see_other(back)


def _still_reads(request, rights):
    return access.may(request.user, "read", rights.ticket)


def _leave(request, rights):
    """Their watch was all that let them read: where they stand would now be a 404."""
    messages.success(
        request,
        _("You no longer watch ticket %(number)s, and so can no longer read it.")
        % {"number": rights.ticket.number},
    )
    goal = reverse("watched" if request.POST.get("back") == "watched" else "ticket_list")
    return HttpResponseClientRedirect(goal) if request.htmx else see_other(goal)


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
    return render(request, "watchers/watched.html", {"watched": Watched(request.user, request.GET)})

"""The Ticket watcher dialog: who watches, adding, removing and narrowing watches (domain §3; docs/watchers.md).

What the setter may is `watchers.policy`'s. A script gets the changed parts of the dialog, a plain form a redirect.
"""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, HttpResponseNotModified
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from opsi.methods import asks_to_delete, see_other, sent_with
from opsi.models import Group, User
from opsi.requests import PersonRequest
from tickets import access
from tickets.lookup import readable_ticket
from watchers import zoom
from watchers.answering import after_own_watch, leave
from watchers.changes import is_same_list, stamp
from watchers.dialog import Dialog, may_undo
from watchers.members import members_of
from watchers.models import Watcher
from watchers.policy import Policy, Refusal, Rights
from watchers.watching import OPTIONS


def rights_of(request: PersonRequest, number: str) -> Rights:
    return Policy.on(request).of(request.user, readable_ticket(request, number))


def person_with(login: str) -> User | None:
    if not login or "\0" in login:
        return None
    return User.objects.select_related("customer").filter(username__iexact=login, is_system=False).first()


def group_called(slug: str) -> Group | None:
    return Group.objects.filter(slug=slug).first() if slug and "\0" not in slug else None


def asks_to_adjust(request: PersonRequest) -> bool:
    """PATCH, or POST with `_method=patch`."""
    return request.method == "PATCH" or request.POST.get("_method", "").lower() == "patch"


def narrowing(request: PersonRequest) -> dict[str, bool] | None:
    """What `narrow` and `widen` of a PATCH ask for, each the name of an option; None for nonsense."""
    asked = sent_with(request)
    found = dict.fromkeys(asked.getlist("narrow"), True) | dict.fromkeys(asked.getlist("widen"), False)
    return found if found and set(found) <= set(OPTIONS) else None


def options_in(request: PersonRequest) -> dict[str, bool]:
    return {name: True for name in OPTIONS if request.POST.get(name)}


@vary_on_headers("HX-Request", "HX-Target")
@require_http_methods(["GET", "HEAD", "POST"])
def watchers(request: PersonRequest, number: str) -> HttpResponse:
    """GET: the dialog, `q` searches people. POST: add `user` (a login) or `group` (a slug), or `undo` their removal."""
    rights = rights_of(request, number)
    if request.method == "POST":
        return _add_group(request, rights) if "group" in request.POST else _add(request, rights)
    if request.htmx and request.htmx.target == "watcher-news":
        return _news(request, rights)
    dialog = Dialog(rights, request.GET)
    parts = {"watcher-candidates": "#found", "watcher-list": "#only_list"}
    part = parts.get(request.htmx.target or "", "#dialog") if request.htmx else ""
    return render(request, f"watchers/dialog.html{part}", {"dialog": dialog})


@require_http_methods(["POST", "DELETE", "PATCH"])
def watcher(request: PersonRequest, number: str, login: str) -> HttpResponse:
    """DELETE: end the watch of `login`. PATCH: narrow it (see `narrowing`)."""
    rights = rights_of(request, number)
    if asks_to_delete(request):
        return _remove(request, rights, login)
    if not asks_to_adjust(request):
        return HttpResponseNotAllowed(["DELETE", "PATCH"])
    person = _known_person(rights, login)
    watch = rights.visible().select_related("user__customer").filter(user=person).first() if person else None
    if watch is None or not rights.may_adjust(watch):
        reason = _("Your role may not change how %(name)s watches this ticket.") % {"name": person}
        return _refuse(request, rights, login, reason if person else "")
    return _adjust(request, rights, watch, str(person))


@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST", "DELETE", "PATCH"])
def group_watcher(request: PersonRequest, number: str, slug: str) -> HttpResponse:
    """GET: who is in the group, for those who may see agents. DELETE: end its watch. PATCH: narrow it."""
    rights = rights_of(request, number)
    if not rights.sees_groups:
        raise Http404
    group = group_called(slug)
    watch = rights.listed().select_related("group").filter(group=group).first() if group else None
    if request.method in ("GET", "HEAD"):
        if watch is None:
            raise Http404
        context = {"rights": rights, "watch": watch, "members": members_of(rights, watch, request.GET)}
        template = "watchers/group.html#members" if request.htmx else "watchers/group.html"
        return render(request, template, context)
    if asks_to_delete(request):
        return _remove_group(request, rights, group, watch, slug)
    if not asks_to_adjust(request):
        return HttpResponseNotAllowed(["GET", "HEAD", "DELETE", "PATCH"])
    if watch is None or not rights.may_adjust(watch):
        reason = _("Your role may not change how %(name)s watches this ticket.") % {"name": group}
        return _refuse_group(request, rights, slug, reason if group else "")
    return _adjust(request, rights, watch, watch.who)


def _known_person(rights, login):
    """None also of whom an outsider may not know: looking further would take longer than over an unknown login."""
    person = person_with(login)
    if person is None or rights.setter.is_agent or rights.may_know_of(person):
        return person
    return None


def _add(request, rights):
    login = request.POST.get("user", "").strip()
    person = _known_person(rights, login)
    if person is None:
        return _refuse(request, rights, login)
    refusal = rights.refusal(person)
    already = rights.visible().filter(user=person).exists()
    if refusal == Refusal.OTHER_CUSTOMER or (refusal and not already):
        reason = _("%(name)s cannot be added: %(reason)s.") % {"name": person, "reason": refusal.label}
        return _refuse(request, rights, login, reason)
    # From an offer on the zoom page (watchers.offering) and not from the dialog.
    answer = after_own_watch if request.POST.get("back") == "ticket" else _show_again
    if already:
        return answer(request, rights, _already(person))
    if _brought_back(request, rights, user=person):
        return _show_again(request, rights, _again(person))
    begun = Watcher.objects.watch(rights.ticket, person, by=request.user, **options_in(request))
    text = _("%(name)s watches this ticket now.") % {"name": person}
    return answer(request, rights, text if begun else _already(person))


def _add_group(request, rights):
    slug = request.POST["group"].strip()
    group = group_called(slug)
    if group is None or not rights.may_set_groups:
        reason = _("Your role may not set groups as watchers.") if group or not rights.may_set_groups else ""
        return _refuse_group(request, rights, slug, reason)
    if _brought_back(request, rights, group=group):
        return _show_again(request, rights, _again(group))
    begun = Watcher.objects.watch_group(rights.ticket, group, by=request.user, **options_in(request))
    text = _("%(name)s watches this ticket now.") % {"name": group}
    return _show_again(request, rights, text if begun else _already(group))


def _news(request, rights):
    """What changed since the ETag that an open dialog has, by whomever; 304 where nothing did."""
    known, now = request.headers.get("If-None-Match", "").strip('"'), stamp(rights)
    if known == now:
        return HttpResponseNotModified(headers={"ETag": f'"{now}"'})
    text = ""
    if not is_same_list(known, now):
        count = rights.listed().count()
        text = ngettext(
            "The Watcher list has changed: %(count)d watcher.",
            "The Watcher list has changed: %(count)d watchers.",
            count,
        ) % {"count": count}
    answer = _show(request, rights, {"news": text or " "}, asked=request.GET)
    answer.headers["ETag"] = f'"{now}"'
    return answer


def _already(who):
    return _("%(name)s watches this ticket already.") % {"name": who}


def _again(who):
    return _("%(name)s watches this ticket again, as before.") % {"name": who}


def _brought_back(request, rights, **who):
    """Whether `undo` was asked for and the setter's own removal was undone; later, it is an adding like any other."""
    if not request.POST.get("undo"):
        return False
    ended = rights.ticket.watchers.filter(**who).may_be_undone(request.user)
    watch = ended.select_related("ticket", "user", "group").first()
    return watch is not None and Watcher.objects.bring_back(watch, by=request.user) is not None


def _remove(request, rights, login):
    person = _known_person(rights, login)
    if person is None:
        return _refuse(request, rights, login)
    watch = rights.ticket.watchers.watching().filter(user=person).first()
    if watch is None and rights.knows_of(person) and rights.may_remove(person, rights.setter.pk):
        return _show_again(request, rights, _("%(name)s does not watch this ticket.") % {"name": person})
    if watch is None or not rights.may_remove(person, watch.added_by_id):
        reason = _("Your role may not remove %(name)s from this ticket.") % {"name": person}
        return _refuse(request, rights, login, reason)
    Watcher.objects.unwatch(rights.ticket, person, by=request.user)
    if person == request.user and not access.may(request.user, "read", rights.ticket):
        return leave(request, rights.ticket)
    watch.user = person
    return _show_removed(request, rights, watch, person, removed=person.username)


def _remove_group(request, rights, group, watch, slug):
    if group is None:
        return _refuse_group(request, rights, slug)
    if not rights.may_remove_group(watch.added_by_id if watch else rights.setter.pk):
        reason = _("Your role may not remove %(name)s from this ticket.") % {"name": group}
        return _refuse_group(request, rights, slug, reason)
    if watch is None:
        return _show_again(request, rights, _("%(name)s does not watch this ticket.") % {"name": group})
    Watcher.objects.unwatch_group(rights.ticket, group, by=request.user)
    return _show_removed(request, rights, watch, group, removed_group=group.slug)


def _adjust(request, rights, watch, name):
    options = narrowing(request)
    if options is None:
        text = _("There is no such choice: nothing has changed.")
        return _show(request, rights, {"refusal": text}, status=422)
    Watcher.objects.adjust(watch, by=request.user, **options)
    text = _("%(name)s is told of %(what)s.") % {"name": name, "what": watch.told_of}
    return _show_again(request, rights, text)


def _refuse(request, rights, login, reason=""):
    """Agents are told what is wrong. To others an unknown, a hidden and a forbidden login answer alike (domain §3)."""
    if not rights.setter.is_agent:
        return _show(request, rights, {"refusal": _("Nobody here can be set by that login.")}, status=404)
    text = reason or _("Nobody has the login “%(login)s”.") % {"login": login}
    return _show(request, rights, {"refusal": text}, status=403 if reason else 404)


def _refuse_group(request, rights, slug, reason=""):
    """As `_refuse`; who sees no groups reads what they read of a login."""
    if not rights.sees_groups:
        return _refuse(request, rights, slug)
    text = reason or _("There is no group “%(slug)s”.") % {"slug": slug}
    return _show(request, rights, {"refusal": text}, status=403 if reason else 404)


def _show(request, rights, context, status=200, undo=None, asked=None):
    """The dialog as it is now: its changed parts to a script, else a whole page."""
    context["dialog"] = Dialog(rights, asked or request.POST, undo)
    address = reverse("watchers", args=[rights.ticket.number])
    if not request.htmx:
        return render(request, "watchers/dialog.html", context, status=status)
    if not request.headers.get("HX-Current-URL", "").partition("?")[0].endswith(address):
        # The dialog stands on the zoom page, whose buttons and panel must not lag behind.
        context |= zoom.standing(rights)
    return render(request, "watchers/dialog.html#answer", context, status=status)


def _show_again(request, rights, text):
    if request.htmx:
        return _show(request, rights, {"said": text})
    messages.success(request, text)
    return _back_to_the_dialog(request, rights)


def _show_removed(request, rights, watch, name, **removed):
    if request.htmx:
        text = _("%(name)s no longer watches this ticket.") % {"name": name}
        return _show(request, rights, {"said": text}, undo=watch if may_undo(rights, watch) else None)
    if not may_undo(rights, watch):
        messages.success(request, _("%(name)s no longer watches this ticket.") % {"name": name})
        return _back_to_the_dialog(request, rights)
    # The page says it itself, beside the button that undoes it.
    return _back_to_the_dialog(request, rights, **removed)


def _back_to_the_dialog(request, rights, **more):
    kept = ("q", "page", "list", *OPTIONS)
    asked = {name: value for name in kept if (value := request.POST.get(name))} | more
    address = reverse("watchers", args=[rights.ticket.number])
    return see_other(f"{address}?{urlencode(asked)}" if asked else address)

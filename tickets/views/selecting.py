"""Doing one thing with the tickets chosen in a list: the page of a bulk change, and taking them oneself."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from opsi.methods import see_other
from opsi.requests import PersonRequest
from opsi.roles import AgentRole
from tickets.forms.bulk import BulkForm
from tickets.selection import MOST, Overtaken, Selection
from tickets.views.answers import list_again, numbers_of
from tickets.views.listing import found_for

ON_A_PAGE = 100  # numbers in an address; more come by what the list was asked for


def back_to_list(request: PersonRequest, ticket: str = "") -> str:
    """The list as it was, by what came in `back`; for all that a list finds, by the query itself."""
    query = request.POST.get("back", request.GET.get("back", ""))
    if request.GET.get("all"):
        whole = request.GET.copy()
        del whole["all"]
        query = whole.urlencode()
    return list_again(query, ticket)


def _require_worker(request):
    if not (request.user.is_agent and request.user.holds(AgentRole.USER)):
        raise PermissionDenied


@require_http_methods(["GET", "HEAD", "POST"])
def selection(request: PersonRequest) -> HttpResponse:
    """GET: what to do with the tickets named by `ticket`, or with `all` those the list finds. POST leads there."""
    _require_worker(request)
    if request.method == "POST":
        marks = list(Selection.sent(request.user, request.POST).versions)[:ON_A_PAGE]
        if not marks:
            return _refuse_number(request, Selection(request.user))
        query = [("ticket", number) for number in marks] + [("back", request.POST.get("back", "")[:2000])]
        return see_other(f"{reverse('selection')}?{urlencode(query)}")
    chosen = Selection.sent(request.user, request.GET)
    if request.GET.get("all"):
        chosen = Selection(request.user, found_for(request, MOST + 1))
    is_cut = chosen.is_too_much
    if is_cut:
        chosen = Selection(request.user, dict(list(chosen.versions.items())[:MOST]))
    return _page(request, chosen, BulkForm(selection=chosen), is_cut=is_cut)


@require_POST
def changes(request: PersonRequest) -> HttpResponse:
    """Change all the tickets sent, or none: 409 where one of them changed meanwhile."""
    _require_worker(request)
    chosen = Selection.sent(request.user, request.POST)
    if chosen.is_too_much or not chosen.versions:
        return _refuse_number(request, chosen)
    form = BulkForm(request.POST, selection=chosen)
    if not form.is_valid():
        return _page(request, chosen, form, status=422)
    if not form.is_answered:
        # Being asked is no mistake: nothing is saved until that is answered.
        return _page(request, chosen, form)
    try:
        number = form.apply()
    except Overtaken as overtaken:
        again = Selection(request.user, chosen.versions)
        form = BulkForm(_unasked(request.POST), selection=again)
        return _page(request, again, form, again.missed(overtaken.numbers), status=409)
    _say(request, number, len(chosen.versions), quiet=form.cleaned_data["quiet"])
    return see_other(back_to_list(request))


@require_POST
def mine(request: PersonRequest) -> HttpResponse:
    """Make whoever asks the owner of the tickets sent; what they may not take, or who was quicker, is named."""
    _require_worker(request)
    chosen = Selection.sent(request.user, request.POST)
    if chosen.is_too_much or not chosen.versions:
        return _refuse_number(request, chosen)
    taken, left = chosen.take()
    if taken:
        text = ngettext(
            "You are the owner of %(count)d ticket now: %(numbers)s.",
            "You are the owner of %(count)d tickets now: %(numbers)s.",
            len(taken),
        )
        messages.success(request, text % {"count": len(taken), "numbers": numbers_of(taken)})
    if left:
        text = _("Not given to you, as somebody changed it meanwhile or you may not change it: %(numbers)s.")
        messages.warning(request, text % {"numbers": numbers_of(left)})
    if chosen.gone:
        messages.warning(request, _gone(chosen.gone))
    only = next(iter(chosen.versions)) if len(chosen.versions) == 1 else ""
    return see_other(back_to_list(request, only))


def _refuse_number(request, chosen):
    if chosen.versions:
        text = _("At most %(count)d tickets at once: nothing was changed.") % {"count": MOST}
        messages.error(request, text)
    else:
        messages.info(request, _("Choose tickets first."))
    return see_other(back_to_list(request))


def _unasked(post):
    """What was sent, but asked anew about a move: who is concerned may have changed with the tickets."""
    again = post.copy()
    again.pop("asked", None)
    return again


def _page(request, chosen: Selection, form: BulkForm, missed=None, status=200, is_cut=False):
    context = {
        "is_cut": is_cut,
        "selection": chosen,
        "form": form,
        "missed": missed,
        "back": back_to_list(request),
        "back_query": back_to_list(request).partition("?")[2],
        "gone": _gone(chosen.gone) if chosen.gone else "",
        "most": MOST,
    }
    return render(request, "tickets/selection.html", context, status=status)


def _say(request, number, of, quiet):
    text = ngettext("%(count)d ticket is changed.", "%(count)d tickets are changed.", number)
    text = text % {"count": number} if number else _("They were so already: nothing changed.")
    if number and number < of:
        same = of - number
        text += " " + ngettext("%(count)d was so already.", "%(count)d were so already.", same) % {
            "count": same
        }
    if number and quiet:
        text += " " + _("Nobody is told.")
    (messages.success if number else messages.info)(request, text)


def _gone(number):
    return ngettext(
        "%(count)d of them is not there, or not for you.",
        "%(count)d of them are not there, or not for you.",
        number,
    ) % {"count": number}

"""What is done with many rows of the inbox at once, taking back what was done, and the filters people keep."""

import uuid

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from notifications import inbox_acts as acts
from notifications.filter_keeping import FilterForm
from notifications.inbox_filter import PAGE, Filter
from notifications.models import InboxRow
from notifications.reading import until_in
from notifications.views.inbox import inbox_page
from opsi.methods import asks_to_delete, see_other
from opsi.requests import PersonRequest

VERBS = {
    "read": acts.READ,
    "unread": acts.UNREAD,
    "done": acts.DONE,
    "undone": acts.UNDONE,
    "saved": acts.SAVED,
    "unsaved": acts.LET_GO,
    "awake": acts.AWAKE,
}


@require_POST
def reading_of_all(request: PersonRequest) -> HttpResponse:
    """Mark as read all that is unread, up to the notice `until`: what came after the page was made stays unread."""
    chosen, until = Filter.of(request.GET).query(), until_in(request.POST)
    all_read = acts.Verb(lambda rows, act: rows.mark_all_read(request.user, until, act), acts.READ.done)
    acts.perform(request, InboxRow.objects.all(), all_read, chosen)
    return see_other(reverse("inbox") + chosen)


@require_POST
def selection(request: PersonRequest) -> HttpResponse:
    """Do one thing (`do`) with the chosen rows (`row`); of what came since the page was made nothing is touched."""
    verb = VERBS.get(request.POST.get("do", ""))
    if verb is None:
        raise BadRequest("`do` is none of the verbs")
    until = until_in(request.POST)
    here = Filter.of(request.GET).here
    chosen = [int(row) for row in request.POST.getlist("row")[:PAGE] if row.isdecimal() and len(row) < 19]
    rows = InboxRow.objects.of(request.user).filter(pk__in=chosen).up_to(until)
    mine = [row.pk for row in rows.readable_rows(request.user)]
    if not acts.perform(request, InboxRow.objects.filter(pk__in=mine).up_to(until), verb, here):
        messages.info(request, _("Nothing was changed.") if chosen else _("Choose notifications first."))
    return see_other(reverse("inbox") + here)


@require_http_methods(["POST", "DELETE"])
def act(request: PersonRequest, act: uuid.UUID) -> HttpResponse:
    """DELETE: take back what was done. What news came to, or was changed since, stays as it is."""
    if not asks_to_delete(request):
        return HttpResponseNotAllowed(["DELETE"])
    number = request.user.inbox.take_back(act)
    if number:
        text = ngettext("It is as it was.", "%(count)s are as they were.", number)
        messages.success(request, text % {"count": number})
    else:
        messages.info(request, _("There is nothing to take back: news came, or it was changed since."))
    return see_other(reverse("inbox") + Filter.of(request.GET).here)


@require_POST
def filters(request: PersonRequest) -> HttpResponse:
    """Keep the filter in the address under the name `name`."""
    chosen = Filter.of(request.GET)
    form = FilterForm(request.POST, person=request.user, chosen=chosen)
    if not form.is_valid():
        refused = {"name": form.data.get("name", "")[:100], "error": form.errors["name"][0]}
        return inbox_page(request, status=422, filter=refused)
    form.save()
    messages.success(request, _("The filter “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
    return see_other(reverse("inbox") + chosen.query())


@require_http_methods(["POST", "DELETE"])
def filter_kept(request: PersonRequest, kept: int) -> HttpResponse:
    """DELETE: forget it. The rows it showed stay."""
    one = request.user.inbox_filters.filter(pk=kept).first()
    if one is None:
        raise Http404
    if not asks_to_delete(request):
        return HttpResponseNotAllowed(["DELETE"])
    one.delete()
    messages.success(request, _("The filter “%(name)s” is gone.") % {"name": one.name})
    return see_other(reverse("inbox") + Filter.of(request.GET).query())

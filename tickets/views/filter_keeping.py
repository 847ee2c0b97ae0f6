"""One's saved filters of the list of tickets: kept, renamed, removed, and which one the list begins with."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from opsi.methods import asks_to_delete, see_other
from opsi.requests import PersonRequest
from tickets.forms.keeping import KeepForm
from tickets.models import ListFilter
from tickets.views.listing import filters_of


@require_http_methods(["GET", "HEAD", "POST"])
def filters(request: PersonRequest) -> HttpResponse:
    """GET: mine, to rename and remove. POST: keep what the query asks the list for as `name`."""
    if request.method != "POST":
        return _page(request)
    form = KeepForm(request.POST, person=request.user)
    asked = filters_of(request)
    if not asked.is_valid():
        # The name may be good: it is the list's own fields that nobody can read.
        for field, problems in asked.errors.items():
            form.add_error(None, [f"{asked.form.fields[field].label}: {problem}" for problem in problems])
    kept = form.save(asked.asks()) if form.is_valid() else None
    if kept is None:
        return _page(request, form, status=422)
    messages.success(request, _("The filter “%(name)s” is kept.") % {"name": kept})
    return see_other(_list_with(kept))


@require_http_methods(["POST", "DELETE"])
def list_filter(request: PersonRequest, kept: int) -> HttpResponse:
    """POST: give it another `name`, let the list begin with it (`starts`) or not. DELETE: remove it."""
    mine = request.user.list_filters.filter(pk=kept).first() if kept < 2**63 else None
    if mine is None:
        raise Http404
    if asks_to_delete(request):
        mine.delete()
        messages.success(request, _("The filter “%(name)s” is removed.") % {"name": mine})
        return see_other(reverse("list_filters"))
    if "_method" in request.POST:
        return HttpResponseNotAllowed(["POST", "DELETE"])
    form = KeepForm(request.POST, person=request.user, kept=mine)
    if not form.is_valid() or form.save() is None:
        mine.refresh_from_db()
        return _page(request, renaming=form, status=422)
    messages.success(request, _("The filter “%(name)s” is kept.") % {"name": mine})
    return see_other(reverse("list_filters"))


def _list_with(kept: ListFilter) -> str:
    return f"{reverse('ticket_list')}?saved={kept.pk}"


def _page(request, form=None, renaming=None, status=200):
    rows = [
        renaming if renaming and renaming.kept.pk == one.pk else KeepForm(person=request.user, kept=one)
        for one in request.user.list_filters.all()
    ]
    context = {"rows": rows, "form": form, "query": request.GET.urlencode()}
    return render(request, "tickets/filters.html", context, status=status)

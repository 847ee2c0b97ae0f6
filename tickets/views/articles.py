"""Writing on a ticket, and what becomes of articles later."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsi.requests import PersonRequest
from opsi.roles import AgentRole
from tickets import access, mentions, prepared_texts, timeline
from tickets.forms import add_errors
from tickets.forms.articles import FORMS, EditForm, FollowUpForm, ReplyForm
from tickets.lookup import readable_article, readable_ticket, ticket_for
from tickets.meanwhile import Meanwhile
from tickets.models import Composing, FollowUpRefused, StaleTicket, TextTemplate
from tickets.operations import operation
from tickets.views.answers import form_page, go_to, show_again
from tickets.views.changing import at_version


@require_safe
def new(request: PersonRequest, number: str) -> HttpResponse:
    """The form for a note or a reply (`?kind=`), which may quote an article (`?article=`).

    `?template=` begins with that text; script inserts it where one writes.
    """
    ticket = readable_ticket(request, number)
    verbs = access.verbs_of(request.user, ticket)
    form_class = FORMS.get(request.GET.get("kind", "note"))
    if form_class is None:
        raise Http404
    if form_class.verb not in verbs:
        raise PermissionDenied
    initial = ReplyForm.answering(ticket, _quoted(request, ticket)) if form_class is ReplyForm else {}
    chosen = _whole(request.GET.get("template", ""))
    if prepared := TextTemplate.objects.offered(ticket, form_class.kind).filter(pk=chosen).first():
        initial["body"] = _filled(prepared, request.user, ticket, form_class) + initial.get("body", "")
    form = form_class(ticket=ticket, person=request.user, verbs=verbs, initial=initial)
    return _writing(request, ticket, form)


def _quoted(request, ticket):
    number = _whole(request.GET.get("article", ""))
    return readable_article(request, ticket, number) if number else None


def _whole(text):
    """The whole number that `text` is; 0, which nothing has, for anything else."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _filled(prepared, person, ticket, form_class):
    return prepared_texts.fill(
        prepared.text, prepared_texts.Writer(person, ticket, for_customer=form_class is ReplyForm)
    )


@never_cache
@require_safe
def template(request: PersonRequest, number: str, template: int) -> HttpResponse:
    """The text of a template, filled in for this ticket and a `?kind=`, to be put where one is writing."""
    ticket = readable_ticket(request, number)
    form_class = FORMS.get(request.GET.get("kind", "note"))
    if form_class is None:
        raise Http404
    if form_class.verb not in access.verbs_of(request.user, ticket):
        raise PermissionDenied
    prepared = get_object_or_404(TextTemplate.objects.offered(ticket, form_class.kind), pk=template)
    text = _filled(prepared, request.user, ticket, form_class)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_POST
def create(request: PersonRequest, number: str) -> HttpResponse:
    """An agent's note or reply (`kind`), or the follow-up of anyone else, whatever they claim it to be."""
    ticket = readable_ticket(request, number)
    verbs = access.verbs_of(request.user, ticket)
    form_class = FORMS.get(request.POST.get("kind", "note")) if request.user.is_agent else FollowUpForm
    if form_class is None:
        return HttpResponse(_("An article is a note or a reply."), status=422, content_type="text/plain")
    if form_class.verb not in verbs:
        raise PermissionDenied
    form = form_class(request.POST, request.FILES, ticket=ticket, person=request.user, verbs=verbs)
    missed: list[timeline.Line] | None = None
    status = 422
    if form.is_valid():
        try:
            seen = form.cleaned_data.get("newest")
            came = Meanwhile.of(ticket, request.user, seen) if seen is not None else None
            article = form.write_once()
            Composing.objects.end(ticket, request.user)
            for one in came.articles if came else ():
                messages.info(request, one.sentence)
            _say_who_was_not_informed(request, form)
            return go_to(request, article.get_absolute_url())
        except StaleTicket:
            missed, status = timeline.changed_since(ticket, form.cleaned_data["version"]), 409
            again = at_version(request.POST, ticket)
            form = form_class(again, ticket=ticket, person=request.user, verbs=verbs)
        except FollowUpRefused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        except ValidationError as problem:
            add_errors(form, problem)
    return _writing(request, ticket, form, missed, status)


def _say_who_was_not_informed(request, form):
    for sentence in getattr(form, "not_informed", ()):
        messages.warning(request, sentence)


def _writing(request, ticket, form, missed=None, status=200):
    context = {"ticket": ticket, "form": form, "missed": missed, "had_files": bool(request.FILES)}
    if form.kind:
        seen = _whole(form.data.get("newest", ""))
        context["meanwhile"] = meanwhile = Meanwhile.of(ticket, request.user, seen or None)
        form.initial["newest"] = meanwhile.newest
        context["templates"] = TextTemplate.objects.offered(ticket, form.kind).defer("text")
    part = "#form" if request.htmx else ""
    response = render(request, f"tickets/writing.html{part}", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


@never_cache
@require_safe
def people(request: PersonRequest, number: str) -> HttpResponse:
    """JSON: the agents to name in what one writes here, by `q`; only whom one may know of and who read the ticket."""
    ticket = ticket_for(request, number, "note")
    found = mentions.offered(request.GET.get("q", ""), request.user, ticket)
    offered = [
        {"login": one.username, "name": str(one), "role": str(AgentRole(one.effective_role).label)}
        for one in found
    ]
    return JsonResponse({"people": offered, "said": _number_of_people(len(found))})


def _number_of_people(number):
    if not number:
        return _("Nobody found.")
    return ngettext(
        "%(number)d person found: choose with the arrow keys.",
        "%(number)d people found: choose with the arrow keys.",
        number,
    ) % {"number": number}


@require_safe
def article(request: PersonRequest, number: str, article: int) -> HttpResponse:
    """An article's own address leads to where it lies open among the others."""
    return redirect(readable_article(request, readable_ticket(request, number), article))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PersonRequest, number: str, article: int) -> HttpResponse:
    ticket = ticket_for(request, number, "edit_article")
    edited = readable_article(request, ticket, article)
    current = {name: getattr(edited, name) for name in EditForm.base_fields}
    sent = request.POST if request.method == "POST" else None
    form = EditForm(sent, initial=current, article=edited, person=request.user)
    if edited.html:
        form.fields["body"].help_text = _(
            "Once the text is changed, only the plain text is shown. The formatted one is kept as an earlier version."
        )
    if form.is_valid():
        try:
            form.save()
            messages.success(request, _("Article #%(number)d is changed.") % {"number": edited.number})
            _say_who_was_not_informed(request, form)
            return show_again(request, edited.get_absolute_url())
        except ValidationError as problem:
            add_errors(form, problem)
    heading = _("Edit article #%(number)d") % {"number": edited.number}
    context = {"ticket": ticket, "form": form, "heading": heading, "submit": _("Save")}
    return form_page(request, context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: PersonRequest, number: str, article: int) -> HttpResponse:
    ticket = ticket_for(request, number, "delete_article")
    doomed = readable_article(request, ticket, article)
    if request.method == "POST":
        with operation(request.user):
            ticket.delete_article(doomed, request.user)
        messages.success(request, _("Article #%(number)d is deleted.") % {"number": doomed.number})
        return go_to(request, ticket.get_absolute_url())
    context = {
        "ticket": ticket,
        "heading": _("Delete article #%(number)d?") % {"number": doomed.number},
        "question": _("Nobody will see it any more. The history keeps that it was there."),
        "submit": _("Delete"),
        "is_danger": True,
    }
    return form_page(request, context)

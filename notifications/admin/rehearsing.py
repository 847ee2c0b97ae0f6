"""Preview, dry run and test mail of a ticket notification, in the admin (docs/definitions.md)."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_POST, require_safe

from notifications import addresses, rehearsal
from notifications.admin.definition_form import DefinitionForm
from notifications.admin.scene_form import SceneForm
from notifications.choices import Frame, Function
from notifications.models import Definition, DefinitionText, NotificationFunction
from notifications.transports import DeliveryFailed
from opsi.browser_security import WITH_FRAME

MOST_ROWS = 200
MOST_TEXTS = 20
TEXT_FIELDS = ("language", "frame", "subject", "body")
# A mail as mail programs show it: its own styles, nothing that runs, nothing from elsewhere.
MAIL_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox"
)


class Rehearsing:
    """For the admin of definitions; nothing here changes anything, a test mail alone leaves the house."""

    def get_urls(self):
        def to(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"notifications_definition_{name}")

        return [
            to("dry-run/", require_safe(self.dry_run_view), "rehearsal"),
            to("<int:pk>/dry-run/", require_safe(self.dry_run_view), "dry_run"),
            to("<int:pk>/preview/", self.preview_view, "preview"),
            to("<int:pk>/preview/mail/", self.mail_view, "preview_mail"),
            to("<int:pk>/test/", require_POST(self.test_view), "test"),
            *super().get_urls(),
        ]

    def dry_run_view(self, request, pk=None):
        definition = _definition(pk) if pk else None
        form = SceneForm(request.GET, definition, request.user, asks_reader=False)
        found, status = None, 200
        if form.is_bound:
            if form.is_valid():
                found = rehearsal.dry_run(form.event(), definition, timezone.now())
            else:
                status = 422
        context = {
            "title": _("Dry run"),
            "form": form,
            "found": found,
            "misses": [_miss(name) for name in found.misses] if found else [],
            "tables": found and [
                (_("Would be told"), found.told[:MOST_ROWS], len(found.told)),
                (_("Would not be told"), found.not_told[:MOST_ROWS], len(found.not_told)),
            ],
        }  # fmt: skip
        return self._show(request, "dry_run", definition, context, status)

    @method_decorator(csp_override(WITH_FRAME))
    def preview_view(self, request, pk):
        return self._preview(request, _definition(pk))

    @method_decorator(xframe_options_sameorigin)
    def mail_view(self, request, pk):
        """The HTML mail by itself, for the frame of the preview's page."""
        definition = _definition(pk)
        form = SceneForm(_given(request), definition, request.user)
        if not (form.is_bound and form.is_valid()):
            raise Http404
        found = _previewed(definition, form, _posted_texts(request), form.cleaned_data["to"] or request.user)
        return HttpResponse(found.html, headers={"Content-Security-Policy": MAIL_CSP})

    @method_decorator(csp_override(WITH_FRAME))
    def test_view(self, request, pk):
        """Send the previewed mail, as for the administrator who asks, to their own address."""
        definition = _definition(pk)
        form = SceneForm(request.POST, definition, request.user)
        if not (form.is_bound and form.is_valid()):
            return self._preview(request, definition)
        to = addresses.of_person(request.user)
        if not to:
            return self._preview(
                request, definition, _("You have no e-mail address that a test mail could go to.")
            )
        texts = _posted_texts(request)
        message = rehearsal.marked_as_test(_previewed(definition, form, texts, request.user))
        transport = NotificationFunction.load().transport()
        try:
            answer = transport.deliver(message)
        except DeliveryFailed as error:
            return self._preview(request, definition, str(error))
        finally:
            transport.close()
        messages.success(request, _accepted(to, answer, transport.function))
        if texts:
            return self._preview(request, definition)
        query = form.data.copy()
        query.pop("csrfmiddlewaretoken", None)
        return redirect(f"{reverse('admin:notifications_definition_preview', args=[pk])}?{query.urlencode()}")

    def _preview(self, request, definition, refused=""):
        form, texts = SceneForm(_given(request), definition, request.user), _posted_texts(request)
        found = None
        if form.is_bound and form.is_valid():
            found = _previewed(definition, form, texts, form.cleaned_data["to"] or request.user)
        context = {
            "title": _("Preview"),
            "form": form,
            "found": found,
            "misses": [_miss(name) for name in found.misses] if found else [],
            "refused": refused,
            "unsaved": _hidden(texts),
            "scene": [(name, value) for name, value in form.data.items() if name in form.fields],
            "query": form.data.urlencode() if found and not texts else "",
        }
        status = 422 if refused or (form.is_bound and form.errors) else 200
        return self._show(request, "preview", definition, context, status)

    def _show(self, request, name, definition, context, status):
        context |= self.admin_site.each_context(request) | {"opts": self.opts, "definition": definition}
        return render(request, f"admin/notifications/{name}.html", context, status=status)


def _definition(pk) -> Definition:
    found = Definition.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _given(request):
    return request.POST if request.method == "POST" else request.GET


def _previewed(definition, form, texts, to):
    version = rehearsal.unsaved_version(definition, texts or definition.texts.all())
    return rehearsal.preview(definition, version, form.event(), to, timezone.now())


def _posted_texts(request) -> list[DefinitionText]:
    """The texts as they stand on the form, saved or not; none where it was not posted."""
    languages, found = dict(settings.LANGUAGES), []
    for number in range(MOST_TEXTS):
        said = {name: request.POST.get(f"texts-{number}-{name}", "") for name in TEXT_FIELDS}
        if said["language"] not in languages or not (said["subject"] or said["body"]):
            continue
        said["frame"] = said["frame"] if said["frame"] in Frame.values else Frame.DEFAULT
        if f"texts-{number}-DELETE" not in request.POST:
            found.append(DefinitionText(**said))
    return found


def _hidden(texts):
    """`texts` as fields for the next form."""
    return [
        (f"texts-{number}-{name}", getattr(text, name))
        for number, text in enumerate(texts)
        for name in TEXT_FIELDS
    ]


def _miss(name):
    """What keeps a definition from an event, by the field of its form that says so."""
    if name == "deleted":
        return _("The ticket is deleted: nothing else of it is told any more.")
    if name == "events":
        return _("This event is not among those of the notification.")
    field = DefinitionForm.base_fields.get(name)
    return _("The filter does not match: %(field)s.") % {"field": field.label if field else name}


def _accepted(to, answer, function):
    if settings.OPSI_MAIL_REACHES_NOBODY and function == Function.OPSI:
        return _("The test mail to %(address)s was kept as a file: nobody receives it.") % {"address": to}
    text = _("The test mail to %(address)s was accepted.") % {"address": to}
    if not answer:
        return text
    return " ".join((text, _("The server said: %(answer)s") % {"answer": answer}))

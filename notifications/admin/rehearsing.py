"""Preview, dry run and test mail of a ticket notification, in the admin (docs/definitions.md)."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_POST, require_safe

from notifications import addresses, rehearsal
from notifications.admin.definition_form import DefinitionForm, place
from notifications.admin.scene_form import SceneForm
from notifications.admin.written import written
from notifications.choices import Function
from notifications.delivery_failures import DeliveryFailed
from notifications.models import Definition, NotificationFunction
from opsi.browser_security import WITH_FRAME
from tickets.models import Ticket

MOST_ROWS = 200
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
            to("<int:pk>/preview/live/", require_POST(self.live_view), "preview_live"),
            to("<int:pk>/test/", require_POST(self.test_view), "test"),
            # Of one that is not saved, as its form stands.
            to("preview/", require_POST(self.preview_view), "preview"),
            to("preview/mail/", require_POST(self.mail_view), "preview_mail"),
            to("preview/live/", require_POST(self.live_view), "preview_live"),
            to("test/", require_POST(self.test_view), "test"),
            *super().get_urls(),
        ]

    def dry_run_view(self, request, pk=None):
        definition = _definition(pk) if pk is not None else None
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
            "no_ticket": not form.is_bound and not Ticket.objects.filter(deleted_at=None).exists(),
            "found": found,
            "misses": said_misses(found.misses) if found else [],
            "tables": found and [
                (_("Would be told"), found.told[:MOST_ROWS], len(found.told)),
                (_("Would not be told"), found.not_told[:MOST_ROWS], len(found.not_told)),
            ],
        }  # fmt: skip
        return self._show(request, "dry_run", definition, context, status)

    @method_decorator(csp_override(WITH_FRAME))
    def preview_view(self, request, pk=None):
        return self._preview(request, self._written(request, pk))

    @method_decorator(xframe_options_sameorigin)
    def mail_view(self, request, pk=None):
        """The HTML mail by itself, for the frame of the preview's page."""
        of = self._written(request, pk)
        form = SceneForm(_given(request), of.definition, request.user)
        if not (form.is_bound and form.is_valid()):
            raise Http404
        found = _previewed(of, form, form.cleaned_data["to"] or request.user)
        return HttpResponse(found.html, headers={"Content-Security-Policy": MAIL_CSP})

    def live_view(self, request, pk=None):
        """A part of the form's page: what the administrator would read of it as it is being written."""
        of = self._written(request, pk)
        form, found = SceneForm(request.POST, of.definition, request.user, asks_reader=False), None
        if form.is_bound and form.is_valid() and of.texts:
            version = rehearsal.unsaved_version(of.definition, of.texts[:1])
            language = of.texts[0].language
            found = rehearsal.preview(
                of.definition, version, form.event(), request.user, timezone.now(),
                language=language, is_tried=False,
            )  # fmt: skip
        context = {"found": found, "problems": [text for texts in form.errors.values() for text in texts]}
        status = 200 if found or not form.errors else 422
        return render(request, "admin/notifications/live.html", context, status=status)

    @method_decorator(csp_override(WITH_FRAME))
    def test_view(self, request, pk=None):
        """Send the previewed mail, as for the administrator who asks, to their own address."""
        of = self._written(request, pk)
        form = SceneForm(request.POST, of.definition, request.user)
        if not (form.is_bound and form.is_valid()):
            return self._preview(request, of)
        to = addresses.of_person(request.user)
        if not to:
            return self._preview(request, of, _("You have no e-mail address that a test mail could go to."))
        message = rehearsal.marked_as_test(_previewed(of, form, request.user))
        transport = NotificationFunction.load().transport()
        try:
            answer = transport.deliver(message)
        except DeliveryFailed as error:
            return self._preview(request, of, str(error))
        finally:
            transport.close()
        messages.success(request, _accepted(to, answer, transport.function))
        if of.posted:
            return self._preview(request, of)
        query = form.data.copy()
        query.pop("csrfmiddlewaretoken", None)
        return redirect(f"{page_of('preview', pk)}?{query.urlencode()}")

    def _written(self, request, pk):
        return written(request, pk, self.get_form(request))

    def _preview(self, request, of, refused=""):
        form, found = SceneForm(_given(request), of.definition, request.user), None
        if form.is_bound and form.is_valid():
            found = _previewed(of, form, form.cleaned_data["to"] or request.user)
        scene = [(name, value) for name, value in form.data.items() if name in form.fields]
        context = {
            "title": _("Preview"),
            "form": form,
            "found": found,
            "misses": said_misses(found.misses) if found else [],
            "refused": refused,
            "posted": of.posted,
            "is_saved": of.is_saved,
            "scene": scene,
            "query": urlencode(scene),
            "urls": {name: page_of(name, of.definition.pk) for name in ("preview", "preview_mail", "test")},
        }
        status = 422 if refused or (form.is_bound and form.errors) else 200
        return self._show(request, "preview", of.definition, context, status)

    def _show(self, request, name, definition, context, status):
        context |= self.admin_site.each_context(request) | {"opts": self.opts, "definition": definition}
        return render(request, f"admin/notifications/{name}.html", context, status=status)


def _definition(pk) -> Definition:
    found = Definition.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def page_of(name: str, pk: int | str | None) -> str:
    """The address of a page that a saved definition has, and one that is being written, too."""
    return reverse(f"admin:notifications_definition_{name}", args=[] if pk is None else [pk])


def _given(request):
    return request.POST if request.method == "POST" else request.GET


def _previewed(of, form, to):
    version = rehearsal.unsaved_version(of.definition, of.words)
    return rehearsal.preview(of.definition, version, form.event(), to, timezone.now(), is_tried=of.is_saved)


def said_misses(names) -> list[str]:
    """What keeps a definition from an event, by the fields of its form that say so, in their order there."""
    return [_said_miss(name) for name in sorted(names, key=place)]


def _said_miss(name):
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

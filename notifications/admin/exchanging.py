"""Ticket notifications to a file and back, in the admin (docs/definitions.md)."""

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from notifications.exchange import export, import_file
from notifications.models import Definition
from notifications.yaml_reading import LARGEST, Refused

LIST = "admin:notifications_definition_changelist"


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".yaml,.yml,application/yaml"}),
        help_text=_("YAML, as “Export” makes it; 1 MB at most."),
    )
    overwrite = forms.BooleanField(
        label=_("Overwrite what has the same name"),
        required=False,
        help_text=_("Without this, a file with a name that is taken is refused whole."),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(_("The file is larger than 1 MB."))
        return file


class Exchanging:
    """For the admin of definitions: the export as an action and a page, the import as a page."""

    def get_urls(self):
        def to(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"notifications_definition_{name}")

        return [
            to("export/", require_safe(self.export_view), "export"),
            to("import/", self.import_view, "import"),
            *super().get_urls(),
        ]

    @admin.action(description=_("Export"))
    def export(self, request, queryset):
        return _file_of(queryset)

    def export_view(self, request):
        return _file_of(Definition.objects.all())

    def import_view(self, request):
        form, problems = ImportForm(), []
        if request.method == "POST":
            form = ImportForm(request.POST, request.FILES)
            if form.is_valid():
                problems = self._import(request, **form.cleaned_data)
                if not problems:
                    return redirect(LIST)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Import ticket notifications"),
            "form": form,
            "problems": problems,
        }
        status = 422 if problems or form.errors else 200
        return render(request, "admin/notifications/import.html", context, status=status)

    def _import(self, request, file, overwrite):
        """Returns the problems, none where it was imported."""
        try:
            imported = import_file(file.read(), overwrite=overwrite)
        except Refused as refused:
            return refused.problems
        for definition in imported.added:
            self.log_addition(request, definition, gettext("Imported"))
        for definition in imported.overwritten:
            self.log_change(request, definition, gettext("Imported"))
        for text, found in (
            (gettext("Added: %(names)s"), imported.added),
            (gettext("Overwritten: %(names)s"), imported.overwritten),
        ):
            if found:
                messages.success(request, text % {"names": ", ".join(one.name for one in found)})
        self.warn(request, [*imported.added, *imported.overwritten])
        return []


def _file_of(definitions):
    name = f"ticket-notifications-{timezone.localdate():%Y-%m-%d}.yaml"
    return HttpResponse(
        export(definitions),
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )

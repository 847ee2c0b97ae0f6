"""The import's pages in the admin: a file is chosen, what it would do is shown line by line, and that is imported.

Between the two nothing is kept here: the page carries the file back, signed for the person who saw it.
"""

import base64
from typing import NamedTuple

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from opsi import spreadsheets
from opsi.importing import telling
from opsi.importing.kinds import ImportKind
from opsi.importing.reading import LARGEST, MOST_LINES, too_large
from opsi.importing.running import Report, dry_run, run

KEPT = 24 * 3600  # seconds for which what was shown can be imported
MOST_SHOWN = 500  # lines of a report on the page; the file of the report has all
TOO_OLD = _("What was shown is too old, or did not come back whole: choose the file again.")


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("File"), widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv"}), max_length=255
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(too_large())
        return file


def _with_problems(problems):
    """The empty form, with what is wrong with the file that was chosen beside its field."""
    if not problems:
        return FileForm()
    form = FileForm({}, {})
    form.errors.clear()
    for problem in problems:
        form.add_error("file", problem)
    return form


def _wrong_first(line):
    return not line.problems, line.number


class Shown(NamedTuple):
    """The file of a dry run and what it was said to do."""

    data: bytes
    fingerprint: str


class Importing:
    """For a ModelAdmin: its model can be imported, by whoever may add and change it."""

    importing: ImportKind

    def get_urls(self):
        def to(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=self._page(name))

        return [
            to("import/", require_http_methods(["GET", "HEAD", "POST"])(self.import_view), "import"),
            to("import/run/", require_POST(self.import_run_view), "import_run"),
            to("import/report/", require_POST(self.import_report_view), "import_report"),
            to("import/template/", require_safe(self.import_template_view), "import_template"),
            *super().get_urls(),
        ]

    def _page(self, name):
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def _at(self, name):
        return reverse(f"admin:{self._page(name)}")

    def has_import_permission(self, request):
        return self.has_add_permission(request) and self.has_change_permission(request)

    def import_url(self, request):
        """Where it is imported; "" for who may not."""
        return self._at("import") if self.has_import_permission(request) else ""

    def import_view(self, request):
        """GET asks for a file; POST shows what it would do."""
        self._let_in(request)
        if request.method != "POST":
            return self._show_import(request, FileForm())
        form = FileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._show_import(request, form, status=422)
        data = form.cleaned_data["file"].read()
        return self._show_report(request, data, dry_run(self.importing, data, request.user))

    def import_run_view(self, request):
        self._let_in(request)
        shown = self._shown(request)
        if shown is None:
            return self._show_import(request, _with_problems([TOO_OLD]), status=422)
        confirmed = "confirmed" in request.POST
        report = run(self.importing, shown.data, request.user, shown.fingerprint, confirmed)
        if report.is_imported:
            messages.success(request, gettext("Imported: %(counts)s.") % {"counts": telling.counts(report)})
            return redirect(f"admin:{self._page('changelist')}")
        refused = "overtaken" if report.fingerprint != shown.fingerprint else "unconfirmed"
        return self._show_report(request, shown.data, report, refused)

    def import_report_view(self, request):
        """The whole report as a file for a spreadsheet."""
        self._let_in(request)
        shown = self._shown(request)
        if shown is None:
            return self._show_import(request, _with_problems([TOO_OLD]), status=422)
        report = dry_run(self.importing, shown.data, request.user)
        return spreadsheets.file_of(f"import-{self.importing.slug}", telling.rows(report))

    def import_template_view(self, request):
        self._let_in(request)
        header = [str(column) for column in self.importing.columns()]
        return spreadsheets.file_of(self.importing.slug, [header])

    def _let_in(self, request):
        if not self.has_import_permission(request):
            raise PermissionDenied

    def _show_report(self, request, data, report: Report, refused=""):
        """`refused`: why it was not imported although no line is wrong, "overtaken" or "unconfirmed"."""
        lines = sorted((line for line in report.lines if line.changes or line.problems), key=_wrong_first)
        context = {
            "report": report,
            "counts": telling.counts(report),
            "lines": lines[:MOST_SHOWN],
            "more": len(lines) - MOST_SHOWN,
            "shown": ""
            if report.problems
            else signed(self.importing, Shown(data, report.fingerprint), request.user),
            "refused": refused,
        }
        status = 422 if refused or report.is_wrong else 200
        return self._show_import(request, _with_problems(report.problems), context, status)

    def _show_import(self, request, form, context=None, status=200):
        columns = self.importing.columns()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Import: %(what)s") % {"what": self.opts.verbose_name_plural},
            "form": form,
            "kind": self.importing,
            "columns": columns,
            "key": str(columns[0]),
            "most_lines": MOST_LINES,
            "most_megabytes": LARGEST // 1024**2,
            "upload": self._at("import"),
            "run": self._at("import_run"),
            "report_url": self._at("import_report"),
            "template": self._at("import_template"),
            **(context or {}),
        }
        return render(request, "admin/opsi/import.html", context, status=status)

    def _shown(self, request):
        """What was signed for this person not too long ago; None for anything else."""
        try:
            data, fingerprint = signing.loads(
                request.POST.get("shown", ""), salt=_salt(self.importing, request.user), max_age=KEPT
            )
            return Shown(base64.b85decode(data), fingerprint)
        except (signing.BadSignature, ValueError):
            return None


def signed(kind: ImportKind, shown: Shown, person) -> str:
    """`shown` as the page carries it, for this `person` and this kind alone."""
    said = [base64.b85encode(shown.data).decode(), shown.fingerprint]
    return signing.dumps(said, salt=_salt(kind, person), compress=True)


def _salt(kind, person):
    return f"opsi.importing.{kind.slug}.{person.pk}"

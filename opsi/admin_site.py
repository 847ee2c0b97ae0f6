"""The admin as a service desk lead meets it: pages stand where they are looked for, whichever app they belong to.

A floor opens a section and puts its pages there, each with what it is for (`PEOPLE.put(Customer, _("…"))`); the front
page and the bar at the side follow, and a test finds a page that has no place.
"""

from dataclasses import dataclass, field

from django.contrib.admin import AdminSite
from django.db.models import Model
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_noop

type Words = str | Promise
# Django has no Japanese for this yet; named here, it is in our catalogue.
WORDS_OF_DJANGO = (gettext_noop("- Select an option -"),)


@dataclass
class Entry:
    """One page: the list of a `model`, or the page of the url name `model` (then `name` is its)."""

    model: type[Model] | str
    purpose: Words
    name: Words = ""


@dataclass
class Section:
    slug: str
    name: Words
    order: int
    entries: list[Entry] = field(default_factory=list)

    def __post_init__(self):
        sections.append(self)
        sections.sort(key=lambda section: section.order)

    def put(self, model: type[Model] | str, purpose: Words, name: Words = "") -> None:
        """Behind what is there already."""
        self.entries.append(Entry(model, purpose, name))


sections: list[Section] = []
# A model whose page is another's: it has no entry of its own.
without_entry: set[type[Model]] = set()


class Administration(AdminSite):
    def get_urls(self):
        from opsi import first_hour_pages  # its steps have words and pages, as sections have

        return [
            path("first-hour/", self.admin_view(first_hour_pages.showing), name="first_hour"),
            path(
                "first-hour/<slug:name>/", self.admin_view(first_hour_pages.settling), name="first_hour_step"
            ),
            *super().get_urls(),
        ]

    def get_app_list(self, request, app_label=None):
        """As Django wants it, with the sections in the place of the apps; each page has its `purpose` besides."""
        apps = super().get_app_list(request, app_label)
        found = {model["model"]: model for app in apps for model in app["models"]}
        for section in sections:
            for entry in section.entries:
                if entry.model in found:
                    found[entry.model]["purpose"] = entry.purpose
                    found[entry.model]["import_url"] = self._import_url(request, entry.model)
        if app_label is not None or not found:
            return apps
        grouped = [self._grouped(section, found) for section in sections]
        self._mark_current([page for section in grouped for page in section["models"]], request.path)
        return [section for section in grouped if section["models"]]

    def _import_url(self, request, model):
        """Where a file of them is imported (opsi.importing); "" where none is."""
        url = getattr(self._registry[model], "import_url", None)
        return url(request) if url else ""

    def _mark_current(self, pages, at):
        """Of the pages above `at` the nearest: one page may stand beneath another's address."""
        above = [page for page in pages if at.startswith(page["admin_url"])]
        if above:
            max(above, key=lambda page: len(page["admin_url"]))["is_current"] = True

    def _grouped(self, section, found):
        models = []
        for entry in section.entries:
            if isinstance(entry.model, str):
                models.append(
                    {
                        "name": capfirst(entry.name),
                        "object_name": entry.model.rpartition(":")[2],
                        "purpose": entry.purpose,
                        "admin_url": reverse(entry.model),
                        "add_url": None,
                        "view_only": True,
                    }
                )
            elif entry.model in found:
                models.append(found[entry.model] | ({"name": capfirst(entry.name)} if entry.name else {}))
        return {
            "name": section.name,
            "app_label": section.slug,
            "app_url": f"{reverse('admin:index')}#{section.slug}",
            "has_module_perms": True,
            "models": models,
        }

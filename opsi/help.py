"""Help in the app: the guides of docs/ and, for administrators, its other pages (docs/README.md).

Who reads what goes by who somebody is; what is not for them answers as what is not there.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from opsi import help_text
from opsi.models import User
from opsi.requests import PersonRequest

A_DAY = 24 * 3600  # seconds
WRITTEN_IN = "en"
PICTURES = {
    ".gif": "image/gif", ".jpg": "image/jpeg", ".png": "image/png", ".svg": "image/svg+xml", ".webp": "image/webp",
}  # fmt: skip


@dataclass(frozen=True)
class Guide:
    name: str
    icon: str
    label: str | Promise
    about: str | Promise


GUIDES = {
    guide.name: guide
    for guide in (
        Guide(
            "customer", "chat-bubble-left-right", _("Your requests"),
            _("Asking for something, following it, and choosing what you are told."),
        ),
        Guide(
            "agent", "ticket", _("Working on tickets"),
            _("Lists, the Ticket zoom window, watchers, the inbox, and what you are told."),
        ),
        Guide(
            "lead", "cog-6-tooth", _("Leading the service desk"),
            _("The administration: people, queues, who is told of what, and mail."),
        ),
        Guide(
            "operator", "server-stack", _("Running it"),
            _("Installing, watching over it, backup, upgrades, and what to do when something fails."),
        ),
        Guide("developer", "code-bracket", _("Changing it"), _("How it is built, tested and extended.")),
    )
}  # fmt: skip


@dataclass
class Library:
    """What there is in docs/: `pages` {name: {language: file}}, `titles` {name: title}, `pictures` {name: file}.

    A guide goes by its own name, any other page by docs/ and its place in the folder.
    """

    pages: dict[str, dict[str, Path]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, Path] = field(default_factory=dict)
    names: dict[Path, str] = field(default_factory=dict)

    def add(self, name: str, language: str, file: Path) -> None:
        self.pages.setdefault(name, {})[language] = file
        self.names[file] = name
        if language == WRITTEN_IN:
            self.titles[name] = help_text.title(file.read_text(encoding="utf-8")) or name


@cache
def library(folder: Path) -> Library:
    """The files of `folder`, looked at once a process."""
    folder = folder.resolve()
    found = Library()
    # What lies deeper is more particular: it stands behind.
    for file in sorted(folder.rglob("*.md"), key=lambda file: (len(file.parts), file)):
        place = file.relative_to(folder)
        match place.parts:
            case ("guide", _file) if place.stem in GUIDES:
                found.add(place.stem, WRITTEN_IN, file)
            case ("guide", language, _file) if place.stem in GUIDES:
                found.add(place.stem, language, file)
            case _:
                found.add(f"docs/{place.with_suffix('').as_posix()}", WRITTEN_IN, file)
    for file in sorted((folder / "images").rglob("*")):
        if file.suffix in PICTURES and file.is_file():
            found.pictures[file.relative_to(folder / "images").as_posix()] = file
    return found


def readable_by(person: User) -> tuple[str, ...]:
    """The names of the pages that are for `person`, theirs first."""
    there = library(settings.OPSI_DOCS_DIR)
    if person.is_staff:
        first = ["lead", "operator", "developer", "agent", "customer"]
        wanted = [*first, *(name for name in there.pages if name not in GUIDES)]
    else:
        wanted = ["agent", "customer"] if person.is_agent else ["customer"]
    return tuple(name for name in wanted if WRITTEN_IN in there.pages.get(name, ()))


@cache
def text_of(file: Path, readable: tuple[str, ...]) -> help_text.Text:
    """A page as somebody sees it who may read the pages named `readable`; kept as long as the process lives."""
    there = library(settings.OPSI_DOCS_DIR)
    picture_names = {picture: name for name, picture in there.pictures.items()}

    def lead(target: str) -> str:
        if "://" in target or target.startswith(("#", "/", "mailto:")):
            return target
        path, hash_sign, anchor = target.partition("#")
        to = (file.parent / unquote(path)).resolve()
        if to in picture_names:
            return reverse("help_picture", args=[picture_names[to]])
        name = there.names.get(to) or there.names.get(to / "README.md", "")
        return reverse("help_page", args=[name]) + hash_sign + anchor if name in readable else ""

    return help_text.render(file.read_text(encoding="utf-8"), lead)


@require_safe
def index(request: PersonRequest) -> HttpResponse:
    readable = readable_by(request.user)
    if not readable:
        return _not_installed(request)
    titles = library(settings.OPSI_DOCS_DIR).titles
    others = [(name, titles[name]) for name in readable if name not in GUIDES]
    return render(request, "opsi/help_index.html", {"guides": _guides(readable), "others": others})


@require_safe
def page(request: PersonRequest, page: str) -> HttpResponse:
    readable = readable_by(request.user)
    if not readable:
        return _not_installed(request)
    if page not in readable:
        raise Http404
    there = library(settings.OPSI_DOCS_DIR)
    files, language = there.pages[page], get_language() or WRITTEN_IN
    language = language if language in files else WRITTEN_IN
    context = {
        "name": page,
        "title": GUIDES[page].label if page in GUIDES else there.titles[page],
        "written_in": language,
        "text": text_of(files[language], readable),
        "guides": _guides(readable),
    }
    return render(request, "opsi/help_page.html", context)


@require_safe
@cache_control(private=True, max_age=A_DAY)
def picture(request: PersonRequest, picture: str) -> HttpResponse | FileResponse:
    file = library(settings.OPSI_DOCS_DIR).pictures.get(picture)
    if file is None:
        raise Http404
    return FileResponse(file.open("rb"), content_type=PICTURES[file.suffix])


def _guides(readable):
    return [GUIDES[name] for name in readable if name in GUIDES]


def _not_installed(request):
    return render(request, "opsi/help_missing.html", status=404)

"""Every address of the product, filled with things that are there, so that no test of them all forgets a page."""

import re
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.contrib import admin
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, get_resolver

from notifications import own_address, unsubscribing
from notifications.models import Definition, InboxRow
from tests.notifications.conftest import make_definition
from tickets import uploads
from watchers.models import Watcher

CONVERTER = re.compile(r"<(?:(\w+):)?(\w+)>")
# For what is not named below: answered with 404, as far as it is looked for at all.
ANYTHING = {"int": 1, "uuid": UUID(int=1)}
HTML = '<p>Hello <b>there</b> <img src="https://tracker.example/p.gif"></p>'


@dataclass(frozen=True)
class Route:
    """`name` with its namespace, `pattern` as the URLconf has it."""

    name: str
    pattern: str
    callback: object

    @property
    def is_csrf_exempt(self):
        return getattr(self.callback, "csrf_exempt", False)


def _routes(patterns, prefix="", namespace=""):
    for entry in patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield Route(f"{namespace}{entry.name or pattern}", pattern, entry.callback)
        else:
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _routes(entry.url_patterns, pattern, inner)


ROUTES = list(_routes(get_resolver().url_patterns))


@pytest.fixture
def scene(ticket, everyone, service_desk):
    """A ticket with everything on it that has a page: articles of each kind, a file, watchers, inbox rows."""
    uma, carl = everyone["uma"], everyone["carl"]
    upload = uploads.clean(SimpleUploadedFile("log.txt", b"one line"))
    ticket.reply("", by=uma, html=HTML, attachments=[upload])
    Watcher.objects.watch(ticket, carl, by=uma)
    Watcher.objects.watch(ticket, uma, by=uma)
    make_definition(name="Ours", subject="Hello", body="{{article.body:3}}")
    return ticket


def _values(scene):
    article = scene.articles.get(number=2)
    row = InboxRow.objects.order_by("pk").first()
    return {
        "number": scene.number,
        "article": article.number,
        "key": article.attachments.get().key,
        "login": "carl",
        "name": "title",
        "row": row.pk if row else 1,
        "operation": scene.events.order_by("pk").first().operation or UUID(int=1),
        "function": "server",
        "page": "customer",
        "picture": "zoom-with-watchers.png",
        "provider": "postmark",
        "pk": Definition.objects.order_by("pk").first().pk,
        "app_label": "tickets",
        "content_type_id": 1,
    }


@pytest.fixture
def addresses(scene, everyone):
    """[(Route, address)] of every route; those of the admin with the first row of their model."""
    values = _values(scene)
    found = []
    for route in ROUTES:
        here = dict(values)
        if route.name == "unsubscribe":
            here["token"] = (
                unsubscribing.path_for(everyone["uma"].pk, scene.pk).rstrip("/").rsplit("/", 1)[-1]
            )
        elif route.name == "notification_address_confirmation":
            here["token"] = signing.dumps(
                [everyone["uma"].pk, "uma@elsewhere.example"], salt=own_address.SALT
            )
        if "object_id" in route.pattern:
            here["object_id"] = _first_of(route)
        pattern = CONVERTER.sub(
            lambda found, here=here: str(here.get(found[2], ANYTHING.get(found[1], "x"))), route.pattern
        )
        if route.name.startswith("admin:") and "(?P" in pattern:
            pattern = "admin/tickets/" if "app_label" in pattern else "admin/nowhere"
        found.append((route, "/" + pattern))
    return found


def _first_of(route):
    label = route.name.removeprefix("admin:")
    for model in admin.site._registry:
        if label.startswith(f"{model._meta.app_label}_{model._meta.model_name}_"):
            row = model._default_manager.order_by("pk").first()
            return row.pk if row else 1
    return 1

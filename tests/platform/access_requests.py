"""What the access matrix sends for a row of its table: the address, and valid data: what is refused is the person.

A new URL whose address has a part, or whose POST takes fields, not known here gets a case in `_argument`, or in DATA.
"""

import datetime
import re
from urllib.parse import quote

from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from notifications.exchange import export
from notifications.models import Definition
from opsi.importing.kinds import kinds
from opsi.importing.pages import Shown, signed
from tests.people import PASSWORD
from tests.platform.access_world import LOGINS, UNKNOWN, UNKNOWN_ID, UNKNOWN_KEY, World
from tests.platform.page_forms import forms_of
from tickets.models import ListFilter, Queue, Ticket

PARTS = re.compile(r"<(?:\w+:)?(\w+)>")
NEW_PASSWORD = "Korrekt-Pferd-7"
LATER = f"{timezone.now() + datetime.timedelta(days=3):%Y-%m-%dT%H:%M}"


def address(world: World, row) -> str:
    """The path of `row`; regular expressions stand for one address that they match."""
    if "(?P<url>" in row.route:
        return "/admin/nowhere/"
    if "(?P<app_label>" in row.route:
        return "/admin/opsi/"
    return "/" + PARTS.sub(lambda part: quote(str(_argument(world, row, part[1])), safe=":"), row.route)


def _argument(world, row, name):
    owner = row.what.removesuffix("'s").rpartition(" ")[2]
    match name:
        case "number":
            return world.number(row.ticket)
        case "article":
            numbers = {"note": 2, "formatted": 3, "formatted for the customer": 4, "no such article": 99}
            return numbers.get(row.detail, 1)
        case "template":
            return UNKNOWN_ID if row.detail == "no such template" else world.admin_rows["texttemplate"]
        case "key":
            return _attachment(world, row)
        case "operation":
            named = row.detail.removesuffix("'s operation") or row.ticket
            return world.operations.get(named, UNKNOWN_KEY)
        case "name" if row.route.startswith("admin/"):
            return row.what
        case "name":
            return "nonsense" if row.detail == "no such field" else row.detail or "title"
        case "other":
            return UNKNOWN if row.detail == "no such ticket" else world.merge_targets["acme"].number
        case "login":
            return row.detail.replace("no such login", "zoe")
        case "slug":
            return row.detail.replace("no such group", "zoe")
        case "row":
            return world.inbox_row(owner) if owner in LOGINS else UNKNOWN_ID
        case "kept" if row.route.startswith("tickets/"):
            return world.kept_filter(owner, ListFilter) if owner in LOGINS else UNKNOWN_ID
        case "kept":
            return world.kept_filter(owner) if owner in LOGINS else UNKNOWN_ID
        case "act":
            return UNKNOWN_KEY
        case "token" if row.what == "forged":
            return "1-2:3:forged"
        case "token":
            unsubscribes = row.route.startswith("unsubscribe") == row.what.endswith("'s")
            return world.unsubscribe_token(owner) if unsubscribes else world.address_token(owner)
        case "provider" | "function" | "page" | "picture":
            return row.what
        case "pk" | "object_id" if row.what == "unknown":
            return UNKNOWN_ID
        case "change":
            return UNKNOWN_ID if row.what == "unknown" else world.policy_change
        case "person":
            return UNKNOWN_ID if row.what == "unknown" else world.people["uma"].pk
        case "content_type_id":
            return ContentType.objects.get_for_model(Ticket).pk
        case "object_id" if row.what == "a ticket":
            return world.tickets["acme"].pk
        case "pk" | "object_id":
            return world.admin_rows[row.route.split("/")[2]]
    raise AssertionError(f"{row.place}: say in {__name__} what stands for <{name}> in {row.route}")


def _attachment(world, row):
    if row.detail.endswith("'s file"):
        return world.attachments[row.detail.removesuffix("'s file"), 1].key
    number = 2 if row.detail == "note" else 1
    found = world.attachments.get((row.ticket, number))
    return found.key if found else UNKNOWN_KEY


def data(world: World, row, login, pages) -> dict:
    """What is posted. `pages(path)`: a page as ada sees it, whose form is sent as it stands."""
    if row.method == "deleting":
        return {"_method": "delete"}
    if row.method == "patching":
        return {"_method": "patch", "narrow": "only_state_changes"}
    if row.method == "unknown":
        return {"_method": "brew"}
    if row.route.partition("import/")[0] in IMPORTED and "import/" in row.route:
        return _imported(world, row)
    made = DATA.get(row.route)
    if made is not None:
        return made(world, row, login)
    if row.route.startswith("admin/"):
        return _admin(world, row, pages)
    return {}


def _ticket(world, row) -> Ticket:
    return world.tickets["acme" if row.ticket == "unknown" else row.ticket]


def _field(world, row, login):
    ticket, people = _ticket(world, row), world.people
    changes = {
        "": {"title": "Ink, again"},
        "state": {"state": "open"},
        "pending": {"pending_until": LATER},
        "priority": {"priority": "low"},
        "type": {"type": "incident"},
        "owner": {"owner": people["aiko"].pk},
        "responsible": {"responsible": people["aiko"].pk},
        "assignment-group": {"assignment_group": world.admin_rows["group"]},
        "queue": {"queue": Queue.objects.get(name="Service desk").pk},
        "service": {"service": world.admin_rows["service"]},
        "sla": {"sla": world.admin_rows["sla"]},
        "customer": {"customer_user": "bo"},
        "lock": {"lock": "on"},
        "no such field": {"title": "Ink, again"},
    }
    return {"version": ticket.version} | changes[row.detail]


def _merge(world, row, login):
    name = "acme" if row.ticket == "unknown" else row.ticket
    target = world.tickets["borealis"] if row.detail == "into borealis" else world.merge_targets[name]
    return {"target": target.number}


def _new(world, row, login):
    name = "Locked up" if row.what == "in the queue that is locked up" else "Service desk"
    queue = Queue.objects.get(name=name).pk
    return {"title": "Toner", "type": "request", "queue": queue, "priority": "medium", "body": "No toner."}


def _selection(world, row, login):
    ticket = _ticket(world, row) if row.ticket != "-" else world.tickets["acme"]
    return {"ticket": f"{ticket.number}.{ticket.version}", "priority": "low"}


DATA = {
    "tickets/selection/": _selection,
    "tickets/selection/changes/": _selection,
    "tickets/selection/mine/": _selection,
    "watched/selection/": _selection,
    "tickets/new/": _new,
    "tickets/<slug:number>/articles/": lambda world, row, login: {
        "body": "Buy ink.",
        "kind": row.detail or "note",
    },
    "tickets/<slug:number>/articles/<int:article>/edit/": lambda world, row, login: {"body": "Changed."},
    "tickets/<slug:number>/fields/<slug:name>/": _field,
    "tickets/<slug:number>/merge/": _merge,
    "tickets/<slug:number>/links/": _merge,
    "tickets/<slug:number>/view/": lambda world, row, login: {"view": "timeline"},
    "tickets/<slug:number>/watchers/": lambda world, row, login: (
        {"group": row.detail.removeprefix("group ").replace("no such", "zoe")}
        if "group" in row.detail
        else {"user": row.detail.replace("no such login", "zoe")}
    ),
    "inbox/selection/": lambda world, row, login: {"do": "done", "row": world.inbox_row("uma")},
    "tickets/filters/": lambda world, row, login: {"name": "What burns"},
    "tickets/filters/<int:kept>/": lambda world, row, login: {"name": "What burns"},
    "inbox/filters/": lambda world, row, login: {"name": "What burns"},
    "inbox/<int:row>/snooze/": lambda world, row, login: {"moment": "tomorrow"},
    "preferences/": lambda world, row, login: {"language": "ja", "time_zone": "Asia/Tokyo"},
    "preferences/password/": lambda world, row, login: {
        "old_password": PASSWORD,
        "new_password1": NEW_PASSWORD,
        "new_password2": NEW_PASSWORD,
    },
    "preferences/two-step/": lambda world, row, login: {"password": PASSWORD},
    "preferences/two-step/code/": lambda world, row, login: {"code": "123456"},
    "preferences/two-step/recovery-codes/": lambda world, row, login: {"password": PASSWORD},
    "preferences/single-sign-on/": lambda world, row, login: {"password": PASSWORD},
    "login/code/": lambda world, row, login: {"code": "123456"},
    "preferences/signature/": lambda world, row, login: {"text": "Yours"},
    "preferences/watching/": lambda world, row, login: {"on_create": "on"},
    "preferences/notifications/address/": lambda world, row, login: {"address": "else@where.example"},
    "login/": lambda world, row, login: {
        "username": "uma" if login == "nobody" else login,
        "password": PASSWORD,
    },
    "admin/login/": lambda world, row, login: {"username": "ada", "password": PASSWORD},
    "admin/logout/": lambda world, row, login: {},
    "admin/password_change/": lambda world, row, login: {
        "old_password": PASSWORD,
        "new_password1": NEW_PASSWORD,
        "new_password2": NEW_PASSWORD,
    },
    "admin/notifications/definition/import/": lambda world, row, login: {
        "file": SimpleUploadedFile("it.yaml", export(Definition.objects.all()[:1]).encode()),
        "overwrite": "on",
    },
}

IMPORTED = {
    "admin/opsi/customer/": ("customers", b"name\nDelphi"),
    "admin/opsi/user/": ("people", b"login,name\nzoe,Zoe"),
    "admin/tickets/queue/": ("queues", b"name\nElsewhere"),
}


def _imported(world, row):
    listing, _word, end = row.route.partition("import/")
    slug, content = IMPORTED[listing]
    if not end:
        return {"file": SimpleUploadedFile("it.csv", content)}
    return {"shown": signed(kinds[slug], Shown(content, ""), world.people["ada"])}


def query(row) -> str:
    if row.route != "admin/autocomplete/":
        return ""
    # Of a field that no page finds people by, nothing is found.
    field = "customer" if row.what == "customers" else "password"
    return f"?app_label=opsi&model_name=user&field_name={field}&term=a"


# What a page's own form does not say by itself.
FILLED_IN = {
    "admin/opsi/user/add/": {"username": "zoe", "full_name": "Zoe"},
    "admin/opsi/customer/add/": {"name": "Delphi"},
    "admin/opsi/group/add/": {"name": "Day shift", "slug": "day"},
    "admin/tickets/workingcalendar/add/": {"name": "Elsewhere"},
    "admin/tickets/queue/add/": {"name": "Elsewhere"},
    "admin/tickets/texttemplate/add/": {"name": "Elsewhere", "text": "Hello."},
    "admin/tickets/service/add/": {"name": "Elsewhere"},
    "admin/tickets/sla/add/": {"name": "Elsewhere"},
    "admin/notifications/notificationfunction/server/": {
        "host": "mail.example.com",
        "account": "opsi",
        "secret": "secret",
        "sender": "opsi@example.com",
    },
    "admin/notifications/addresspause/add/": {"address": "else@where.example"},
    "admin/notifications/definition/add/": {
        "name": "Another",
        "events": "TicketCreate",
        "recipients": "owner",
        "channels": "email",
        "on_by_default": "email",
        "texts-0-subject": "Hello",
        "texts-0-body": "Hello",
    },
}


def _admin(world, row, pages):
    path = address(world, row)
    if row.route.endswith("/delete/"):
        return {"post": "yes"}
    if row.route.count("/") == 3 and "<" not in row.route and row.route.split("/")[1] != "r":
        model = row.route.split("/")[2]
        if model in world.admin_rows and model not in {"inboxretention", "policycell", "watchersettings"}:
            return {"action": "delete_selected", "index": "0", "_selected_action": world.admin_rows[model]}
    source = path
    if row.route.startswith("admin/notifications/notificationfunction/"):
        source = "/admin/notifications/notificationfunction/"
    if "<int:pk>" in row.route:
        return {"ticket": world.tickets["acme"].number}
    forms = [form for form in forms_of(pages(source)) if form.method == "post" and form.fields]
    wanted = [form for form in forms if form.action.endswith(path)] or [
        form for form in forms if not form.action or form.action == "."
    ]
    return (wanted[0].data if wanted else {}) | FILLED_IN.get(row.route, {})

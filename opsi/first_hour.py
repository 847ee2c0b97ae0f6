"""The first hour of a service-desk lead, on the front page of the admin: what is done and what is not.

Each floor puts its steps here (`Step("queues", …)` in its admin), each with a state read from the database. Where the
way it is may be right without anybody changing it, such as the shipped watcher policy, a person says so: SettledStep.
See docs/first-hour.md.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from opsi.admin_site import Words
from opsi.audit_entry import AuditEntry
from opsi.requests import PersonRequest
from opsi.settled import SettledStep


class State(NamedTuple):
    """`text`: how things are, such as "3 customers, 12 people"."""

    is_done: bool
    text: str


class Link(NamedTuple):
    words: Words
    page: str

    @property
    def url(self) -> str:
        return reverse(self.page)


@dataclass
class Step:
    """`why`: one sentence. `links`: the first is where it is done."""

    slug: str
    name: Words
    why: Words
    state: Callable[[], State]
    links: tuple[Link, ...]
    order: int = field(default=50)

    def __post_init__(self):
        steps.append(self)
        steps.sort(key=lambda step: step.order)


steps: list[Step] = []


class Standing(NamedTuple):
    """A step as it is now."""

    step: Step
    state: State
    settled: SettledStep | None

    @property
    def is_done(self) -> bool:
        return self.state.is_done or self.settled is not None


def standings() -> list[Standing]:
    settled = {one.slug: one for one in SettledStep.objects.select_related("by")}
    return [Standing(step, step.state(), settled.get(step.slug)) for step in steps]


def find(slug: str) -> Step | None:
    return next((step for step in steps if step.slug == slug), None)


def changed_by_somebody(kind: str) -> str:
    """When, and by whom, one of `kind` was last changed by a person; "" for as it was shipped."""
    entry = AuditEntry.objects.filter(kind=kind, actor__isnull=False).select_related("actor").first()
    if entry is None:
        return ""
    return gettext("last changed on %(day)s by %(person)s") % {
        "day": date_format(timezone.localdate(entry.at)),
        "person": entry.actor.name if entry.actor else entry.actor_name,
    }


def panel(request: PersonRequest, **context) -> str:
    """Above the front page of the admin, for whoever has not hidden it."""
    if request.user.hides_first_hour:
        return ""
    found = standings()
    done = sum(one.is_done for one in found)
    context = {"standings": found, "done": done, "all": len(found), "is_over": done == len(found)}
    return render_to_string("admin/opsi/first_hour.html", context, request)


def way_back(request: PersonRequest, **context) -> str:
    """Beneath the front page, for whoever has hidden it."""
    if not request.user.hides_first_hour:
        return ""
    return render_to_string("admin/opsi/first_hour_back.html", {}, request)

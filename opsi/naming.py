"""What people are called by whom: the one place that decides whether an agent's own name is told (docs/access.md).

Agents and administrators read real names. Customer users and requesters do too, unless the installation has agents go
by a neutral name: then every name they read, on pages, in notifications and in mails, comes from here.
"""

from collections.abc import Iterable
from email.utils import parseaddr
from typing import Protocol

from django.utils.translation import gettext as _

from opsi.models import NamingSettings, User


class Viewer(Protocol):
    """Whoever reads: a User, or the `Reader` a text is for. `pk` is None where they have no account."""

    @property
    def is_agent(self) -> bool: ...

    @property
    def pk(self) -> int | None: ...


def goes_by_neutral_name(person: User) -> bool:
    """Whether a neutral name would stand for `person`: every agent, and whoever is deleted and may have been one."""
    return person.is_agent or (person.customer_id is None and person.deleted_at is not None)


class Naming:
    """How the installation names people: `load` it once for all that is read together. One statement, when asked."""

    def __init__(self) -> None:
        self._settings: NamingSettings | None = None

    @property
    def settings(self) -> NamingSettings:
        if self._settings is None:
            self._settings = NamingSettings.load()
        return self._settings

    def hides_agents_from(self, viewer: Viewer) -> bool:
        return not viewer.is_agent and self.settings.neutral_agents

    @property
    def neutral(self) -> str:
        """In the language in force."""
        return self.settings.neutral_name or _("Service desk")

    def name(self, person: User | None, viewer: Viewer, *, as_agent: bool = False) -> str:
        """What `viewer` reads for `person`; "" for nobody.

        `as_agent`: they did as an agent what is spoken of, whatever they are by now.
        """
        if person is None:
            return ""
        if viewer.is_agent or person.pk == viewer.pk or not (as_agent or goes_by_neutral_name(person)):
            return str(person)
        return self.neutral if self.settings.neutral_agents else str(person)

    def addresses(self, line: str, viewer: Viewer) -> str:
        """A line of mail addresses as `viewer` reads it: agents' own ones are told as little as their names."""
        if not line or not self.hides_agents_from(viewer):
            return line
        parts = [part.strip() for part in line.split(",")]
        agents = _agents_at(parts)
        told = [self.neutral if any(email in part.lower() for email in agents) else part for part in parts]
        return ", ".join(dict.fromkeys(told))


def naming_of(viewer: User) -> Naming:
    """The Naming kept with `viewer`, who is another object with each request."""
    if "_naming" not in viewer.__dict__:
        viewer.__dict__["_naming"] = Naming()
    return viewer.__dict__["_naming"]


def name_for(person: User | None, viewer: User, *, as_agent: bool = False) -> str:
    """What `viewer` reads for `person`, "" for nobody; in the language in force."""
    return naming_of(viewer).name(person, viewer, as_agent=as_agent)


def _agents_at(parts: Iterable[str]) -> list[str]:
    """The agents' addresses among `parts`, which may carry names."""
    spelled = {parseaddr(part)[1].lower() for part in parts} - {""}
    found = User.objects.agents().exclude(email="").values_list("email", flat=True)
    return [email.lower() for email in found if email.lower() in spelled] if spelled else []

"""Why somebody is told, said to themselves; the recipient kinds' own labels speak of them to others."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import recipients
from notifications.models import Notice
from notifications.watching import GROUP_MEMBER, STATE_CHANGES_ONLY

STAND_IN = "stand_in"  # no recipient kind: it follows from somebody's absence
CLOSER: dict[str, str | Promise] = {
    STAND_IN: gettext_lazy("Stand-in"),
    GROUP_MEMBER: gettext_lazy("Members of watching groups"),
    STATE_CHANGES_ONLY: gettext_lazy("Watchers of state changes"),
}
CLOSER_PARTS: dict[str, str | Promise] = {GROUP_MEMBER: gettext_lazy("a group of yours watches it")}


def parts() -> dict[str, str | Promise]:
    """{reason: said to whoever is told for it}, of those that have something to say."""
    of_kinds = {kind.name: kind.you for kind in recipients.all_kinds() if kind.you}
    return of_kinds | CLOSER_PARTS


def your_parts(notice: Notice) -> list[str]:
    """Why its person is told of `notice`, said to them, such as “you watch it”."""
    return [_standing_in(notice) if kind == STAND_IN else your_part(kind) for kind in notice.reasons]


def _standing_in(notice):
    people = ", ".join(person["name"] for person in notice.stands_in_for)
    return _("you stand in for %(people)s") % {"people": people}


def your_part(kind: str) -> str:
    """Why a person is told, by the name of the recipient kind, such as “you watch it”."""
    said = CLOSER_PARTS.get(kind) or _kind(kind, "you")
    return str(said) or _("you are among: %(kind)s") % {"kind": label(kind)}


def label(kind: str) -> str:
    """What a recipient kind is called; its name where it is gone meanwhile."""
    return str(CLOSER.get(kind) or _kind(kind, "label") or kind)


def _kind(kind, attribute):
    try:
        return getattr(recipients.get(kind), attribute)
    except KeyError:
        return ""

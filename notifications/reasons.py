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
YOUR_PART: dict[str, str | Promise] = {
    "creator": gettext_lazy("you created it"),
    "owner": gettext_lazy("you own it"),
    "responsible": gettext_lazy("you are responsible for it"),
    "assignment_group": gettext_lazy("your group works on it"),
    "watchers": gettext_lazy("you watch it"),
    GROUP_MEMBER: gettext_lazy("a group of yours watches it"),
    "customer_user": gettext_lazy("it is your request"),
    "following_managers": gettext_lazy("you follow your customer's tickets"),
    "newly_concerned": gettext_lazy("it is yours now"),
    "informed": gettext_lazy("somebody wants you to know"),
    "watcher_subject": gettext_lazy("it is about your watching"),
    "queue_subscribers": gettext_lazy("you subscribe to its queue"),
    "service_subscribers": gettext_lazy("you subscribe to its service"),
    "queue_and_service_subscribers": gettext_lazy("you subscribe to its queue and service"),
}


def your_parts(notice: Notice) -> list[str]:
    """Why its person is told of `notice`, said to them, such as “you watch it”."""
    return [_standing_in(notice) if kind == STAND_IN else your_part(kind) for kind in notice.reasons]


def _standing_in(notice):
    people = ", ".join(person["name"] for person in notice.stands_in_for)
    return _("you stand in for %(people)s") % {"people": people}


def your_part(kind: str) -> str:
    """Why a person is told, by the name of the recipient kind, such as “you watch it”."""
    if kind in YOUR_PART:
        return str(YOUR_PART[kind])
    return _("you are among: %(kind)s") % {"kind": label(kind)}


def label(kind: str) -> str:
    """What a recipient kind is called; its name where it is gone meanwhile."""
    if kind in CLOSER:
        return str(CLOSER[kind])
    try:
        return str(recipients.get(kind).label)
    except KeyError:
        return kind

"""What a mail says, for administrators: its text is kept nowhere, so it is worded anew from what may be told still."""

import copy
from typing import NamedTuple

from notifications.choices import ItemState
from notifications.compose import NothingToSay, compose
from notifications.models import Mail, MailItem, NotificationFunction
from notifications.recheck import still_told, with_all
from opsi.models import User
from tickets import access

MOST = 50  # notifications, as many as stand in one mail


class Wording(NamedTuple):
    """`text` is plain, "" for nothing; `left_out` notifications may not be told any more, or not to the viewer."""

    text: str
    left_out: int
    more: int


def wording(mail: Mail, viewer: User) -> Wording:
    items = list(with_all(MailItem.objects.filter(mail=mail).exclude(state=ItemState.WITHDRAWN))[: MOST + 1])
    shown = items[:MOST]
    parts = still_told(shown, NotificationFunction.load())
    tickets = {event.ticket for part in parts for event in part.events}
    readable = access.allowed(viewer, "read", tickets)
    parts = [part for part in parts if all(event.ticket_id in readable for event in part.events)]
    for place, part in enumerate(parts):
        # As in a rehearsal: links that act for its person without signing in are not for anybody else's eyes.
        anew = copy.copy(part.item)
        anew.pk = None
        parts[place] = type(part)(anew, part.events, part.version, part.reader)
    try:
        letter = compose(Mail(address=mail.address), parts, "")
    except NothingToSay:
        return Wording("", len(shown), len(items) - len(shown))
    return Wording(str(letter.message.body), len(shown) - len(letter.said), len(items) - len(shown))

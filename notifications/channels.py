"""How people are told: the registry of channels (domain §4). Whatever lists channels reads it."""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications import inbox
from notifications.models import Definition, Notice, NotificationFunction

type Deliver = Callable[[Sequence[Notice], datetime.datetime], None]


@dataclass(frozen=True)
class Channel:
    """`available` says whether the function in use has it; `icon` is a heroicons outline name.

    `deliver(notices, now)` takes those of one operation that are told through it, just saved, inside the transaction
    that decides them: it writes rows, and leaves whatever may fail or take long for after the commit. `is_mail`: goes
    to an address, so that a pause, an absence or a missing address stops it, and by the way of mail instead of
    `deliver` (`notifications.windows`); others need an account.
    """

    name: str
    label: str | Promise
    icon: str
    available: Callable[[NotificationFunction], bool]
    deliver: Deliver | None = None
    is_mail: bool = False


_channels: dict[str, Channel] = {}


def register(channel: Channel) -> Channel:
    """Add a channel; a second one of the same name is a programming error."""
    if _channels.setdefault(channel.name, channel) != channel:
        raise ValueError(f"A channel named {channel.name} is registered already.")
    return channel


def get(name: str) -> Channel:
    """The channel called `name`; KeyError for an unknown one."""
    return _channels[name]


def all_channels() -> list[Channel]:
    return list(_channels.values())


def deliver(notices: Sequence[Notice], now: datetime.datetime) -> None:
    """Hand each channel the saved `notices` that are told through it; inside dispatch's transaction."""
    for channel in _channels.values():
        if channel.deliver is not None:
            channel.deliver([notice for notice in notices if channel.name in notice.channels], now)


def of(definition: Definition) -> list[Channel]:
    """Those that `definition` has, in their own order: databases keep the keys of JSON in whatever suits them."""
    return [channel for channel in _channels.values() if channel.name in definition.channels]


def choices() -> list[tuple[str, str | Promise]]:
    return [(channel.name, channel.label) for channel in _channels.values()]


def available(function: NotificationFunction) -> frozenset[str]:
    """The names of the channels that `function` has."""
    return frozenset(channel.name for channel in _channels.values() if channel.available(function))


IN_APP = register(
    Channel("in_app", _("In the app"), "bell", lambda function: function.uses_app, inbox.receive)
)
EMAIL = register(Channel("email", _("E-mail"), "envelope", lambda function: True, is_mail=True))

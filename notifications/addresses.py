"""Mail addresses as windows are kept by them: one spelling an address, and never the system's own (domain §4, §7)."""

from email.headerregistry import Address
from email.utils import parseaddr
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.encoding import punycode

from notifications.models.function import MailServer
from opsi.models import User

MAX_LENGTH = 254
# On everything mailed: nobody's automatic answer is asked for.
GUARD = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
_validate = EmailValidator()


def normalise(address: str, own: frozenset[str] | None = None) -> str:
    """The one spelling of `address`; "" where no mail can reach it, or where it is one of the system's `own`.

    `own` is what `own()` gives; without it only the fixed sender counts, which costs no statement.
    """
    spelled = _spell(address)
    return "" if spelled in (_fixed_sender() if own is None else own) else spelled


def of_person(user: User, own: frozenset[str] | None = None) -> str:
    """Where mail to `user` goes: to the account's address, unless they set and confirmed another; "" for nowhere.

    `own` as for `normalise`. Select `notification_settings` along where it is asked for many.
    """
    chosen = getattr(user, "notification_settings", None)
    return normalise((chosen.own_address if chosen else "") or user.email, own)


def own() -> frozenset[str]:
    """The system's own addresses: mail to them would come back to it. One statement."""
    return (_fixed_sender() | {_spell(MailServer.load().sender)}) - {""}


def _fixed_sender() -> frozenset[str]:
    return frozenset({_spell(settings.DEFAULT_FROM_EMAIL), _spell(settings.SERVER_EMAIL)}) - {""}


@lru_cache(maxsize=20_000)  # a process meets the same people again and again, and reading an address is slow
def _spell(address: str) -> str:
    # A sender in the settings may carry a name; people's addresses never do.
    address = parseaddr(address)[1] if "<" in address else address
    local, at, host = address.strip().lower().rpartition("@")
    try:
        spelled = f"{local}{at}{punycode(host)}"
        _validate(spelled)
        # What the validator lets pass but no header can hold.
        Address(addr_spec=spelled)
    except (ValidationError, ValueError, IndexError):
        return ""
    return spelled if len(spelled) <= MAX_LENGTH else ""

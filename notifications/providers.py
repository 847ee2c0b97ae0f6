"""Ways out that are no mail server: a mail provider's API through anymail, or files."""

import datetime
import email.utils
from http.client import HTTPException

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from notifications.causes import Cause
from notifications.choices import Function
from notifications.delivery_failures import DeliveryFailed, Permanent, Temporary, Unknown, Unreachable
from notifications.explain import cut, explain

# Of what a provider refuses, what is one mail's own fault: its address, its size or what it says.
OF_ONE_MAIL = frozenset({400, 413, 422})
BROKEN_OFF = (
    ConnectionResetError,
    BrokenPipeError,
    HTTPException,
)  # behind the request, as far as anybody knows


class BackendTransport:
    """Any other mail backend of Django's: files, or a provider through anymail."""

    def __init__(self, backend: BaseEmailBackend, function: Function, sender: str):
        self._backend, self.function, self.sender = backend, function, sender

    def deliver(self, message: EmailMessage) -> str:
        try:
            self._backend.send_messages([message])
        except Exception as error:
            raise _failure_of_provider(error) from error
        return ""

    def try_out(self) -> None:
        """Being made is all: a provider is asked nothing but to send."""

    def close(self) -> None:
        self._backend.close()


def _failure_of_provider(error: Exception) -> DeliveryFailed:
    import requests
    from anymail.exceptions import AnymailAPIError, AnymailError

    status: int | None = getattr(error, "status_code", None)
    match error:
        case requests.ReadTimeout():
            return Unknown(Cause.PROVIDER_SILENT)
        case AnymailAPIError() if status is not None:
            return _refusal(error, status)
        case requests.ConnectionError() if isinstance(_root(error), BROKEN_OFF):
            return Unknown(Cause.PROVIDER_BROKE_OFF, cut(str(_root(error))))
        case OSError() if error.errno and not isinstance(error, requests.RequestException):
            return Unreachable(Cause.FOLDER, cut(error.strerror or str(error)))
        case OSError() | AnymailAPIError():
            return Unreachable(*explain(error))
        case AnymailError():
            return Permanent(Cause.PROVIDER_REFUSED, _said_by(error))
        case ValueError():
            return Permanent(Cause.NO_MAIL, cut(str(error)))
    return Temporary(Cause.MISTAKE, cut(repr(error)))


def _root(error):
    """What it came from in the end."""
    while (before := error.__cause__ or error.__context__) is not None:
        error = before
    return error


def _refusal(error, status):
    said = _said_by(error)
    if status < 300:
        return Unknown(Cause.PROVIDER_UNCLEAR, said)
    if status == 429:
        return Unreachable(Cause.PROVIDER_LIMIT, said, _asked_to_wait(error.response))
    if status >= 500:
        return Unreachable(Cause.PROVIDER_DOWN, said, _asked_to_wait(error.response))
    if status in OF_ONE_MAIL:
        return Permanent(Cause.PROVIDER_REFUSED, said)
    # A key, a bill, an address of the API: no other mail would fare better, and none is to fail for it.
    return Unreachable(Cause.PROVIDER_KEY, said)


def _said_by(error):
    """Its answer on one line, such as "400 Bad Request: {…}"."""
    response = getattr(error, "response", None)
    if getattr(response, "status_code", None) is None:
        return cut(str(error))
    return cut(f"{response.status_code} {response.reason}: {response.text}").removesuffix(":")


def provider_id(message: EmailMessage) -> str:
    """What the provider that took `message` calls it; "" where it left another way."""
    named = getattr(getattr(message, "anymail_status", None), "message_id", None)
    return named[:250] if isinstance(named, str) else ""


def _asked_to_wait(response) -> datetime.timedelta | None:
    """What its Retry-After says, as seconds or as a moment; None where it says nothing that makes sense."""
    said = str(getattr(response, "headers", {}).get("Retry-After", "")).strip()
    if said.isascii() and said.isdigit():
        return datetime.timedelta(seconds=min(int(said[:9]), 86_400))
    try:
        wait = email.utils.parsedate_to_datetime(said) - timezone.now()
    except (ValueError, TypeError):
        return None
    return max(wait, datetime.timedelta(0))

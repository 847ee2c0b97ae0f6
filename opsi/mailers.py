"""The mailers that OPSI_MAIL_URL chooses between: files that nobody receives, and whether a provider is set up."""

import email.policy
import os
import re
import sys
import uuid
from collections.abc import Sequence
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, InvalidMailer, mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


class OneLine(UnstructuredHeader):
    """A header of addresses for machines: to fold it, Python would encode its long words, which nobody reads."""

    def fold(self, *, policy):
        return f"{self.name}: {self}{policy.linesep}"


_headers = HeaderRegistry()
_headers.map_to_type("List-Unsubscribe", OneLine)  # type: ignore[arg-type]
FILE_POLICY = email.policy.default.clone(header_factory=_headers)
SMTP_POLICY = email.policy.SMTP.clone(header_factory=_headers)


class EmlFileBackend(BaseEmailBackend):
    """Keeps every mail in `file_path`, named by its time so that a listing is in the order of sending."""

    def __init__(self, *, file_path: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not file_path:
            raise InvalidMailer("OPTIONS must define 'file_path'.", alias=kwargs.get("alias"))
        self.folder = Path(file_path)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        sendable = [message for message in email_messages if message.recipients()]
        for message in sendable:
            self._write(message.message(policy=FILE_POLICY).as_bytes())
        return len(sendable)

    def _write(self, content: bytes) -> None:
        name = f"{timezone.now():%Y%m%dT%H%M%S.%f}-{uuid.uuid4().hex[:8]}.eml"
        # Renamed when whole, so that whoever reads the folder never sees half a mail.
        unfinished = self.folder / f".{name}.tmp"
        try:
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(self.folder / name)
        except OSError:
            # Half a mail would take what room there is from the next try.
            unfinished.unlink(missing_ok=True)
            raise


def insist_on_provider() -> None:
    """Stop the start, with one sentence, where the mail provider that OPSI_MAIL_URL names is not set up."""
    backend = settings.MAILERS["opsi"]["BACKEND"]
    if not backend.startswith("anymail."):
        return
    try:
        mailers["opsi"]
    except (ImproperlyConfigured, ImportError) as error:
        provider = backend.split(".")[2]
        if option := re.search(r"must define '(\w+)'", str(error)):
            variable = f"ANYMAIL_{provider}_{option[1]}".upper()
            sys.exit(f"{variable} is not set: the mail provider that OPSI_MAIL_URL names needs it.")
        reason = " ".join(str(error).rpartition("EmailBackend': ")[2].split()).rstrip(".")
        sys.exit(f"OPSI_MAIL_URL names the mail provider {provider}, which cannot be used: {reason}.")

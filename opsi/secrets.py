"""Secrets at rest: encrypted with keys derived from OPSI_SECRET_KEY, readable with its fallbacks while keys rotate."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.apps import apps
from django.conf import settings
from django.db import models, transaction


class SecretUnreadable(Exception):
    """The secret was encrypted with a key that is neither the current one nor a fallback."""


def _fernet(key: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"opsi.secrets").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def _keys() -> MultiFernet:
    return MultiFernet([_fernet(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def encrypt(plain: str) -> str:
    """`plain` as an ASCII token; "" stays ""."""
    return _keys().encrypt(plain.encode()).decode() if plain else ""


def decrypt(token: str) -> str:
    """The text behind `token`; "" stays "". Raises SecretUnreadable where no key fits."""
    if not token:
        return ""
    try:
        return _keys().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise SecretUnreadable(
            "This secret was saved under another OPSI_SECRET_KEY: enter it again."
        ) from error


def is_current(token: str) -> bool:
    """Whether `token` was made with the key in use, not with a former one."""
    try:
        _fernet(settings.SECRET_KEY).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


class EncryptedField(models.TextField):
    """Holds what `encrypt` gives. Being of this kind is what brings a column under `rotate`, and out of the audit."""

    def deconstruct(self):
        # To the database a text, so that a column may become one of these without a migration.
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


@dataclass(frozen=True)
class Rotated:
    """What became of one stored secret; `name` is its place, such as `notifications.MailServer 1 secret_encrypted`."""

    name: str
    outcome: str


CURRENT, DONE, UNREADABLE, CHANGED = "current", "rotated", "unreadable", "changed meanwhile"


def encrypted_fields() -> Iterator[tuple[type[models.Model], EncryptedField]]:
    """Every encrypted column there is."""
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, EncryptedField):
                yield model, field


def rotate(*, dry_run: bool = False) -> Iterator[Rotated]:
    """Encrypt every stored secret with the key in use. What no key reads stays as it is.

    Each row moves by an update of its own that only finds the value that was read: whoever enters a new secret
    meanwhile wins, and one broken off is simply started again.
    """
    for model, field in encrypted_fields():
        rows = model._base_manager.exclude(**{field.attname: ""}).order_by("pk")
        if field.null:
            rows = rows.exclude(**{field.attname: None})
        for row in rows.iterator(chunk_size=500):
            outcome = _rotate_one(row, field, dry_run)
            yield Rotated(f"{model._meta.label} {row.pk} {field.attname}", outcome)


def _rotate_one(row: Any, field: EncryptedField, dry_run: bool) -> str:
    token = getattr(row, field.attname)
    if is_current(token):
        return CURRENT
    try:
        plain = decrypt(token)
    except SecretUnreadable:
        return UNREADABLE
    if dry_run:
        return DONE
    columns = {field.attname: encrypt(plain)}
    # A model that keeps something made of the token says what becomes of that.
    if hasattr(row, "secret_rotated"):
        columns |= row.secret_rotated(**columns)
    with transaction.atomic():
        found = type(row)._base_manager.filter(pk=row.pk, **{field.attname: token})
        return DONE if found.update(**columns) else CHANGED

"""Secrets at rest: encrypted with keys derived from OPSI_SECRET_KEY, readable with its fallbacks while keys rotate."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


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

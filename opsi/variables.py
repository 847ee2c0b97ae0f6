"""Plain values read from environment variables: each typed, each wrong one explained in one sentence."""

import os
import re
import unicodedata
from collections.abc import Mapping
from ipaddress import IPv6Address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from opsi.setting_table import entry

SHORTEST_TOKEN = 16
MOST = 2_147_483_647
LONGEST_SHOWN = 80  # characters of a wrong value
YES = ("1", "true", "yes", "on")
NO = ("0", "false", "no", "off")
CONTACT = re.compile(r"mailto:[!-?A-~]+@[!-?A-~]+|https://[!-~]+")
HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?|\[[0-9A-Fa-f:.]+\]")


class BadSetting(Exception):
    """An environment variable is missing or wrong; the message is one sentence for whoever starts the program."""


class Variables:
    """Typed reading of `variables`, usually `os.environ`. One set to "" counts as unset.

    Only what has an entry in `opsi.setting_table` can be read, which also gives the default.
    """

    def __init__(self, variables: Mapping[str, str]):
        self._variables = variables

    def text(self, name: str) -> str:
        default = entry(name).default
        return self._given(name) or default

    def _given(self, name: str) -> str:
        value = self._variables.get(name, "").strip()
        try:
            value.encode()
        except UnicodeEncodeError:
            raise BadSetting(f"{name} is no text in UTF-8: write it anew.") from None
        if any(unicodedata.category(character) == "Cc" for character in value):
            raise BadSetting(f"{name} holds a line break or another control character: write it on one line.")
        return value

    def required(self, name: str, reason: str) -> str:
        value = self.text(name)
        if not value:
            raise BadSetting(f"{name} is not set: {reason}.")
        return value

    def flag(self, name: str) -> bool:
        value = self.text(name).lower()
        if value not in YES + NO:
            raise BadSetting(f"{name} is {shown(value)}, but must be one of {', '.join(YES + NO)}.")
        return value in YES

    def number(self, name: str, least: int = 0, most: int = MOST) -> int:
        """A whole number from `least` to `most`."""
        value = self.text(name)
        if not (value.isascii() and value.isdigit() and len(value) < 20 and least <= int(value) <= most):
            raise BadSetting(f"{name} is {shown(value)}, but must be a whole number from {least} to {most}.")
        return int(value)

    def number_or_none(self, name: str, most: int = MOST) -> int | None:
        """As `number`; None where unset."""
        return self.number(name, most=most) if self.text(name) else None

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        value = self.text(name)
        if value not in choices:
            raise BadSetting(f"{name} is {shown(value)}, but must be one of {', '.join(choices)}.")
        return value

    def names(self, name: str) -> list[str]:
        """A list separated by commas."""
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def hosts(self, name: str) -> list[str]:
        """What Django's ALLOWED_HOSTS takes, separated by commas; IPv6 addresses with or without brackets."""
        hosts = [f"[{one}]" if _is_ipv6(one) else one for one in self.names(name)]
        if wrong := [one for one in hosts if one != "*" and not HOST.fullmatch(one.removeprefix("."))]:
            raise BadSetting(
                f"{name} names {shown(wrong[0])}, but must be host names separated by commas, without"
                " https:// or a port."
            )
        return hosts

    def ports(self, name: str) -> frozenset[int] | None:
        """Port numbers separated by commas; None for `any`."""
        names = self.names(name)
        if names == ["any"]:
            return None
        if wrong := [
            one for one in names if not (one.isascii() and one.isdigit() and 0 < int(one[:6]) < 65536)
        ]:
            raise BadSetting(
                f"{name} names {shown(wrong[0])}, but must be ports separated by commas, or any."
            )
        return frozenset(map(int, names))

    def folder(self, name: str, default: Path, written: bool = True) -> Path:
        """The absolute path of a folder that can be read and, where it is `written`, written to; made where missing."""
        given = self.text(name) or str(default)
        try:
            path = Path(given).expanduser().absolute()
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadSetting(
                f"{name} is {shown(given)}, which cannot be made a folder: {error.strerror}."
            ) from error
        except RuntimeError as error:
            raise BadSetting(f"{name} is {shown(given)}, but nobody here is called so.") from error
        if not os.access(path, os.R_OK | os.X_OK | (os.W_OK if written else 0)):
            raise BadSetting(
                f"{name} is {shown(given)}, a folder this program may not read{' and write' * written}: give it to the"
                " account that runs it, or name another."
            )
        return path

    def base_url(self, name: str) -> SplitResult:
        """The address people reach the pages at: scheme and host, optionally a port, nothing behind."""
        value = self.text(name).rstrip("/")
        url = self.split(name, value)
        if (
            url.scheme not in ("http", "https")
            or not _is_host(url.hostname)
            or url.path
            or url.query
            or url.fragment
            or "@" in url.netloc
        ):
            raise BadSetting(
                f"{name} is {shown(value)}, but must look like https://tickets.example.com, without a path."
            )
        return url

    def address(self, name: str) -> SplitResult:
        """The address of another service: scheme and host, perhaps a path, nothing behind."""
        value = self.text(name).rstrip("/")
        url = self.split(name, value)
        if (
            url.scheme not in ("http", "https")
            or not _is_host(url.hostname)
            or url.query
            or url.fragment
            or "@" in url.netloc
        ):
            raise BadSetting(
                f"{name} is {shown(value)}, but must look like https://login.example.com/realms/desk."
            )
        return url

    def contact(self, name: str) -> str:
        """Where somebody is reached, as an address that a program can open; "" where unset."""
        value = self.text(name)
        if value and not CONTACT.fullmatch(value):
            raise BadSetting(
                f"{name} is {shown(value)}, but must look like mailto:security@example.com or"
                " https://example.com/security."
            )
        return value

    def token(self, name: str) -> str:
        """A long random text by which another program is known; "" where unset."""
        value = self.text(name)
        if value and (len(value) < SHORTEST_TOKEN or not value.isascii() or not value.isprintable()):
            raise BadSetting(
                f"{name} must be at least {SHORTEST_TOKEN} plain characters, such as openssl rand -hex 24 makes."
            )
        return value

    def pairs(self, name: str) -> dict[str, str]:
        """`one=this,two=that` as a dict; what stands before the last = may hold others."""
        pairs = [part.rpartition("=") for part in self.names(name)]
        if any(not key.strip() or not value.strip() for key, _equals, value in pairs):
            raise BadSetting(f"{name} must look like value=meaning,value=meaning.")
        return {key.strip(): value.strip() for key, _equals, value in pairs}

    def split(self, name: str, value: str) -> SplitResult:
        try:
            url = urlsplit(value)
            url.port  # noqa: B018  (a property that raises on a port that is no number)
        except ValueError as error:
            raise BadSetting(
                f"{name} is not an address of the form scheme://host:port (in a password, / # ? @ : % are written"
                " %2F %23 %3F %40 %3A %25)."
            ) from error
        return url


def shown(value: str) -> str:
    """`value` as a sentence repeats it: cut, and without the account and password of an address."""
    value = re.sub(r"(^|//)[^/]*@", r"\1…@", value) if "://" in value or value.startswith("//") else value
    return repr(value if len(value) <= LONGEST_SHOWN else value[: LONGEST_SHOWN - 1] + "…")


def is_service_host(host: str | None) -> bool:
    """Whether it can be the host of a server, as urlsplit gives it; in letters of any language."""
    return bool(host and re.fullmatch(r"[\w.:%-]+", host))


def _is_host(host: str | None) -> bool:
    """As `is_service_host`, in the letters in which browsers ask for it."""
    return bool(host and HOST.fullmatch(f"[{host}]" if _is_ipv6(host) else host))


def _is_ipv6(text: str) -> bool:
    try:
        return bool(IPv6Address(text))
    except ValueError:
        return False

"""Settings that are allowed and nevertheless no good."""

import difflib
import os
import re
import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from opsi.doctor import Asked, Said, bad, ok, one_line, warning
from opsi.environment import is_loopback
from opsi.setting_table import SETTINGS

OURS = re.compile(r"OPSI_(?!TEST_)")  # bin/test makes variables of its own
LONG_ENOUGH = 50  # characters of a key, as Django counts it
SHORTEST, FEWEST = 20, 5  # characters, different ones
PATIENCE = 5.0  # seconds


def variables(_asked: Asked) -> Iterator[Said]:
    """A misspelt name is the one wrong setting that the start cannot explain: it is simply not read."""
    unknown = sorted(name for name in os.environ if OURS.match(name) and name not in SETTINGS)
    for name in unknown:
        near = difflib.get_close_matches(name, SETTINGS, n=1)
        advice = f"did you mean {near[0]}?" if near else "docs/settings.md lists those there are."
        yield warning(f"{name} is set, and is no setting: {advice}")
    if settings.DEBUG:
        yield warning("OPSI_DEBUG is on, which shows visitors how the program works: unset it in production.")
    if not unknown and not settings.DEBUG:
        yield ok("Every OPSI_ variable is known, and debug is off.")


def secret_key(_asked: Asked) -> Iterator[Said]:
    advice = "make one with openssl rand -base64 48, and change over as docs/security.md says."
    key = settings.SECRET_KEY
    if _is_guessable(key):
        yield bad(
            f"OPSI_SECRET_KEY can be guessed ({len(key)} characters), and whoever does may be anybody here: {advice}"
        )
    elif len(key) < LONG_ENOUGH:
        yield warning(f"OPSI_SECRET_KEY has {len(key)} characters, fewer than {LONG_ENOUGH}: {advice}")
    else:
        yield ok(f"OPSI_SECRET_KEY has {len(key)} characters.")
    if any(_is_guessable(former) for former in settings.SECRET_KEY_FALLBACKS):
        yield warning(
            "A key in OPSI_SECRET_KEY_FALLBACKS can be guessed: take it out once manage.py rotate_secrets has run."
        )


def _is_guessable(key: str) -> bool:
    return len(key) < SHORTEST or len(set(key)) < FEWEST


def addresses(_asked: Asked) -> Iterator[Said]:
    """Whether OPSI_BASE_URL, OPSI_ALLOWED_HOSTS and OPSI_TRUSTED_PROXIES go together."""
    url = urlsplit(settings.OPSI_BASE_URL)
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname or ""
    local = is_loopback(url.hostname or "")
    problems = []
    if not validate_host(host, settings.ALLOWED_HOSTS):
        problems.append(
            bad(
                f"Requests to {host} are refused, and links in mail lead there: add it to OPSI_ALLOWED_HOSTS."
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        problems.append(
            warning("OPSI_ALLOWED_HOSTS allows any host, also forged ones: name those people use.")
        )
    if local and not settings.OPSI_MAIL_REACHES_NOBODY:
        problems.append(
            warning(
                f"Links in mail lead to {settings.OPSI_BASE_URL}, which only this machine reaches: set OPSI_BASE_URL."
            )
        )
    if url.scheme == "http" and not local:
        problems.append(
            warning(
                "Passwords travel unencrypted: put TLS in front and let OPSI_BASE_URL begin with https://."
            )
        )
    if url.scheme == "https" and not settings.OPSI_TRUSTED_PROXIES:
        problems.append(
            warning(
                "With https:// a proxy stands in front, but OPSI_TRUSTED_PROXIES is 0, so that failed sign-ins of all"
                " people count as those of one address: set it to the number of proxies."
            )
        )
    yield from problems or [ok(f"People reach the pages at {settings.OPSI_BASE_URL}/.")]


def pages(_asked: Asked) -> Iterator[Said]:
    """Whether pages answer where people look for them."""
    url = urlsplit(settings.OPSI_BASE_URL)
    where = f"{settings.OPSI_BASE_URL}/healthz"
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    http = kind(url.hostname or "", url.port, timeout=PATIENCE)
    try:
        http.request("GET", "/healthz")
        status = http.getresponse().status
    except (OSError, HTTPException) as error:
        yield warning(
            f"{where} cannot be reached from here ({reason(error)}): see to the web process, and to the proxy in front."
        )
    else:
        if status == 200:
            yield ok(f"{where} answers.")
        elif status == 400:
            yield bad(
                f"{where} answers 400: have the proxy pass on the Host header, and see OPSI_ALLOWED_HOSTS."
            )
        else:
            yield bad(f"{where} answers {status}, not 200: is it this program that the proxy in front asks?")
    finally:
        http.close()


def reason(error: BaseException) -> str:
    """Why a connection did not come about, in few words."""
    match error:
        case ssl.SSLCertVerificationError():
            reason = (error.verify_message or one_line(error)).rstrip(".")
            return f"its certificate is not trusted: {reason}"
        case ssl.SSLError():
            return "no encrypted connection came about"
        case ConnectionRefusedError():
            return "nothing listens there"
        case socket.gaierror():
            return "there is no host of this name"
        case TimeoutError():
            return "it does not answer in time"
    return one_line(error)

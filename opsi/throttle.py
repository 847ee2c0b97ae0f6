"""Slowing down whoever guesses passwords, by account and by address (docs/sign-in.md).

django-axes keeps the failed tries in the database, so they count over all processes and survive a restart. Only
failures are kept; while somebody is refused nothing is added, so no refusal outlasts `COOL_OFF`.
"""

import ipaddress
from datetime import timedelta

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

COOL_OFF = timedelta(minutes=15)
# Whoever is attacked from elsewhere must still get in soon: from everywhere together an account slows down for less.
ACCOUNT_COOL_OFF = timedelta(minutes=5)
PAIR_LIMIT = 5  # failures of one account from one address
ACCOUNT_LIMIT = 20  # failures of one account from everywhere
ADDRESS_LIMIT = 50  # failures of one address: an office behind one router mistypes too

REFUSED = _("Too many tries that failed. Wait a quarter of an hour and try again.")


class Throttled(ValidationError):
    """Too many failures lately: nothing was looked at."""

    def __init__(self):
        super().__init__(REFUSED, code="throttled")


def client_address(request: HttpRequest) -> str | None:
    """Who is at the other end, as far as OPSI_TRUSTED_PROXIES lets one believe; an IPv6 network of one home as one."""
    address = request.META.get("REMOTE_ADDR", "")
    if proxies := settings.OPSI_TRUSTED_PROXIES:
        # Each proxy of ours appends whom it heard from; what stands further left, anyone can write.
        header = request.META.get("HTTP_X_FORWARDED_FOR", "")
        heard = header.split(",") if header else []
        address = heard[-proxies].strip() if len(heard) >= proxies else address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Network((parsed, 64), strict=False).network_address)
    return str(parsed)


def account_name(request: HttpRequest | None, credentials: dict | None) -> str:
    """The login as it is counted, whether anybody has it or not.

    Upper case first, as PostgreSQL compares logins: `mıka` with a dotless i finds mika there.
    """
    return str((credentials or {}).get("username", "")).upper().lower().replace("\0", "")[:255]


class Handler(AxesDatabaseHandler):
    """Three limits instead of one; a success forgives only its own account at its own address."""

    def is_locked(self, request, credentials=None):
        now = timezone.now()
        name, address = account_name(request, credentials), client_address(request)
        recent = AccessAttempt.objects.filter(attempt_time__gt=now - COOL_OFF)
        counted = recent.filter(Q(username=name) | Q(ip_address=address)).aggregate(
            pair=Sum("failures_since_start", filter=Q(username=name, ip_address=address)),
            account=Sum(
                "failures_since_start", filter=Q(username=name, attempt_time__gt=now - ACCOUNT_COOL_OFF)
            ),
            # Without an address (a Unix socket that tells none) everyone would share one count.
            address=Sum("failures_since_start", filter=Q(ip_address=address) if address else Q(pk=None)),
        )
        limits = {"pair": PAIR_LIMIT, "account": ACCOUNT_LIMIT, "address": ADDRESS_LIMIT}
        return any((counted[of] or 0) >= limit for of, limit in limits.items())

    def user_logged_in(self, sender, request, user, **kwargs):
        # Not the whole address: whoever owns one account could else guess at others without end.
        AccessAttempt.objects.filter(
            username=account_name(request, {"username": user.username}), ip_address=client_address(request)
        ).delete()


def check(request: HttpRequest, login: str) -> None:
    """Raises Throttled where `login`, known or not, may not be tried from here for now."""
    if AxesProxyHandler.is_locked(request, {"username": login}):
        raise Throttled


def failed(request: HttpRequest, login: str) -> None:
    """Count a wrong current password like a failed sign-in."""
    user_login_failed.send(sender=__name__, credentials={"username": login}, request=request)


def forgive(request: HttpRequest, person) -> None:
    AxesProxyHandler.get_implementation().user_logged_in(None, request, person)


def status_of(form) -> int:
    """200 for a form nobody sent yet, 429 where it was not looked at, 422 where it was refused."""
    if not form.is_bound:
        return 200
    return 429 if form.has_error(NON_FIELD_ERRORS, "throttled") else 422

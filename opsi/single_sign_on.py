"""Single sign-on by OpenID Connect: django-allauth speaks the protocol, here is decided who that is (docs/sign-in.md).

A person is known by issuer and subject, which are never given to somebody else. An e-mail address counts only where the
service says that it verified it, and only to find somebody who exists; whoever existed in the past is left to an
administrator (domain §3 rule 3).
"""

import logging
import unicodedata
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from opsi.credentials import Identity, SecondFactor
from opsi.models import Customer, User
from opsi.roles import AgentRole, CustomerRole

LONGEST = 255  # characters of an issuer or a subject (OpenID Connect Core §2)

logger = logging.getLogger(__name__)


class Refused(Exception):
    """Nobody is signed in; the message is for the person at the sign-in page and names nobody."""


@dataclass(frozen=True)
class Claims:
    """What the service says of who signed in: the ID token, completed by the userinfo of the same subject."""

    issuer: str
    subject: str
    said: dict[str, Any]
    verified_email: str = ""

    @classmethod
    def read(cls, data: dict[str, Any], nonce: str | None) -> "Claims":
        """`nonce` is what was sent along. Raises Refused where this is no answer to that."""
        token, userinfo = data.get("id_token") or {}, data.get("userinfo") or {}
        issuer, subject = _sound(token.get("iss")), _sound(token.get("sub"))
        # Userinfo of somebody else: a token was put in another's place (OpenID Connect Core §5.3.2).
        if (
            not (issuer and subject)
            or issuer.rstrip("/") != settings.OPSI_OIDC.issuer  # type: ignore[union-attr]  # else nobody is here
            or userinfo.get("sub", subject) != subject
            or not nonce
            or token.get("nonce") != nonce
        ):
            raise Refused(_("The single sign-on service gave an answer that does not fit. Try again."))
        return cls(
            issuer.rstrip("/"),
            subject,
            {**userinfo, **token},
            _verified_email(token) or _verified_email(userinfo),
        )

    def text(self, name: str) -> str:
        """A claim that is one text; "" where there is none such."""
        value = self._value(name)
        return _one_line(value) if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str] | None:
        """A claim of one text or many; None where it is not said at all."""
        value = self._value(name)
        if value is None:
            return None
        return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]

    def _value(self, name):
        """`a.b` is b within a, unless a claim is so called."""
        if not name or name in self.said:
            return self.said.get(name)
        value: Any = self.said
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value


def _verified_email(said: dict[str, Any]) -> str:
    """Address and verification out of one source: that of one says nothing of the other's address."""
    email = said.get("email")
    return _one_line(email) if isinstance(email, str) and said.get("email_verified") is True else ""


def _one_line(text: str) -> str:
    """Without line breaks and what else is not seen: names stand in mail headers and lists."""
    seen = (
        " " if one.isspace() else one for one in text if one.isspace() or unicodedata.category(one)[0] != "C"
    )
    return " ".join("".join(seen).split())


def _sound(name: Any) -> str:
    return name if isinstance(name, str) and len(name) <= LONGEST and "\0" not in name else ""


def person_of(claims: Claims) -> User:
    """Who signs in, with roles and customer as the service says now. Raises Refused."""
    try:
        return _person_of(claims)
    except IntegrityError:
        # Their first sign-in in two tabs at once: the other made the row.
        return _person_of(claims)


def connect(person: User, claims: Claims) -> None:
    """Link who is signed in to who signed in at the service. Raises Refused where either is linked otherwise."""
    try:
        with transaction.atomic():
            identity, _made = Identity.objects.get_or_create(
                issuer=claims.issuer, subject=claims.subject, defaults={"person": person}
            )
    except IntegrityError:
        identity = None  # the person is linked to another subject
    if identity is None or identity.person_id != person.pk:
        raise Refused(
            _("Either you or the account there is connected otherwise already. Ask an administrator.")
        )


@transaction.atomic
def _person_of(claims):
    person = _known(claims) or _found_by_email(claims) or _made_new(claims)
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if not person.is_notifiable:
        raise Refused(_("Your account here is not in use. Ask an administrator."))
    _refresh_customer(person, claims)
    _refresh_roles(person, claims)
    return person


def _known(claims):
    identity = (
        Identity.objects.select_related("person").filter(issuer=claims.issuer, subject=claims.subject).first()
    )
    return identity.person if identity else None


def _found_by_email(claims):
    email = claims.verified_email
    found = list(User.objects.existing().filter(email__iexact=email)[:2]) if email else []
    if not found:
        return None
    if len(found) > 1 or found[0].identities.filter(issuer=claims.issuer).exists():
        raise Refused(_("It is not clear who you are here. Ask an administrator."))
    if SecondFactor.objects.filter(person=found[0]).exists():
        # They asked for more than a password; an address, which may be somebody else's by now, is less.
        raise Refused(
            _("Sign in with password and second step, then connect single sign-on in your preferences.")
        )
    _identify(found[0], claims)
    return found[0]


def _made_new(claims):
    email = claims.verified_email
    login = User.normalize_username(claims.text("preferred_username") or email)
    if not settings.OPSI_OIDC.new_people:
        raise Refused(_("You have no account here yet. Ask an administrator."))
    if User.objects.claimed_by(login, email).exists() or User.objects.filter(username__iexact=login).exists():
        raise Refused(_("Somebody has or had your login or e-mail address here. Ask an administrator."))
    person = User(username=login, full_name=claims.text("name")[:150] or login, email=email)
    person.set_unusable_password()
    try:
        person.full_clean()
    except ValidationError as problem:
        logger.warning("Single sign-on cannot make %r a person here: %s", login, problem)
        raise Refused(_("Your login cannot be used here. Ask an administrator.")) from problem
    person.save()
    _identify(person, claims)
    return person


def _identify(person, claims):
    Identity.objects.create(person=person, issuer=claims.issuer, subject=claims.subject)


def _refresh_customer(person, claims):
    """Where the service says the customer. Not knowing it must widen nothing, so it refuses instead."""
    oidc = settings.OPSI_OIDC
    if not oidc.customer_claim:
        return
    said = [one for one in claims.texts(oidc.customer_claim) or [] if one]
    if not said:
        if person.customer_id is not None:
            raise Refused(
                _("The single sign-on service does not say which customer is yours. Ask an administrator.")
            )
        return
    customers = list(Customer.objects.filter(name__in={oidc.customers.get(one, one) for one in said})[:2])
    if len(customers) != 1:
        logger.warning("Single sign-on names %r as the customer of %s.", said, person.username)
        raise Refused(
            _("The single sign-on service names a customer that is not known here. Ask an administrator.")
        )
    if person.customer_id != customers[0].pk and person.is_last_administrator:
        logger.warning(
            "Single sign-on names a customer for the last administrator, %s: kept.", person.username
        )
        return
    person.switch_customer(customers[0])


def _refresh_roles(person, claims):
    """Where the service says the roles: none of those mapped means none. Roles through groups stay what they are."""
    oidc = settings.OPSI_OIDC
    if not oidc.role_claim:
        return
    mapped = [oidc.roles[one] for one in claims.texts(oidc.role_claim) or [] if one in oidc.roles]
    agent_role = AgentRole.strongest([role for role in mapped if role in AgentRole.values])
    customer_role = CustomerRole.MANAGER if CustomerRole.MANAGER in mapped else CustomerRole.USER
    if agent_role != AgentRole.ADMIN and person.is_last_administrator:
        logger.warning("Single sign-on takes the role of the last administrator, %s: kept.", person.username)
        agent_role = person.agent_role
    if (person.agent_role, person.customer_role) != (agent_role, customer_role):
        person.agent_role, person.customer_role = agent_role, customer_role
        person.save(update_fields=["agent_role", "customer_role"])

"""The OPSI_OIDC_* variables: which single sign-on service there is and what its claims mean (docs/sign-in.md)."""

from dataclasses import dataclass
from typing import Any

from opsi.environment import Environment, is_loopback
from opsi.roles import AgentRole, CustomerRole
from opsi.setting_table import SETTINGS
from opsi.variables import BadSetting

# What says nothing without the other.
PAIRS = (
    ("OPSI_OIDC_ROLES", "OPSI_OIDC_ROLE_CLAIM"),
    ("OPSI_OIDC_ROLE_CLAIM", "OPSI_OIDC_ROLES"),
    ("OPSI_OIDC_CUSTOMERS", "OPSI_OIDC_CUSTOMER_CLAIM"),
)


@dataclass(frozen=True)
class OpenIDConnect:
    """`roles` and `customers` say what a claim's value means here: a role's name, a customer's name."""

    issuer: str
    client_id: str
    client_secret: str
    name: str
    new_people: bool
    role_claim: str
    roles: dict[str, str]
    customer_claim: str
    customers: dict[str, str]

    @classmethod
    def read(cls, env: Environment) -> "OpenIDConnect | None":
        """None where no service is named. Raises BadSetting."""
        if not env.text("OPSI_OIDC_ISSUER"):
            _nothing_else(env)
            return None
        url = env.address("OPSI_OIDC_ISSUER")
        if url.scheme != "https" and not is_loopback(url.hostname or ""):
            # The ID token is believed because it comes over TLS from this very host.
            raise BadSetting("OPSI_OIDC_ISSUER must begin with https://.")
        for given, needed in PAIRS:
            if env.text(given):
                env.required(needed, f"{given} says nothing without it")
        reason = "the single sign-on service gives it to whoever registers this installation"
        return cls(
            issuer=url.geturl().rstrip("/"),
            client_id=env.required("OPSI_OIDC_CLIENT_ID", reason),
            client_secret=env.required("OPSI_OIDC_CLIENT_SECRET", reason),
            name=env.text("OPSI_OIDC_NAME"),
            new_people=env.flag("OPSI_OIDC_NEW_PEOPLE"),
            role_claim=env.text("OPSI_OIDC_ROLE_CLAIM"),
            roles=_roles(env),
            customer_claim=env.text("OPSI_OIDC_CUSTOMER_CLAIM"),
            customers=env.pairs("OPSI_OIDC_CUSTOMERS"),
        )

    def as_allauth(self) -> dict[str, Any]:
        """Django-allauth's SOCIALACCOUNT_PROVIDERS."""
        app = {
            "provider_id": "sso",
            "name": self.name,
            "client_id": self.client_id,
            "secret": self.client_secret,
            "settings": {"server_url": self.issuer},
        }
        return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}


def _nothing_else(env):
    """Whoever set any of it meant to have single sign-on."""
    for name, setting in SETTINGS.items():
        if name.startswith("OPSI_OIDC_") and not setting.default and env.text(name):
            env.required(
                "OPSI_OIDC_ISSUER", f"{name} is, and says nothing without the address of the provider"
            )


def _roles(env):
    roles = env.pairs("OPSI_OIDC_ROLES")
    known = (*AgentRole.values, *CustomerRole.values)
    if wrong := [role for role in roles.values() if role not in known]:
        raise BadSetting(f"OPSI_OIDC_ROLES names {wrong[0]!r}, but must name one of {', '.join(known)}.")
    return roles

"""Primitive roles and what kind of person they make (domain §1)."""

from functools import cache

from django.db import models
from django.utils.translation import gettext_lazy as _


class AgentRole(models.TextChoices):
    """The four primitive roles ("itsm_xxx"), weakest first."""

    VIEWER = "itsm_viewer", _("Viewer (itsm_viewer)")
    USER = "itsm_user", _("Operation Agent (itsm_user)")
    MANAGER = "itsm_manager", _("Operation Manager (itsm_manager)")
    ADMIN = "itsm_admin", _("OTOBO Administrator (itsm_admin)")

    @classmethod
    def strongest(cls, held):
        """The strongest of `held` role names (blank ones count as none); "" when none is held."""
        return max((role for role in held if role), key=cls.values.index, default="")

    @classmethod
    def up_to(cls, role):
        """The role names that somebody holding `role` satisfies, that is itself and every weaker one."""
        return _up_to(role)

    @classmethod
    def at_least(cls, role):
        """The role names that satisfy a demand for `role`: itself and every stronger one."""
        return cls.values[cls.values.index(role) :]


@cache  # asked for each of everybody who is told of something
def _up_to(role):
    return tuple(AgentRole.values[: AgentRole.values.index(role) + 1]) if role else ()


class CustomerRole(models.TextChoices):
    USER = "customer_user", _("Customer User")
    MANAGER = "customer_manager", _("Customer Manager")


class PersonKind(models.TextChoices):
    """What a person is to the screens and rules: the narrower wins where several would fit."""

    AGENT = "agent", _("Agent")
    CUSTOMER = "customer", _("Customer user")
    REQUESTER = "requester", _("Requester")

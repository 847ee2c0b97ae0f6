"""The words of the watcher policy (domain §3)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from opsi.roles import AgentRole, CustomerRole


class SetterKind(models.TextChoices):
    """Who sets watchers: the primitive roles, the two customer roles, requesters."""

    ADMIN = AgentRole.ADMIN.value, AgentRole.ADMIN.label
    MANAGER = AgentRole.MANAGER.value, AgentRole.MANAGER.label
    USER = AgentRole.USER.value, AgentRole.USER.label
    VIEWER = AgentRole.VIEWER.value, AgentRole.VIEWER.label
    CUSTOMER_MANAGER = CustomerRole.MANAGER.value, CustomerRole.MANAGER.label
    CUSTOMER_USER = CustomerRole.USER.value, CustomerRole.USER.label
    REQUESTER = "requester", _("Requester")


class TargetKind(models.TextChoices):
    """About whom: seen from the ticket, since a customer user of another customer can only be left over."""

    AGENT = "agent", _("Agents")
    OWN_CUSTOMER = "own_customer", _("Customer users of the ticket's customer")
    REQUESTER = "requester", _("Requesters")
    OTHER_CUSTOMER = "other_customer", _("Other customers' users (left over)")


class Extent(models.TextChoices):
    """How far a verb reaches within a cell."""

    NONE = "none", _("nobody")
    SELF = "self", _("themselves")
    OWN = "own", _("themselves and whom they added")
    ALL = "all", _("all")

"""The Watcher policy as shipped, and what an administrator can switch to instead (domain §3)."""

from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from watchers.choices import Extent, SetterKind, TargetKind

NONE, SELF, OWN, ALL = Extent.NONE, Extent.SELF, Extent.OWN, Extent.ALL


class Rule(NamedTuple):
    """How far each verb reaches about one kind of person."""

    add: Extent = NONE
    see: Extent = NONE
    remove: Extent = NONE


Row = dict[TargetKind, Rule]
Table = dict[SetterKind, Row]

NOTHING = Rule()
EVERYTHING = Rule(add=ALL, see=ALL, remove=ALL)
THEMSELVES = Rule(add=SELF, see=SELF, remove=SELF)
SEEING = Rule(see=ALL)
LEFT_OVER = Rule(see=ALL, remove=ALL)


def row(agents=NOTHING, own_customer=NOTHING, requesters=NOTHING, other_customers=NOTHING) -> Row:
    return {
        TargetKind.AGENT: agents,
        TargetKind.OWN_CUSTOMER: own_customer,
        TargetKind.REQUESTER: requesters,
        TargetKind.OTHER_CUSTOMER: other_customers,
    }


_agents = row(EVERYTHING, EVERYTHING, EVERYTHING, LEFT_OVER)
_customers = row(own_customer=EVERYTHING)

SHIPPED: Table = {
    SetterKind.ADMIN: _agents,
    SetterKind.MANAGER: _agents,
    SetterKind.USER: _agents,
    SetterKind.VIEWER: _agents,
    SetterKind.CUSTOMER_MANAGER: _customers,
    SetterKind.CUSTOMER_USER: _customers,
    SetterKind.REQUESTER: row(requesters=THEMSELVES),
}
STRICT_VIEWER: Table = SHIPPED | {
    SetterKind.VIEWER: row(Rule(add=SELF, see=ALL, remove=SELF), SEEING, SEEING, SEEING),
}
CUSTOMER_MANAGER_DECIDES: Table = SHIPPED | {
    SetterKind.CUSTOMER_USER: row(own_customer=Rule(add=ALL, see=ALL, remove=OWN)),
}


class Preset(models.TextChoices):
    """A whole table under a name; switching replaces every cell."""

    SHIPPED = "shipped", _("As shipped")
    STRICT_VIEWER = "strict_viewer", _("Strict viewer")
    CUSTOMER_MANAGER_DECIDES = "customer_manager_decides", _("Customer Manager decides")

    @property
    def table(self) -> Table:
        return _tables[self]

    @property
    def explanation(self):
        return _explanations[self]


_tables = {
    Preset.SHIPPED: SHIPPED,
    Preset.STRICT_VIEWER: STRICT_VIEWER,
    Preset.CUSTOMER_MANAGER_DECIDES: CUSTOMER_MANAGER_DECIDES,
}
_explanations = {
    Preset.SHIPPED: _(
        "Agents of every role set anybody who may read the ticket; a customer's users set each other; requesters "
        "set themselves."
    ),
    Preset.STRICT_VIEWER: _("As shipped, but viewers see every watcher and add and remove only themselves."),
    Preset.CUSTOMER_MANAGER_DECIDES: _(
        "As shipped, but a Customer User removes only themselves and whom they added; the Customer Manager removes "
        "everyone of the customer."
    ),
}

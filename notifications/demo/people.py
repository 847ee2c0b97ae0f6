"""Who and what the demo installation consists of before anybody opens a ticket."""

from opsi.models import Customer, Group, User
from opsi.roles import AgentRole, CustomerRole
from tickets.choices import FollowUp, Level
from tickets.models import Queue, QueueGrant, Service, Sla

PASSWORD = "demo"  # noqa: S105  (known to everybody, on purpose)

CUSTOMERS = ("Acme", "Borealis")

# login: name, what makes them what they are, groups
PEOPLE: dict[str, tuple[str, dict[str, str], tuple[str, ...]]] = {
    "ada": ("Ada Lindqvist", {"agent_role": AgentRole.ADMIN}, ("Security team",)),
    "mika": ("Mika Virtanen", {"agent_role": AgentRole.MANAGER}, ("Security team", "Network team")),
    "uma": ("Uma Ogawa", {"agent_role": AgentRole.USER}, ("Service desk team", "Network team")),
    "aiko": (
        "佐藤 愛子",
        {"agent_role": AgentRole.USER, "language": "ja", "time_zone": "Asia/Tokyo"},
        ("Service desk team", "東京チーム"),
    ),
    "vera": ("Vera Novak", {"agent_role": AgentRole.VIEWER}, ()),
    "carl": ("Carl Whitmore", {"customer": "Acme", "customer_role": CustomerRole.MANAGER}, ()),
    "cora": ("Cora Delgado", {"customer": "Acme"}, ()),
    "bo": ("Bo Sandström", {"customer": "Borealis"}, ()),
    "ray": ("Ray Abernathy", {}, ()),
}

GROUPS = {
    "Service desk team": "service-desk",
    "Network team": "network",
    "Security team": "security",
    "東京チーム": "tokyo",
}

# name: comment, what a follow-up to a complete ticket does
QUEUES = {
    "Service desk": ("First contact for everything", FollowUp.REOPEN),
    "Network": ("Lines, VPN, Wi-Fi, mail gateway", FollowUp.REOPEN),
    "Business applications": ("ERP, CRM, reporting, interfaces", FollowUp.REOPEN),
    "Workplace": ("Devices, printers, meeting rooms", FollowUp.LINK),
    "Changes": ("Planned changes and their approval", FollowUp.REJECT),
    "東京サービスデスク": ("日本語でのお問い合わせ", FollowUp.REOPEN),
    "Security incidents": ("Only the security team reads here", FollowUp.REOPEN),
}
# These queues open to a group alone, instead of to the agent roles as shipped.
CLOSED_TO_OTHERS = {"Security incidents": "Security team"}

SERVICES = (
    "E-mail", "VPN", "Office network", "ERP", "CRM", "Reporting", "Client computers", "Printing",
    "Telephony", "Identity and access", "File shares", "Web shop",
)  # fmt: skip

# name: first response, update and solution, in minutes
SLAS = {
    "Gold": (30, 120, 480),
    "Silver": (120, 480, 1440),
    "Bronze": (480, 1440, 4320),
}


def settle() -> None:
    """Write all of the above; what exists by name already (queues an installation ships) stays as it is.

    The people cannot sign in yet: their password is the command's business.
    """
    customers = {name: Customer.objects.get_or_create(name=name)[0] for name in CUSTOMERS}
    groups = {
        name: Group.objects.get_or_create(name=name, defaults={"slug": slug})[0]
        for name, slug in GROUPS.items()
    }
    _people(customers, groups)
    for name, (comment, follow_up) in QUEUES.items():
        queue, new = Queue.objects.get_or_create(
            name=name, defaults={"comment": comment, "follow_up": follow_up}
        )
        if new and name in CLOSED_TO_OTHERS:
            QueueGrant.objects.create(queue=queue, group=groups[CLOSED_TO_OTHERS[name]], level=Level.WRITE)
        elif new:
            queue.grant_shipped()
    Service.objects.bulk_create([Service(name=name) for name in SERVICES], ignore_conflicts=True)
    Sla.objects.bulk_create(
        [
            Sla(name=name, first_response_minutes=first, update_minutes=update, solution_minutes=solution)
            for name, (first, update, solution) in SLAS.items()
        ],
        ignore_conflicts=True,
    )


def _people(customers, groups):
    for login, (name, fields, member_of) in PEOPLE.items():
        values = dict(fields)
        customer = customers.get(values.pop("customer", ""))
        user = User.objects.create(
            username=login,
            full_name=name,
            email=f"{login}@example.com",
            customer=customer,
            **values,
        )
        user.groups.set(groups[group] for group in member_of)

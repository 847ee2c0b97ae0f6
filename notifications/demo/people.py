"""Who and what the demo installation consists of before anybody opens a ticket."""

from opsi.models import Customer, Group, User
from opsi.roles import AgentRole, CustomerRole
from tickets.choices import FollowUp, Level
from tickets.models import Holiday, Queue, QueueGrant, Service, Sla, TextTemplate, Use, WorkingCalendar
from tickets.models.calendar import WEEK

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

# name: minutes until a lock ends, the calendar they are counted in
UNLOCKING = {"Workplace": (960, "European office")}

SERVICES = (
    "E-mail", "VPN", "Office network", "ERP", "CRM", "Reporting", "Client computers", "Printing",
    "Telephony", "Identity and access", "File shares", "Web shop",
)  # fmt: skip

# name: time zone, hours from Monday on, holidays of every year
CALENDARS = {
    "European office": (
        "Europe/Berlin",
        ("08:00-18:00",) * 4 + ("08:00-16:00",),
        {"01-01": "New Year's Day", "05-01": "Labour Day", "12-25": "Christmas Day", "12-26": "Boxing Day"},
    ),
    "東京営業時間": (
        "Asia/Tokyo",
        ("09:00-12:00, 13:00-18:00",) * 5,
        {
            "01-01": "元日", "01-02": "年始休業", "01-03": "年始休業", "02-11": "建国記念の日", "02-23": "天皇誕生日",
            "04-29": "昭和の日", "05-03": "憲法記念日", "05-04": "みどりの日", "05-05": "こどもの日", "08-11": "山の日",
            "11-03": "文化の日", "11-23": "勤労感謝の日", "12-29": "年末休業", "12-30": "年末休業", "12-31": "年末休業",
        },
    ),
}  # fmt: skip

# name: calendar (None: around the clock); first response, update and solution, in minutes
SLAS = {
    "Gold": (None, 30, 120, 480),
    "Silver": ("European office", 120, 480, 1440),
    "Bronze": ("European office", 480, 2400, 9600),
    "東京標準": ("東京営業時間", 120, 960, 4800),
}


TOKYO = "東京サービスデスク"
TOKYO_SIGNATURE = "{{agent}}\n東京サービスデスク（平日 9:00〜18:00）"
TEMPLATES = {
    "We have seen it": (
        Use.REPLY,
        "Dear {{customer_user}},\n\nthank you. We look at {{ticket.number}} and come back to you today.\n",
    ),
    "Please tell us more": (
        Use.REPLY,
        "Dear {{customer_user}},\n\nto go on with “{{ticket.title}}” we need from you:\n\n"
        "- since when it happens\n- what exactly is on the screen\n- whether others have it as well\n",
    ),
    "お問い合わせ受付": (
        Use.REPLY,
        "{{customer_user}} 様\n\nお問い合わせありがとうございます。"
        "{{ticket.number}} として受け付けました。確認のうえご連絡いたします。\n",
    ),
    "Handed over": (Use.NOTE, "Done so far:\n\nStill to do:\n\nWhom to ask: @"),
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
    calendars: dict[str | None, WorkingCalendar | None] = {None: None}
    calendars |= {name: _calendar(name, *days) for name, days in CALENDARS.items()}
    for name, (comment, follow_up) in QUEUES.items():
        unlock, calendar = UNLOCKING.get(name, (0, None))
        values = {"unlock_minutes": unlock, "calendar": calendars[calendar]}
        queue, new = Queue.objects.get_or_create(
            name=name, defaults={"comment": comment, "follow_up": follow_up, **values}
        )
        if new and name in CLOSED_TO_OTHERS:
            QueueGrant.objects.create(queue=queue, group=groups[CLOSED_TO_OTHERS[name]], level=Level.WRITE)
        elif new:
            queue.grant_shipped()
    Queue.objects.filter(name=TOKYO, signature="").update(signature=TOKYO_SIGNATURE)
    TextTemplate.objects.bulk_create(
        [TextTemplate(name=name, use=use, text=text) for name, (use, text) in TEMPLATES.items()],
        ignore_conflicts=True,
    )
    Service.objects.bulk_create([Service(name=name) for name in SERVICES], ignore_conflicts=True)
    _service_levels(calendars)


def _service_levels(calendars):
    Sla.objects.bulk_create(
        [
            Sla(
                name=name,
                calendar=calendars[calendar],
                first_response_minutes=first,
                update_minutes=update,
                solution_minutes=solution,
            )
            for name, (calendar, first, update, solution) in SLAS.items()
        ],
        ignore_conflicts=True,
    )


def _calendar(name, time_zone, hours, holidays):
    calendar, new = WorkingCalendar.objects.get_or_create(
        name=name, defaults={"time_zone": time_zone, **dict(zip(WEEK, hours, strict=False))}
    )
    if new:
        Holiday.objects.bulk_create(
            Holiday(calendar=calendar, date=f"2024-{day}", name=of, every_year=True)
            for day, of in holidays.items()
        )
    return calendar


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

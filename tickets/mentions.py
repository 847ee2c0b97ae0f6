"""`@login` in an internal note, and logins named beside a text: whom they inform, and whom not (docs/writing.md).

Agents alone are named, and only those of whom the writer may know: whoever else has such a login, or nobody, answers
alike. Nobody comes to read a ticket by being named on it. Apps above keep people from some writers with `hide`.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from opsi.models import User
from tickets import access
from tickets.models import Article, Ticket

MOST = 50  # names in one text
OFFERED = 8  # suggestions at a time
LONGEST = 100  # characters of a login
AT = "@＠"  # the second is what Japanese keyboards type
MARKS = ".+-_@"

_NAME = re.compile(rf"[{AT}](\w[\w.+-]*(?:@[\w.+-]+)?)")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_QUOTED = re.compile(r"^[ \t]*[>＞].*$", re.MULTILINE)

# `rule(writer, ticket)`: a Q on User, the people of whom `writer` may not know; None where nobody is kept from them.
Hiding = Callable[[User, Ticket], Q | None]
_hidings: list[Hiding] = []


def hide(rule: Hiding) -> Hiding:
    """Let an app above keep people from some writers; adding a rule twice is once."""
    if rule not in _hidings:
        _hidings.append(rule)
    return rule


@dataclass(frozen=True)
class Named:
    """`people` are informed; `against`: a sentence for each name that informs nobody."""

    people: list[User] = field(default_factory=list)
    against: list[str] = field(default_factory=list)


def names_in(text: str) -> list[str]:
    """What stands behind each `@` in `text`, each once; not in code, in what is quoted, or in e-mail addresses."""
    text = _QUOTED.sub(" ", _CODE.sub(" ", text))
    found = (match[1][:LONGEST] for match in _NAME.finditer(text) if _begins(text, match.start()))
    return list({name.lower(): name for name in found}.values())


def _begins(text, at):
    """Whether a name may begin at the `@` there: `user@host`, `a/@b` and `@@` are none. Japanese needs no blank."""
    before = text[at - 1] if at else " "
    return not (before in "./:\\`+-_@＠&#=" or (before.isalnum() and _script(before) == "latin"))


def in_text(text: str, writer: User, ticket: Ticket) -> Named:
    """Whom the names in `text` inform; the writer needs no telling what they wrote."""
    found = named(names_in(text), writer, ticket)
    return Named([person for person in found.people if person != writer], found.against)


def named(names: Iterable[str], writer: User, ticket: Ticket) -> Named:
    """Whom the logins `names` inform. After a login there may be a full stop, or Japanese that goes on: @aikoさん."""
    names = list(names)
    if not names:
        return Named()
    readings = {name: _readings(name) for name in names[:MOST]}
    known = _with_logins({reading for all_of in readings.values() for reading in all_of}, writer, ticket)
    people: dict[int, User] = {}
    against = []
    for name, possible in readings.items():
        person = next((known[reading] for reading in possible if reading in known), None)
        if person is None:
            against.append(_("“%(login)s” informs nobody: no agent here has this login.") % {"login": name})
        else:
            people[person.pk] = person
    if len(names) > MOST:
        against.append(_("Only the first %(number)d names are informed.") % {"number": MOST})
    readers = {person for _ticket, person in access.pairs([ticket], people.values())}
    for person in people.values():
        if person.pk not in readers:
            text = _("%(person)s is not informed: they cannot read this ticket.")
            against.append(text % {"person": person})
    return Named([person for person in people.values() if person.pk in readers], against)


def _with_logins(logins, writer, ticket):
    agents = agents_known_to(writer, ticket).annotate(login=Lower("username"))
    return {person.username.lower(): person for person in agents.filter(login__in=logins)}


def agents_known_to(writer: User, ticket: Ticket):
    """The active agents of whom `writer` may know on `ticket`; themselves they always know."""
    return _known(User.objects.active().agents(), writer, ticket)


def known_of(ids: Iterable[int], viewer: User, ticket: Ticket) -> set[int]:
    """Those of the people `ids` of whom `viewer` may know on `ticket`."""
    return set(_known(User.objects.filter(pk__in=ids), viewer, ticket).values_list("pk", flat=True))


def _known(people, writer, ticket):
    hidden = [kept for rule in _hidings if (kept := rule(writer, ticket)) is not None]
    return people.exclude(reduce(or_, hidden) & ~Q(pk=writer.pk)) if hidden else people


def _readings(name):
    """The logins that `name` may mean, the longest first, in small letters."""
    name = name.lower()
    ends = [end for end in range(len(name), 0, -1) if end == len(name) or _may_end(name, end)]
    return list(
        dict.fromkeys(reading for end in ends if (reading := name[:end].rstrip(MARKS))) | {name: None}
    )


def _may_end(name, end):
    rest, last = name[end:], name[end - 1]
    if not rest.strip(MARKS):
        return True
    return _script(rest[0]) != "latin" and rest[0] not in MARKS and _script(rest[0]) != _script(last)


def _script(character):
    if character < "\u2e80":
        return "latin"
    return (
        "hiragana" if "\u3040" <= character <= "\u309f" else "katakana" if character <= "\u30ff" else "other"
    )


def offered(query: str, writer: User, ticket: Ticket) -> list[User]:
    """Agents to name who read `ticket`, `query` in their login or name; whose login begins with it first."""
    words = query.replace("\0", " ")[:LONGEST].split()[:4]
    agents = agents_known_to(writer, ticket).filter(access.people_of(ticket)).exclude(pk=writer.pk)
    for word in words:
        agents = agents.filter(Q(username__icontains=word) | Q(full_name__icontains=word))
    begin = words[0].lower() if words else ""
    found = sorted(
        agents.order_by("full_name", "username")[: OFFERED * 4],
        key=lambda person: not person.username.lower().startswith(begin),
    )
    return found[:OFFERED]


def informed_of(article: Article, viewer: User) -> list[User]:
    """Who was informed of `article` by name, as far as `viewer` may know of them; kept with `article`."""
    if not viewer.is_agent or not article.informed:
        return []
    if "_informed" not in article.__dict__:
        people = User.objects.filter(pk__in=article.informed).order_by("full_name", "username")
        article.__dict__["_informed"] = list(_known(people, viewer, article.ticket))
    return article.__dict__["_informed"]

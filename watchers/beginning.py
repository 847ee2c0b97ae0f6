"""Watchers a new ticket is given at once: under the same policy, in the operation that registers it (domain §3)."""

import re
from functools import reduce
from operator import or_

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from opsi.models import Customer, User
from tickets import access
from tickets.models import Ticket
from watchers.models import Watcher
from watchers.policy import Policy, Rights

MOST_AT_ONCE = 50


def logins_in(post: QueryDict) -> list[str]:
    """The logins in the fields `watchers`, one or several in each, each once, as typed."""
    typed = re.split(r"[\s,;、，；\0]+", " ".join(post.getlist("watchers")))
    return list({login.lower(): login for login in typed if login}.values())


def people_with(logins: list[str]) -> dict[str, User]:
    """The people who have these logins, by login in small letters."""
    asked = reduce(or_, (Q(username__iexact=login) for login in logins[:MOST_AT_ONCE]), Q(pk__in=[]))
    people = User.objects.filter(asked, is_system=False).select_related("customer")
    return {person.username.lower(): person for person in people}


def problems(rights: Rights, logins: list[str], people: dict[str, User]) -> list[str]:
    """What stands against setting these as watchers, a sentence each; nothing where all is well."""
    if len(logins) > MOST_AT_ONCE:
        return [_("At most %(number)d watchers at once.") % {"number": MOST_AT_ONCE}]
    found = (_problem(rights, login, people.get(login.lower())) for login in logins)
    return [problem for problem in found if problem]


def _problem(rights, login, person):
    if person is None:
        reason = _("unknown login")
    elif (refusal := rights.refusal(person)) is not None:
        reason = refusal.label
    else:
        return ""
    if not rights.setter.is_agent:
        # The same of an unknown, a hidden and a forbidden login (domain §3).
        return _("“%(login)s” cannot be set as a watcher.") % {"login": login}
    return _("“%(login)s” cannot be set as a watcher: %(reason)s.") % {"login": login, "reason": reason}


def watch_from_the_beginning(ticket: Ticket, post: QueryDict, by: User) -> None:
    """A step of registering (see tickets.steps). ValidationError, by "watchers", undoes the registration."""
    logins = logins_in(post)
    if not logins:
        return
    people = people_with(logins)
    if against := problems(Policy.load().of(by, ticket), logins, people):
        raise ValidationError({"watchers": against})
    for person in people.values():
        Watcher.objects.watch(ticket, person, by=by)


def rights_on_a_draft(person: User, form: QueryDict) -> Rights:
    """What `person` may do on the ticket they are about to register, as far as `form` tells it by now."""
    queues = access.queues_for_new_tickets(person)
    customer = person.customer
    if person.is_agent:
        customer = Customer.objects.filter(pk=_row_id(form.get("customer"))).first()
    draft = Ticket(
        created_by=person,
        queue=queues.filter(pk=_row_id(form.get("queue"))).first() or queues.first(),
        customer=customer,
    )
    return Policy.load().of(person, draft)


def _row_id(value):
    """The id a form field holds; 0, which no row has, for anything else."""
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 19 else 0

"""A stand-in is told in the stead of somebody who is away (domain §5; docs/preferences.md).

One hop: nobody stands in for a stand-in. A stand-in is judged like anybody: access, preferences, absence of their own.
"""

import datetime
from collections.abc import Iterable, Sequence

from django.db.models import QuerySet
from django.utils import timezone

from notifications.candidates import Concern, people_with
from notifications.choices import Drop
from notifications.drops import Telling, settings_of
from notifications.facts import zone_called
from notifications.reasons import STAND_IN
from opsi.models import User
from tickets.models import TicketEvent

# What keeps mail from somebody who is to know all the same.
MISSED = {"", Drop.OUT_OF_OFFICE, Drop.MAIL_PAUSED, Drop.NO_ADDRESS, Drop.FUNCTION}


def choosable(person: User) -> QuerySet[User]:
    """Who may stand in for `person`: agents for agents, people of the same customer for customer users."""
    others = User.objects.active().exclude(pk=person.pk)
    if person.customer_id:
        return others.filter(customer=person.customer_id)
    return others.agents() if person.is_agent else others.none()


def of(concerns: Sequence[Concern], now: datetime.datetime) -> dict[Concern, Concern]:
    """For each of `concerns` whose person is away: that of their stand-in. One statement, where any is."""
    known = {concern.person.pk: concern.person for concern in concerns if concern.person}
    chosen = {pk: stand_in for pk, person in known.items() if (stand_in := _stand_in_id(person, now))}
    if not chosen:
        return {}
    known |= people_with(set(chosen.values()) - set(known))
    found = {}
    for concern in concerns:
        person = concern.person
        stand_in = known.get(chosen.get(person.pk, 0)) if person else None
        if person and stand_in and _may_stand_in(stand_in, person):
            reasons = {event: [STAND_IN] for event in concern.reasons}
            found[concern] = Concern(
                concern.definition, concern.ticket_id, stand_in, "", reasons, stands_in_for=[person]
            )
    return found


def missed(tellings: Iterable[Telling]) -> set[TicketEvent]:
    """The events that somebody who is away is told of, or would be were they here."""
    return {event for telling in tellings if telling.drop in MISSED for event in telling.events}


def stood_in_for(person: User) -> list[User]:
    """Who chose `person` as their stand-in, by name."""
    chosen = User.objects.active().filter(notification_settings__stand_in=person)
    return [one for one in chosen if _may_stand_in(person, one)]


def _stand_in_id(person, now):
    own = settings_of(person)
    if own is None or own.stand_in_id is None:
        return None
    today = timezone.localdate(now, zone_called(person.time_zone))
    return own.stand_in_id if own.is_away_on(today) else None


def _may_stand_in(stand_in, person):
    # As `choosable`, of now: who chose may have chosen long ago.
    if stand_in.pk == person.pk:
        return False
    if person.customer_id:
        return stand_in.customer_id == person.customer_id
    return person.is_agent and stand_in.is_agent

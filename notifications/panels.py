"""What notifications add to the pages of the floors below: the bell on top, panels of the zoom page, a link."""

import datetime
from collections.abc import Collection

from django.template.loader import render_to_string
from django.utils import timezone

from notifications import waiting
from notifications.badge import Badge
from notifications.models import Mute
from notifications.own_address import OwnAddressForm
from notifications.pausing import pause_of
from notifications.told import Told
from opsi import slots
from tickets.models import Article, Ticket
from watchers.policy import Policy

A_MOMENT = datetime.timedelta(minutes=1)


def bell(request, **context) -> str:
    badge = Badge.on(request)
    return render_to_string(
        "notifications/bell.html", {"badge": badge, "etag": badge.etag(request.user)}, request
    )


def reading(request, ticket: Ticket, **context) -> str:
    """Where there is something unread of this ticket: what has the script report that it is being read."""
    row = request.user.inbox.filter(ticket=ticket).unread().select_related("notice__event").first()
    if row is None or _is_own_fresh_act(row.notice.event, request.user):
        return ""
    return render_to_string("notifications/reading.html", {"row": row, "ticket": ticket}, request)


def _is_own_fresh_act(event, person) -> bool:
    """Whether `person` comes to the page from doing it: their receipt is to be seen in the bell, not read away at once,
    which would otherwise hang on whether the worker or the browser was quicker."""
    return event.actor_id == person.pk and timezone.now() - event.at < A_MOMENT


def mute(request, ticket: Ticket, **context) -> str:
    is_muted = Mute.objects.filter(ticket=ticket, person=request.user).exists()
    return render_to_string(
        "notifications/mute_panel.html", {"ticket": ticket, "is_muted": is_muted}, request
    )


def told(request, ticket: Ticket, **context) -> str:
    if not request.user.is_agent:
        return ""
    told = Told(request.user, ticket, policy=Policy.on(request))
    return render_to_string("notifications/told_panel.html", {"told": told}, request)


def waiting_mail(request, ticket: Ticket, article: Article, verbs: Collection[str], **context) -> str:
    if not waiting.concerns(article, request.user):
        return ""
    mail = waiting.of(article)
    again = not mail.count and waiting.is_just_written(article)
    if not (mail.count or again):
        return ""
    context = {"ticket": ticket, "article": article, "verbs": verbs, "mail": mail, "again": again}
    return render_to_string("notifications/waiting.html", context, request)


def paused(request, **context) -> str:
    return render_to_string("notifications/paused.html", {"pause": pause_of(request.user)}, request)


def own_address(request, **context) -> str:
    form = OwnAddressForm(person=request.user)
    return render_to_string("notifications/address_section.html", {"address_form": form}, request)


def preferences_link(request, **context) -> str:
    return render_to_string("notifications/preferences_link.html", {}, request)


def fill() -> None:
    slots.fill("header", bell, order=30)
    slots.fill("zoom.panels", reading, order=5)
    slots.fill("zoom.panels", mute, order=45)
    slots.fill("zoom.panels", told, order=60)
    slots.fill("zoom.article", waiting_mail, order=30)
    slots.fill("preferences.notifications", paused, order=10)
    slots.fill("preferences.notifications.end", own_address, order=20)
    slots.fill("preferences.nav", preferences_link, order=30)

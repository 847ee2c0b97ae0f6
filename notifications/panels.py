"""What notifications add to the pages of the floors below: the bell on top, panels of the zoom page, a link."""

import datetime
from collections.abc import Collection

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from notifications import waiting
from notifications.badge import Badge
from notifications.foretelling import foretell, writing_in
from notifications.models import InboxRow, Mute
from notifications.own_address import OwnAddressForm
from notifications.pausing import pause_of
from notifications.subscribing import FollowingForm
from notifications.told import Told
from opsi import slots
from opsi.parts import render_part
from opsi.prepared import prepared
from tickets.forms.articles import AgentForm
from tickets.models import Article, Ticket
from watchers.policy import Policy

A_MOMENT = datetime.timedelta(minutes=1)


def bell(request, **context) -> str:
    badge = Badge.on(request)
    return render_part("notifications/bell.html", {"badge": badge, "etag": badge.etag(request.user)}, request)


def reading(request, ticket: Ticket, **context) -> str:
    """Up to which notice of this ticket the page reports its reader to have read, with the articles; 0: none."""
    until = 0
    for notice, actor, at in _unread_of(request.user, ticket):
        until = 0 if _is_own_fresh_act(actor, at, request.user) else notice
    return render_part("notifications/reading.html", {"until": until}, request)


@prepared
def _unread_of(person, ticket):
    unread = InboxRow.objects.filter(person=person, ticket=ticket).unread().order_by()
    return unread.values_list("notice", "notice__event__actor", "notice__event__at")[:1]


def _is_own_fresh_act(actor: int | None, at: datetime.datetime, person) -> bool:
    """Whether `person` comes to the page from doing it: their receipt is to be seen in the bell, not read away at once,
    which would otherwise hang on whether the worker or the browser was quicker."""
    return actor == person.pk and timezone.now() - at < A_MOMENT


def mute(request, ticket: Ticket, **context) -> str:
    context = {"ticket": ticket, "is_muted": bool(_mutes(request.user, ticket))}
    return render_part("notifications/mute_panel.html", context, request)


@prepared
def _mutes(person, ticket):
    return Mute.objects.filter(ticket=ticket, person=person).order_by().values_list("pk")


def told(request, ticket: Ticket, verbs: Collection[str], **context) -> str:
    if not request.user.is_agent:
        return ""
    told = Told(request.user, ticket, policy=Policy.on(request), verbs=verbs)
    return render_part("notifications/told_panel.html", {"told": told}, request)


def waiting_mail(request, ticket: Ticket, article: Article, verbs: Collection[str], **context) -> str:
    if not waiting.concerns(article, request.user):
        return ""
    mail = waiting.of(article)
    again = not mail.count and waiting.is_just_written(article)
    if not (mail.count or again):
        return ""
    context = {"ticket": ticket, "article": article, "verbs": verbs, "mail": mail, "again": again}
    return render_part("notifications/waiting.html", context, request)


def foretold(request, ticket: Ticket, form, **context) -> str:
    """Beside what an agent writes: whom it would be told to. Script renews it when that changes."""
    if not isinstance(form, AgentForm):
        return ""
    said = foretell(writing_in(form), Policy.on(request))
    context = {"ticket": ticket, "foretold": said, "hints": form.not_informed}
    return render_part("notifications/foretold.html", context, request)


def paused(request, **context) -> str:
    pause = pause_of(request.user) if Badge.on(request).is_paused else None
    return render_part("notifications/paused.html", {"pause": pause}, request)


def own_address(request, **context) -> str:
    form = OwnAddressForm(person=request.user)
    return render_part("notifications/address_section.html", {"address_form": form}, request)


def preferences_link(request, **context) -> str:
    context = {"follows": FollowingForm.is_for(request.user)}
    return render_part("notifications/preferences_link.html", context, request)


def admin_person(request, person, **context) -> str:
    url = reverse("admin:notifications_definition_person", args=[person.pk])
    return format_html('<li><a href="{}">{}</a></li>', url, _("What would they be told?"))


def fill() -> None:
    slots.fill("header", bell, order=30)
    slots.fill("zoom.panels", reading, order=5)
    slots.fill("zoom.panels", mute, order=45)
    slots.fill("zoom.panels", told, order=60)
    slots.fill("zoom.article", waiting_mail, order=30)
    slots.fill("article.writing", foretold, order=30)
    slots.fill("preferences.notifications", paused, order=10)
    slots.fill("preferences.notifications.end", own_address, order=20)
    slots.fill("preferences.nav", preferences_link, order=30)
    slots.fill("admin.person", admin_person)

"""Whom a note has just informed by name and who does not watch yet: offered to whoever wrote it, a button each."""

import datetime

from django.utils import timezone

from opsi.models import User
from opsi.parts import render_part
from opsi.requests import PersonRequest
from tickets import mentions
from tickets.models import Article, Ticket
from watchers.models import Watcher
from watchers.policy import Policy, Rights

WHILE = datetime.timedelta(hours=1)


def offers(request: PersonRequest, ticket: Ticket, article: Article, **context) -> str:
    """The slot `zoom.article`."""
    if article.author_id != request.user.pk or timezone.now() - article.created_at > WHILE:
        return ""
    rights = Policy.on(request).of(request.user, ticket)
    people = _addable(rights, mentions.informed_of(article, request.user))
    if not people:
        return ""
    context = {"ticket": ticket, "article": article, "people": people}
    return render_part("watchers/offers.html", context, request)


def _addable(rights: Rights, people: list[User]) -> list[User]:
    """Those the policy lets be added. Who ended a watch of their own is not offered: that is remembered (rule 6)."""
    people = [person for person in people if person != rights.setter and person.is_notifiable]
    if not people:
        return []
    had = set(Watcher.objects.filter(ticket=rights.ticket, user__in=people).values_list("user", flat=True))
    left = [person for person in people if person.pk not in had]
    return [person for person in left if rights.refusal(person) is None]

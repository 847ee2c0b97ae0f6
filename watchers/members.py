"""Who is in a group that watches, and who of them is told nothing all the same (domain §3 rule 8)."""

from django.core.paginator import Page, Paginator
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from watchers.models import Watcher
from watchers.policy import Rights

PER_PAGE = 50


class Standing(models.TextChoices):
    """Why the group's watch does not reach a member; a watch of their own decides over the group's."""

    LEFT = "left", _("Stopped watching")
    OWN = "own", _("Watches it themselves")
    CANNOT_READ = "cannot_read", _("Cannot read this ticket: is told nothing")


def members_of(rights: Rights, watch: Watcher, asked: QueryDict) -> Page:
    """A page of the members, each with `.standing` (a Standing or None). A fixed number of statements."""
    people = rights.members([watch.group_id]).select_related("customer")
    page = Paginator(people.order_by("full_name", "username"), PER_PAGE).get_page(asked.get("page"))
    page.object_list = list(page.object_list)
    own = {row.user_id: row for row in watch.ticket.watchers.filter(user__in=page.object_list)}
    readers = rights.readers(page.object_list)
    for person in page.object_list:
        person.standing = _standing(own.get(person.pk), person.pk in readers)
    return page


def _standing(own, reads):
    if own is not None and own.ended_at is None:
        return Standing.OWN
    if own is not None and own.resolved_in is None:
        return Standing.LEFT
    return None if reads else Standing.CANNOT_READ

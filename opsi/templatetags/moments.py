"""Times as people read them: how long ago, with the exact time in their zone one glance away."""

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86_400, 7 * 86_400


@register.filter
def ago(moment):
    """A <time> element that says "3 h ago", and from a week on the day; "" for None."""
    if moment is None:
        return ""
    return _element(moment, _ago(moment), exact(moment))


@register.filter
def age(moment):
    """A <time> element that says how long it is since `moment`, as "3 h" or "12 days"; "" for None."""
    return _element(moment, _length(moment), exact(moment)) if moment else ""


@register.filter
def at(moment):
    """A <time> element with the exact time; "" for None."""
    if moment is None:
        return ""
    return _element(moment, exact(moment, with_zone=False), exact(moment))


@register.filter
def due(moment):
    """A <time> element that says how long there is until `moment`, or how long it is over; "" for None."""
    return _element(moment, time_left(moment), exact(moment)) if moment else ""


@register.filter
def time_left(moment):
    """How long there is until `moment` – “3 h left” – or how long it is over: “overdue for 2 days”."""
    seconds = int((moment - timezone.now()).total_seconds())
    if seconds < 0:
        words = _overdue(-seconds)
    elif seconds < HOUR:
        count = max(seconds // MINUTE, 1)
        words = ngettext("%(count)d min left", "%(count)d min left", count) % {"count": count}
    elif seconds < 2 * DAY:
        count = seconds // HOUR
        words = ngettext("%(count)d h left", "%(count)d h left", count) % {"count": count}
    else:
        count = seconds // DAY
        words = ngettext("%(count)d day left", "%(count)d days left", count) % {"count": count}
    return format_html('<span class="time-left{}">{}</span>', " is-over" if seconds < 0 else "", words)


def _overdue(seconds):
    if seconds < HOUR:
        count = max(seconds // MINUTE, 1)
        return ngettext("overdue for %(count)d min", "overdue for %(count)d min", count) % {"count": count}
    if seconds < 2 * DAY:
        count = seconds // HOUR
        return ngettext("overdue for %(count)d h", "overdue for %(count)d h", count) % {"count": count}
    count = seconds // DAY
    return ngettext("overdue for %(count)d day", "overdue for %(count)d days", count) % {"count": count}


def exact(moment, with_zone=True):
    """`moment` in the reader's time zone, as text: "2026-03-01 14:05 JST"."""
    return date_format(timezone.localtime(moment), "Y-m-d H:i T" if with_zone else "Y-m-d H:i")


def _element(moment, text, title):
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(timespec="seconds"), title, text
    )


def _length(moment):
    seconds = max(int((timezone.now() - moment).total_seconds()), 0)
    if seconds < HOUR:
        count = seconds // MINUTE
        return ngettext("%(count)d min", "%(count)d min", count) % {"count": count}
    if seconds < 2 * DAY:
        count = seconds // HOUR
        return ngettext("%(count)d h", "%(count)d h", count) % {"count": count}
    count = seconds // DAY
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}


def _ago(moment):
    seconds = int((timezone.now() - moment).total_seconds())
    if seconds < 0 or seconds >= WEEK:
        local = timezone.localtime(moment)
        return date_format(local, "Y-m-d H:i" if seconds < 0 else "Y-m-d")
    if seconds < MINUTE:
        return _("just now")
    if seconds < HOUR:
        count = seconds // MINUTE
        return ngettext("%(count)d min ago", "%(count)d min ago", count) % {"count": count}
    if seconds < DAY:
        count = seconds // HOUR
        return ngettext("%(count)d h ago", "%(count)d h ago", count) % {"count": count}
    count = seconds // DAY
    return ngettext("%(count)d day ago", "%(count)d days ago", count) % {"count": count}

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
def at(moment):
    """A <time> element with the exact time; "" for None."""
    if moment is None:
        return ""
    return _element(moment, exact(moment, with_zone=False), exact(moment))


def exact(moment, with_zone=True):
    """`moment` in the reader's time zone, as text: "2026-03-01 14:05 JST"."""
    return date_format(timezone.localtime(moment), "Y-m-d H:i T" if with_zone else "Y-m-d H:i")


def _element(moment, text, title):
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(timespec="seconds"), title, text
    )


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

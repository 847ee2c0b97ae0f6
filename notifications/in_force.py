"""What one's choices come to, in a few sentences at the top of the preferences (docs/preferences.md)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications import addresses
from notifications.choices import Rhythm, Weekday
from notifications.choosing import settings_to_fill
from notifications.facts import zone_called
from notifications.models import NotificationFunction, PersonalSettings
from opsi.models import User

MINUTE = timedelta(minutes=1)


def sentences(
    person: User, function: NotificationFunction, now: datetime, *, is_paused: bool, turned_off: int
) -> Iterator[str]:
    """How `person` is told now; `turned_off`: kinds of notification they turned off through every channel."""
    own = settings_to_fill(person)
    today = now.astimezone(zone_called(person.time_zone)).date()
    if function.uses_app:
        yield _("In the app you are told at once.")
    else:
        yield _("You are told by e-mail only, not in the app.")
    yield _mail(person, own, function, is_paused)
    if own.quiet_from is not None and own.quiet_until is not None:
        yield _quiet(own)
    if (away := _away(own, today)) is not None:
        yield away
    if turned_off:
        text = ngettext(
            "%(count)s kind of notification is turned off altogether.",
            "%(count)s kinds of notification are turned off altogether.",
            turned_off,
        )
        yield text % {"count": turned_off}


def _mail(person, own: PersonalSettings, function: NotificationFunction, is_paused: bool) -> str:
    address = addresses.of_person(person)
    if not address:
        return _("There is no address that e-mail could go to.")
    if is_paused:
        return _("No e-mail comes: %(address)s is paused.") % {"address": address}
    if own.rhythm == Rhythm.DAILY:
        text = _("E-mail to %(address)s comes in one summary a day, at %(time)s.")
    elif own.rhythm == Rhythm.WEEKLY:
        text = _("E-mail to %(address)s comes in one summary a week, on %(day)s at %(time)s.")
    elif function.window < MINUTE:
        text = _("E-mail to %(address)s comes at once.")
    else:
        text = ngettext(
            "E-mail to %(address)s comes at most every minute.",
            "E-mail to %(address)s comes at most every %(minutes)s minutes.",
            function.window // MINUTE,
        )
    words = {"address": address, "time": f"{own.summary_at:%H:%M}", "day": Weekday(own.summary_day).label}
    return text % (words | {"minutes": function.window // MINUTE})


def _quiet(own: PersonalSettings) -> str:
    said = {"begins": f"{own.quiet_from:%H:%M}", "ends": f"{own.quiet_until:%H:%M}"}
    if not own.quiet_days:
        return _("No e-mail comes from %(begins)s to %(ends)s.") % said
    days = ", ".join(str(Weekday(day).label) for day in sorted(own.quiet_days))
    return _("No e-mail comes from %(begins)s to %(ends)s on: %(days)s.") % (said | {"days": days})


def _away(own: PersonalSettings, today: date) -> str | None:
    begins, ends = own.out_of_office_from, own.out_of_office_until
    if (begins is None and ends is None) or (ends is not None and ends < today):
        return None
    said = {"begins": begins and date_format(begins), "ends": ends and date_format(ends)}
    if begins is not None and begins > today:
        text = (
            _("From %(begins)s you are away.")
            if ends is None
            else _("From %(begins)s until %(ends)s you are away.")
        )
    elif ends is None:
        text = _("You are away: no e-mail comes.")
    else:
        text = _("You are away until %(ends)s: no e-mail comes.")
    if own.stand_in is not None:
        return text % said + " " + _("%(name)s stands in for you.") % {"name": own.stand_in.full_name}
    return text % said

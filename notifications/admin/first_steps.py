"""How far the first hour has come with notifications (opsi.first_hour): how mail leaves, and who is told of what."""

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from notifications.choices import Validity
from notifications.models import Definition, MailServer, NotificationFunction
from opsi.first_hour import State, changed_by_somebody


def mail():
    function = NotificationFunction.load()
    if not function.uses_mail_server:
        if settings.OPSI_MAIL_REACHES_NOBODY:
            return State(False, gettext("Mail is kept as files: nobody receives it."))
        return State(True, str(function))
    server = MailServer.load()
    if not server.is_tested:
        return State(False, gettext("%(server)s, not tested as it is set up now") % {"server": server})
    day = date_format(timezone.localdate(server.tested_at))
    return State(True, gettext("%(server)s, tested on %(day)s") % {"server": server, "day": day})


def definitions():
    """Valid ones are there from the beginning: done is what somebody has looked at and changed."""
    counts = Definition.objects.aggregate(
        all=Count("pk"), valid=Count("pk", filter=Q(validity=Validity.VALID))
    )
    if not counts["valid"]:
        return State(False, gettext("None is valid: nobody is told of anything."))
    text = ngettext("%(count)d is valid", "%(count)d are valid", counts["valid"]) % {"count": counts["valid"]}
    changed = changed_by_somebody("notifications.definition")
    return State(bool(changed), gettext(", ").join([text, changed or gettext("as shipped")]))

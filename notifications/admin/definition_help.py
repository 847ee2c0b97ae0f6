"""What the form of a ticket notification says beside its fields, for somebody who reads no manual."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Beside a field, by its name.
FIELDS: dict[str, str | Promise] = {
    "name": _("How it is called in this list and in people's preferences; each name once."),
    "comment": _("For you and your colleagues; nobody else sees it."),
    "validity": _("Only a valid one tells anybody. Leave it invalid while you try it out."),
    "severity": _(
        "The more severe come first in a mail. From the ticket's priority: very high is Critical, high "
        "is Warning."
    ),
    "events": _("It is told whenever one of these happens."),
    "recipients": _(
        "Whoever is several of these gets one notification all the same. Nobody is told of a ticket they "
        "may not read."
    ),
    "named_users": _("These people, whatever they have to do with the ticket."),
    "named_groups": _("The members of these groups, as they are when it happens."),
    "roles": _(
        "Everybody who holds one of these roles; of customers' people those of the ticket's customer."
    ),
    "also_notify_actor": _("Else an agent hears nothing of what they did themselves."),
    "send_out_of_office": _("Else those who are away get no mail; in the app it waits for them."),
    "once_per_day": _("For each ticket and person, by the person's own calendar."),
    "channels": _("Through what it can come. Which of them they want is for people to choose, below."),
    "critical_skips_window": _("Else mail is collected for some minutes, so that one mail says it all."),
    "show_in_preferences": _("Whether people may turn it off themselves."),
    "tooltip": _("A sentence that explains it to people in their preferences."),
}

# Above a group of fields.
TICKET_FILTER = _(
    "Leave empty what does not matter. Of each field that is filled in, the ticket must have one of "
    "the values."
)
CHANGE_FILTER = _(
    "Asked only of the events that change the field: for “only when it is closed” choose the event "
    "State changed and the new state."
)
ARTICLE_FILTER = _("Asked of every event that has an article, such as a new note or an answer.")
NAMED = _("Beside those ticked above.")

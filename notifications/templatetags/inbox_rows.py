"""What can be done with a row of the inbox: five forms, which differ between rows alike in nothing but two ids."""

import secrets
from types import SimpleNamespace

from django import template
from django.utils.safestring import mark_safe

from notifications.choices import InboxState
from notifications.inbox_list import Line

register = template.Library()
ACTS = "notifications/inbox_acts.html"
# Stand for the ids in what is drawn once; nothing that anybody sends can hold them.
ANY_ROW, ANY_NOTICE = (10**17 + secrets.randbelow(10**17) for _place in range(2))


@register.simple_tag(takes_context=True)
def acts_of(context, line: Line):
    """The forms of `line`, drawn once a page for all rows in its state: they are most of what a list costs."""
    if line.wrong:
        return _draw(context, line)
    row = line.row
    drawn = context["request"].__dict__.setdefault("_inbox_acts", {})
    alike = (row.state, bool(row.saved_at))
    if alike not in drawn:
        any_row = SimpleNamespace(
            pk=ANY_ROW,
            notice_id=ANY_NOTICE,
            state=row.state,
            saved_at=row.saved_at,
            is_unread=row.state == InboxState.UNREAD,
        )
        drawn[alike] = _draw(context, SimpleNamespace(row=any_row, wrong=None))
    acts = drawn[alike].replace(str(ANY_ROW), str(row.pk)).replace(str(ANY_NOTICE), str(row.notice_id))
    return mark_safe(acts)  # noqa: S308  (ids are numbers)


def _draw(context, line):
    with context.push(line=line, row=line.row):
        return context.template.engine.get_template(ACTS).render(context)

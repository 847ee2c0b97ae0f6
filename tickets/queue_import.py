"""Queues out of a file, with what they grant (opsi.importing); a new one grants what is shipped unless told."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from opsi.importing.columns import Choice, Column, Key, Lines, Number, One, Some, YesNo, parts, plain
from opsi.importing.kinds import ImportKind, register
from opsi.models import Group
from opsi.roles import AgentRole
from tickets.choices import FollowUp, Level
from tickets.models import Queue, QueueGrant, Ticket, WorkingCalendar

GRANTS = {"may_read": Level.READ, "may_note": Level.NOTE, "may_write": Level.WRITE}


class QueueForm(forms.ModelForm):
    class Meta:
        model = Queue
        fields = (
            "name", "comment", "is_active", "follow_up", "open_to_moves", "signature", "unlock_minutes", "calendar",
        )  # fmt: skip


class Grants(Some):
    """Agent roles (each means itself and every stronger one) and groups that a queue lets do one thing."""

    def read(self, cell):
        found, unknown = set(), []
        roles = {plain(role): role for role in AgentRole.values}
        for name in parts(cell):
            if role := roles.get(plain(name)):
                found.add(("role", role))
                continue
            try:
                found.add(("group", self.one(name).pk))
            except ValidationError as error:
                unknown += error.messages
        if unknown:
            raise ValidationError(unknown)
        return sorted(found)

    def of(self, instance):
        level = GRANTS[self.field]
        return sorted(
            ("group", grant.group_id) if grant.group_id else ("role", grant.role)
            for grant in (instance.grants.all() if instance.pk else ())
            if grant.level == level
        )

    def said(self, value):
        return gettext(", ").join(str(self.rows[one]) if kind == "group" else one for kind, one in value)


class Queues(ImportKind):
    slug, model, form = "queues", Queue, QueueForm
    about = _(
        "A line for each queue. Who may read, note and write there stands in three columns, or in none."
    )

    def columns(self):
        unknown = _("There is neither a group nor an agent role “%(name)s”.")
        grants = _(
            "Agent roles and groups, with semicolons between them. All three empty: as shipped, or as it is."
        )
        return [
            Key("name", _("name"), _("The name of the queue."), ("queue", "キュー名")),
            Column("comment", _("comment"), _("What it is for.")),
            Grants("may_read", _("may read"), grants, ("read",), model=Group, unknown=unknown),
            Grants("may_note", _("may note"), grants, ("note",), model=Group, unknown=unknown),
            Grants("may_write", _("may write"), grants, ("write",), model=Group, unknown=unknown),
            Choice(
                "follow_up", _("follow-up to a complete ticket"), "", ("follow up",),
                choices=FollowUp.choices, may_be_emptied=False,
            ),
            YesNo(
                "open_to_moves", _("tickets may be moved here by agents who cannot read it"), _("yes or no."),
            ),
            Lines("signature", _("signature"), _("Stands beneath every reply to a customer from this queue.")),
            Number("unlock_minutes", _("unlock after (minutes)"), _("0: never.")),
            One(
                "calendar", _("working calendar"), _("The name of one that is there."), ("calendar",),
                model=WorkingCalendar, unknown=_("There is no working calendar “%(name)s”: add it first."),
            ),
            YesNo("is_active", _("active"), _("yes or no; empty: yes for a new one.")),
        ]  # fmt: skip

    def existing(self, key, cells):
        rows = Queue.objects.prefetch_related("grants")
        return {key.spelling(queue.name): queue for queue in rows}

    def header_problems(self, fields):
        if len(fields & GRANTS.keys()) in {0, len(GRANTS)}:
            return []
        return [gettext("“may read”, “may note” and “may write” belong together: have all three, or none.")]

    def line_problems(self, values, instance):
        given = {name: values[name] for name in GRANTS if name in values}
        if not any(given.values()):
            for name in given:
                del values[name]
            return []
        seen, problems = set(), []
        for name, granted in given.items():
            if seen & set(granted):
                problems.append(
                    (name, gettext("Somebody stands in two of the three: each writes, notes or reads."))
                )
            seen |= set(granted)
        return problems

    def save(self, form, values, by):
        is_new = form.instance.pk is None
        queue = form.save()
        if any(name in values for name in GRANTS):
            self._grant(queue, values)
        elif is_new:
            queue.grant_shipped()
        if not is_new and {"unlock_minutes", "calendar"} & set(form.changed_data):
            Ticket.objects.filter(queue=queue, is_locked=True).outdate_clocks()

    def _grant(self, queue, values):
        """Row by row, since each change of one stands in the list of changes."""
        wanted = {one: level for name, level in GRANTS.items() for one in values[name]}
        for grant in queue.grants.all():
            one = ("group", grant.group_id) if grant.group_id else ("role", grant.role)
            level = wanted.pop(one, None)
            if level is None:
                grant.delete()
            elif level != grant.level:
                grant.level = level
                grant.save()
        for (kind, who), level in wanted.items():
            to = {"group_id": who} if kind == "group" else {"role": who}
            QueueGrant.objects.create(queue=queue, level=level, **to)


QUEUES_IMPORT = register(Queues())

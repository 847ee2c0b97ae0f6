"""What becomes of people: switched to another customer, deleted, inherited (domain §3 rules 2, 3; docs/people.md)."""

from itertools import count

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from opsi.roles import AgentRole
from opsi.signals import CUSTOMER_SWITCHED, DELETED, INHERITED, person_event

# No login that somebody can be given has it: the validator refuses it.
PAST_MARK = "~"
NOT_LIKE_THIS = "People are not deleted but become past: person.become_past(by=…) keeps what they did."


class PeopleOverTime(models.QuerySet):
    def delete(self):
        """Refused: see `Life.delete`."""
        if self.exists():
            raise ProtectedError(NOT_LIKE_THIS, set(self[:1]))
        return 0, {}

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def existing(self):
        """Everybody but who existed in the past and the system itself."""
        return self.filter(deleted_at=None, is_system=False)

    def past(self):
        return self.exclude(deleted_at=None)

    def claimed_by(self, login, email):
        """Who existed in the past under this login or e-mail address, whatever their case, the latest first.

        Nobody whom an administrator has decided about: their login and address were freed.
        """
        if "\x00" in login + email:
            return self.none()
        named = models.Q(username__iexact=login) if login else models.Q()
        if email:
            named |= models.Q(email__iexact=email)
        return self.past().filter(named).order_by("-deleted_at", "-pk") if named else self.none()

    def administrators(self):
        return self.active().agents().filter(effective_role=AgentRole.ADMIN)


class Life(models.Model):
    """The verbs of a person's life. Deleting keeps the row as "existed in the past"; disabling keeps everything."""

    class Meta:
        abstract = True

    def delete(self, *args, **kwargs):
        """Refused: a row that goes takes tickets' history along; `become_past` keeps it (domain §3 rule 3)."""
        raise ProtectedError(NOT_LIKE_THIS, {self})

    delete.alters_data = True  # type: ignore[attr-defined]

    @property
    def existed_in_the_past(self):
        return self.deleted_at is not None

    @property
    def is_last_administrator(self):
        others = type(self).objects.administrators().exclude(pk=self.pk)
        return self.is_staff and not others.exists()

    def why_not_delete(self, by=None):
        """The sentence that says why `by` cannot delete this person; None where they can."""
        if self.existed_in_the_past:
            return _("%(person)s was deleted already.") % {"person": self.name}
        if by is not None and by.pk == self.pk:
            return _("You cannot delete yourself.")
        if self.is_last_administrator:
            return _("This is the last administrator: make somebody else one first.")
        return None

    @transaction.atomic
    def switch_customer(self, to, by=None):
        """Move this person to the customer `to` (None: to none); the apps above end what belonged to the old one."""
        current = type(self).objects.select_for_update(no_key=True).get(pk=self.pk)
        if current.customer_id == (to.pk if to else None):
            return
        self.customer = to
        self.save(update_fields=["customer"])
        person_event.send(
            sender=type(self), person=self, event=CUSTOMER_SWITCHED, by=by, old=current.customer, new=to
        )

    @transaction.atomic
    def become_past(self, by=None):
        """Delete this person: they stay as "existed in the past", sign in no more, and their watches rest.

        Raises ValidationError where they are `by` themselves, the last administrator, or deleted already.
        """
        people = type(self).objects
        # Two administrators who delete each other at once: the second waits here, and is then the last one.
        locked = {
            one.pk: one for one in people.administrators().order_by("pk").select_for_update(no_key=True)
        }
        if self.pk not in locked:
            people.select_for_update(no_key=True).get(pk=self.pk)
        self.refresh_from_db()
        if refusal := self.why_not_delete(by):
            raise ValidationError(refusal)
        self.deleted_at, self.deleted_by, self.is_active = timezone.now(), by, False
        self.set_unusable_password()
        self.save(update_fields=["deleted_at", "deleted_by", "is_active", "password"])
        # Not the single sign-on identity: by it they are known, and refused.
        self.end_second_factor()
        person_event.send(sender=type(self), person=self, event=DELETED, by=by)

    def make_room(self):
        """Free the login and the e-mail address of a past person for somebody new, who is not asked about again."""
        if not self.existed_in_the_past:
            raise ValueError(f"{self.username} exists.")
        base = self.username.partition(PAST_MARK)[0][:90]
        taken = set(
            type(self)
            .objects.filter(username__istartswith=base + PAST_MARK)
            .values_list(models.functions.Lower("username"), flat=True)
        )
        logins = (f"{base}{PAST_MARK}{number}" for number in count(1))
        self.username = next(login for login in logins if login.lower() not in taken)
        self.email = ""
        self.save(update_fields=["username", "email"])

    @transaction.atomic
    def inherit(self, past, by=None):
        """Take over what `past`, who existed in the past, left: the apps above hand their rows on. Never a role.

        Raises ValidationError where somebody else has inherited it, or where the customers differ.
        """
        past = type(self).objects.select_for_update(no_key=True).get(pk=past.pk)
        if not past.existed_in_the_past or past.inherited_by_id is not None:
            raise ValidationError(_("What %(person)s left is not there any more.") % {"person": past.name})
        if past.customer_id != self.customer_id:
            raise ValidationError(other_customer(past))
        if PAST_MARK not in past.username:
            past.make_room()
        past.inherited_by = self
        past.save(update_fields=["inherited_by"])
        person_event.send(sender=type(self), person=self, event=INHERITED, by=by, old=past)


def other_customer(past):
    """The sentence that says why only people of `past`'s customer can inherit."""
    if past.customer is None:
        return _("%(person)s belonged to no customer: only somebody without one can inherit.") % {
            "person": past.name
        }
    return _("%(person)s belonged to %(customer)s: only somebody of the same customer can inherit.") % {
        "person": past.name,
        "customer": past.customer,
    }

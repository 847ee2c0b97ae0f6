"""The admin's form of a person: asks before it switches a customer, and when somebody of the past comes up again."""

from functools import cached_property

from django import forms
from django.contrib.auth import password_validation
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from opsi import belongings
from opsi.fields import is_id
from opsi.life import other_customer
from opsi.models import User
from opsi.roles import AgentRole

NOT_INHERIT = "none"


class PersonForm(forms.ModelForm):
    new_password = forms.CharField(
        label=_("password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave empty to keep the one they have."),
    )
    past = forms.ChoiceField(label=_("Inherit"), required=False, widget=forms.RadioSelect)
    switch_confirmed = forms.BooleanField(label=_("Switch the customer"), required=False)

    class Meta:
        model = User
        fields = (
            "username", "full_name", "email", "new_password", "agent_role", "groups", "customer", "customer_role",
            "language", "time_zone", "is_active",
        )  # fmt: skip

    # Whoever uses the admin; set by PersonAdmin.
    acting: User | None = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_new = not self.instance.pk
        self.switches_from = self.instance.customer if self.instance.pk else None
        self.claimed = claimed(self.data if self.is_bound else {}, self.instance)
        if not self.instance.pk:
            self.fields["new_password"].help_text = _("Without one this person cannot sign in yet.")
        self.fields["past"].choices = [
            *((str(past.pk), _inheritance(past)) for past in self.claimed),
            (NOT_INHERIT, _("Do not inherit: a fresh person; the one of the past is renamed and left alone")),
        ]
        if self.instance.pk and "customer" in self.fields and self.ending:
            # The admin shows help texts as HTML; the titles in it are whatever somebody wrote.
            self.fields["customer"].help_text = escape(self.ending)

    def clean_new_password(self):
        password = self.cleaned_data["new_password"]
        if password:
            password_validation.validate_password(password, self.instance)
        return password

    def clean(self):
        cleaned = super().clean()
        self._keep_an_administrator(cleaned)
        self._ask_about_the_past(cleaned)
        if self.asks_to_switch and not cleaned.get("switch_confirmed"):
            self.add_error(
                "switch_confirmed", self.ending + " " + gettext("Tick the box to switch all the same.")
            )
        return cleaned

    def _keep_an_administrator(self, cleaned):
        lasting = cleaned.get("agent_role") == AgentRole.ADMIN and cleaned.get("is_active")
        if self.instance.pk and not (lasting and not cleaned.get("customer")):
            if self.instance.is_last_administrator:
                raise forms.ValidationError(
                    _("This is the last administrator: make somebody else one first.")
                )
            if self.acting == self.instance and not cleaned.get("is_active"):
                self.add_error("is_active", _("You cannot disable yourself."))

    def _ask_about_the_past(self, cleaned):
        decision = cleaned.get("past")
        if self.claimed and not decision and (not self.instance.pk or self._takes_a_login()):
            self.add_error(
                "past", _("Somebody with this login or e-mail address existed in the past: decide.")
            )
        heritage = self.heritage(decision)
        customer = cleaned.get("customer")
        if heritage and heritage.customer_id != (customer.pk if customer else None):
            self.add_error("past", other_customer(heritage))

    def _takes_a_login(self):
        login = self.cleaned_data.get("username", "").lower()
        return any(past.username.lower() == login for past in self.claimed)

    def _get_validation_exclusions(self):
        excluded = super()._get_validation_exclusions()
        if self._takes_a_login():
            # It is free as soon as an administrator has decided, without which nothing is saved.
            excluded.add("username")
        return excluded

    @property
    def asks_to_switch(self):
        changes = self.instance.pk and "customer" in self.changed_data and "customer" not in self.errors
        return bool(changes and self.ending)

    @cached_property
    def ending(self):
        """What a switch of the customer would end, in a sentence; "" for nothing."""
        return what_ends(self.instance)

    def heritage(self, decision=None):
        """The person of the past who is to be inherited; None for nobody."""
        chosen = decision if decision is not None else self.cleaned_data.get("past")
        return next((past for past in self.claimed if str(past.pk) == chosen), None)

    def save_person(self, by):
        """Save the person without their groups; another customer is a switch, with all that it ends."""
        self.make_room()
        person = self.instance
        if password := self.cleaned_data["new_password"]:
            person.set_password(password)
        elif self.is_new:
            person.set_unusable_password()
        if self.is_new or "customer" not in self.changed_data:
            person.save()
            return
        to, person.customer = person.customer, self.switches_from
        person.save()
        person.switch_customer(to, by=by)

    def end_sessions_of_disabled(self):
        """Enabled again, they sign in again."""
        if not self.is_new and "is_active" in self.changed_data and not self.instance.is_active:
            self.instance.end_sessions()

    def make_room(self):
        """Free login and address of everybody who was decided about."""
        if self.cleaned_data.get("past"):
            for past in self.claimed:
                past.make_room()


def claimed(data, instance):
    """Who existed in the past under the login or address of `data` (as posted), else of `instance`."""
    login = data.get("username", instance.username or "").strip()
    email = data.get("email", instance.email or "").strip()
    if instance.pk and instance.existed_in_the_past:
        return []
    return list(User.objects.claimed_by(login, email).exclude(pk=instance.pk).select_related("customer"))


def may_switch(data, instance):
    """Whether `data` (as posted) gives `instance` another customer, which ends something."""
    if not instance or "customer" not in data:
        return False
    posted = data["customer"]
    other = posted != str(instance.customer_id or "")
    return other and (not posted or is_id(posted)) and bool(what_ends(instance))


def what_ends(person):
    """The sentence that says what a switch of `person`'s customer ends, with number and list; "" for nothing."""
    texts = []
    for found in belongings.of(person, ending_with_customer=True):
        if found.count:
            text = ngettext(
                "A switch ends %(count)d watch: %(list)s.",
                "A switch ends %(count)d watches: %(list)s.",
                found.count,
            )
            listed = ", ".join(found.shown)
            if found.more:
                listed += gettext(" and %(count)d more") % {"count": found.more}
            texts.append(text % {"count": found.count, "list": listed})
    if texts:
        texts.append(gettext("They are told. Mail that waits and that they may no longer read is withdrawn."))
    return " ".join(texts)


def _inheritance(past):
    has = ", ".join(f"{found.label}: {found.count}" for found in belongings.of(past))
    return gettext("Inherit from %(person)s (%(login)s, %(customer)s, deleted on %(date)s): %(has)s") % {
        "person": past.name,
        "login": past.username,
        "customer": past.customer or gettext("no customer"),
        "date": date_format(past.deleted_at, "DATE_FORMAT"),
        "has": has,
    }

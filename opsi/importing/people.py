"""Customers and people out of a file: saved by the forms of their pages in the admin, so nothing is laxer here."""

import unicodedata
from itertools import batched

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from opsi.importing.columns import Choice, Column, Key, One, Some, YesNo
from opsi.importing.kinds import ImportKind, register
from opsi.models import Customer, Group, User
from opsi.person_form import PersonForm
from opsi.roles import AgentRole, CustomerRole

ASKED_AT_ONCE = 500


class CustomerForm(forms.ModelForm):
    class Meta:
        model = Customer
        fields = ("name", "is_active")


class Customers(ImportKind):
    slug, model, form = "customers", Customer, CustomerForm
    about = _("A line for each organisation whose users send requests.")

    def columns(self):
        return [
            Key(
                "name", _("name"), _("The name of the organisation."),
                ("customer", "organisation", "company", "顧客", "顧客名", "会社", "会社名"),
            ),
            YesNo("is_active", _("active"), _("yes or no; empty: yes for a new one.")),
        ]  # fmt: skip


class ImportedPersonForm(PersonForm):
    """The admin's, where nobody sits who could be asked: what it asks about the past is refused, by its name."""

    def clean(self):
        cleaned = super().clean()
        if self.instance.pk and self.instance.is_staff and not self._stays_administrator(cleaned):
            raise ValidationError(
                _("They are an administrator and would not be any more: that is done on their own page.")
            )
        return cleaned

    def _stays_administrator(self, cleaned):
        roles = [cleaned.get("agent_role"), *(group.agent_role for group in cleaned.get("groups") or ())]
        return cleaned.get("is_active") and not cleaned.get("customer") and AgentRole.ADMIN in roles

    def _ask_about_the_past(self, cleaned):
        if self.claimed and (self.is_new or self._takes_a_login()):
            self.add_error(
                "username",
                _(
                    "Somebody with this login or e-mail address existed in the past: add them on the page of "
                    "people, where it is decided who inherits."
                ),
            )


def login_spelling(text: str) -> str:
    # As a login is kept (AbstractBaseUser.normalize_username), and compared.
    return unicodedata.normalize("NFKC", text).lower()


class People(ImportKind):
    slug, model, form = "people", User, ImportedPersonForm
    about = _(
        "A line for each person. They get no password: an administrator enters one on the person's page, or they come "
        "by single sign-on."
    )

    def columns(self):
        return [
            Key(
                "username", _("login"), _("By it lines and people are matched, whatever its case; never changed."),
                ("login name", "user", "user name", "ログインID", "ユーザー名"), spelling=login_spelling,
            ),
            Column("full_name", _("name"), _("As others read it."), ("full name", "氏名", "表示名")),
            Column(
                "email", _("e-mail address"), _("Where notifications go."), ("e-mail", "mail", "メール", "Eメール"),
            ),
            One(
                "customer", _("customer"), _("The name of a customer that is there; makes them a customer user."),
                ("organisation", "organization", "company", "会社"), model=Customer,
                unknown=_("There is no customer “%(name)s”: import or add it first."),
            ),
            Choice(
                "agent_role", _("agent role"), "", ("role",), choices=AgentRole.choices,
            ),
            Choice(
                "customer_role", _("customer role"), choices=CustomerRole.choices,
                may_be_emptied=False,
            ),
            Some(
                "groups", _("groups"), _("Names or short names, with semicolons between them."), ("group", "teams"),
                model=Group, unknown=_("There is no group “%(name)s”: add it first."),
            ),
            Choice(
                "language", _("language"), "", ("locale",),
                choices=settings.LANGUAGES, may_be_emptied=False,
            ),
            TimeZone("time_zone", _("time zone"), _("Such as Europe/Berlin or Asia/Tokyo."), ("timezone",)),
            YesNo("is_active", _("active"), _("yes or no; empty: yes for a new one.")),
        ]  # fmt: skip

    def existing(self, key, cells):
        found = {}
        people = User.objects.existing().select_related("customer").prefetch_related("groups")
        for some in batched({key.spelling(cell) for cell in cells}, ASKED_AT_ONCE):
            # A database's lower case may know fewer letters than ours: a login is found as it stands, too.
            named = people.annotate(lower=Lower("username")).filter(Q(lower__in=some) | Q(username__in=some))
            found.update({key.spelling(person.username): person for person in named})
        return found

    def key_differs(self, key, cell, instance):
        return False

    def form_of(self, data, instance, by):
        # What a switch ends stands in the report, and is confirmed there.
        form = ImportedPersonForm(data | {"switch_confirmed": True}, instance=instance)
        form.acting = by
        return form

    def save(self, form, values, by):
        form.save(commit=False)
        form.save_person(by)
        form.save_m2m()
        form.end_sessions_of_disabled()

    def notes(self, form):
        cleaned, found = form.cleaned_data, []
        roles = [cleaned["agent_role"], *(group.agent_role for group in cleaned["groups"])]
        if cleaned["customer"]:
            if any(roles):
                found.append(gettext("Has a customer: counts as a customer user, whatever the agent role."))
        elif AgentRole.ADMIN in roles and form.initial.get("agent_role") != AgentRole.ADMIN:
            found.append(gettext("Becomes an administrator."))
        elif not any(roles):
            found.append(gettext("Neither agent role nor customer: a requester."))
        return found

    def ends(self, form):
        return form.ending if form.asks_to_switch else ""


class TimeZone(Column):
    may_be_emptied = False


CUSTOMERS_IMPORT, PEOPLE_IMPORT = register(Customers()), register(People())

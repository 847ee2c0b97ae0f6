"""People, customers and groups in the admin."""

from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import Group as DjangoGroup
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.http import HttpResponseRedirect
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from opsi import belongings, first_hour, sign_in_admin, slots  # noqa: F401  (registers its own)
from opsi.admin_kinds import OneRow
from opsi.admin_sections import PEOPLE
from opsi.audit_admin import Audited
from opsi.credentials import SecondFactor
from opsi.fields import FindsOne, SomeRows
from opsi.first_hour import Link, State, Step
from opsi.importing.pages import Importing
from opsi.importing.people import CUSTOMERS_IMPORT, PEOPLE_IMPORT
from opsi.models import Customer, Group, NamingSettings, User
from opsi.person_form import PersonForm, claimed, may_switch
from opsi.roles import AgentRole, PersonKind

# Rights come from roles and queues here; Django's own permission groups would only mislead.
admin.site.unregister(DjangoGroup)
admin.site.site_header = _("Ops I administration")
admin.site.site_title = _("Ops I administration")
admin.site.index_title = _("Administration")


class KindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return PersonKind.choices

    def queryset(self, request, queryset):
        return queryset.of_kind(self.value()) if self.value() in PersonKind.values else queryset


class TimeFilter(admin.SimpleListFilter):
    """Those who exist, unless asked for the others."""

    title = _("existence")
    parameter_name = "existence"

    def lookups(self, request, model_admin):
        return [("past", _("Existed in the past")), ("all", _("All"))]

    def choices(self, changelist):
        first, *others = super().choices(changelist)
        return [first | {"display": _("Exists")}, *others]

    def queryset(self, request, queryset):
        match self.value():
            case "past":
                return queryset.past()
            case "all":
                return queryset
            case _:
                return queryset.existing()


@admin.register(User)
class PersonAdmin(Importing, Audited, FindsOne, admin.ModelAdmin):
    importing = PEOPLE_IMPORT
    form = PersonForm
    list_display = ("full_name", "username", "email", "kind_shown", "role_shown", "customer", "is_active")
    list_filter = (TimeFilter, KindFilter, "effective_role", "is_active", "customer")
    delete_confirmation_template = "admin/opsi/delete_person.html"
    delete_selected_confirmation_template = "admin/opsi/delete_people.html"
    list_select_related = ("customer",)
    search_fields = ("username", "full_name", "email")
    filter_horizontal = ("groups",)
    autocomplete_fields = ("customer",)
    readonly_fields = ("role_shown", "last_login", "created_at", "two_step_shown", "identities_shown")
    actions = ("end_sessions", "end_second_factors", "end_identities")
    fieldsets = (
        (None, {"fields": ("username", "full_name", "email", "new_password", "is_active")}),
        (_("Agent"), {"fields": ("agent_role", "groups", "role_shown")}),
        (_("Customer user"), {"fields": ("customer", "customer_role")}),
        (_("Personal"), {"fields": ("language", "time_zone", "created_at")}),
        (_("Signing in"), {"fields": ("last_login", "two_step_shown", "identities_shown")}),
    )

    @admin.action(description=_("Sign the chosen people out everywhere"))
    def end_sessions(self, request, people):
        for person in people:
            person.end_sessions()
            if person == request.user:
                update_session_auth_hash(request, person)
        self.message_user(request, _("They are signed out everywhere."), messages.SUCCESS)

    @admin.action(description=_("Turn two-step sign-in of the chosen people off"))
    def end_second_factors(self, request, people):
        for person in people:
            person.end_second_factor()
        self.message_user(request, _("Their password alone signs them in."), messages.SUCCESS)

    @admin.action(description=_("Forget who the chosen people are at single sign-on"))
    def end_identities(self, request, people):
        with transaction.atomic():
            for person in people:
                person.identities.all().delete()
                person.end_sessions()
                if person == request.user:
                    update_session_auth_hash(request, person)
        self.message_user(
            request, _("Single sign-on knows them no more until they are found anew."), messages.SUCCESS
        )

    @admin.display(description=_("two-step sign-in"))
    def two_step_shown(self, person):
        factor = SecondFactor.objects.filter(person_id=person.pk).first()
        if factor is None:
            return _("Off")
        return format_lazy(_("On since {day}"), day=date_format(localtime(factor.confirmed_at)))

    @admin.display(description=_("single sign-on"), empty_value="–")
    def identities_shown(self, person):
        return ", ".join(str(identity) for identity in person.identities.all()) if person.pk else None

    @admin.display(description=_("kind"))
    def kind_shown(self, person):
        return person.kind.label

    @admin.display(description=_("role in effect"), empty_value="–")
    def role_shown(self, person):
        return None if person.customer_id else person.get_effective_role_display() or None

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return super().formfield_for_manytomany(db_field, request, form_class=SomeRows, **kwargs)

    # Who existed in the past is looked at, not changed; what became of them stands beside.
    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not (obj and obj.existed_in_the_past)

    def lookup_allowed(self, lookup, value, request):
        # Else a list narrowed by `?password__startswith=` would tell the hash letter by letter.
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and obj.existed_in_the_past)

    def get_readonly_fields(self, request, obj=None):
        past = ("deleted_at", "deleted_by", "inherited_by") if obj and obj.existed_in_the_past else ()
        return (*self.readonly_fields, *past)

    def get_fieldsets(self, request, obj=None):
        fieldsets = list(self.fieldsets)
        if obj and obj.existed_in_the_past:
            own = ("username", "full_name", "email", "deleted_at", "deleted_by", "inherited_by")
            known = (_("Signing in"), {"fields": ("identities_shown",)})
            return [(_("Existed in the past"), {"fields": own}), (fieldsets[2]), (fieldsets[3]), known]
        if may_switch(request.POST, obj):
            fieldsets.insert(0, (_("Switch of the customer"), {"fields": ("switch_confirmed",)}))
        if claimed(request.POST, obj or User()):
            fieldsets.insert(0, (_("Existed in the past"), {"fields": ("past",)}))
        return fieldsets

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        form.acting = request.user
        return form

    def get_deleted_objects(self, objs, request):
        """What the confirmation page lists: what each has, and why somebody cannot be deleted."""
        objs = list(objs)
        refused = [f"{person.name}: {why}" for person in objs if (why := person.why_not_delete(request.user))]
        # As Django's unordered_list wants it: each name is followed by the list of what stands beneath it.
        leaving: list = []
        for person in objs:
            leaving += [person.name, [f"{found.label}: {found.count}" for found in belongings.of(person)]]
        return leaving, {self.opts.verbose_name_plural: len(objs)}, set(), refused

    def delete_model(self, request, person):
        person.become_past(by=request.user)

    @transaction.atomic
    def delete_queryset(self, request, people):
        for person in people:
            person.become_past(by=request.user)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (ValidationError, IntegrityError) as problem:
            return self._overtaken(request, problem)

    def changelist_view(self, request, extra_context=None):
        try:
            return super().changelist_view(request, extra_context)
        except ValidationError as problem:
            if request.method != "POST":
                raise
            return self._overtaken(request, problem)

    def delete_view(self, request, object_id, extra_context=None):
        try:
            return super().delete_view(request, object_id, extra_context)
        except ValidationError as problem:
            return self._overtaken(request, problem)

    def _overtaken(self, request, problem):
        """Somebody else was quicker between question and answer: nothing was saved."""
        if isinstance(problem, ValidationError):
            text = " ".join(problem.messages)
        else:
            text = _("Somebody else saved the same meanwhile. Nothing was saved: please try again.")
        messages.error(request, text)
        return HttpResponseRedirect(request.get_full_path())

    def get_queryset(self, request):
        return super().get_queryset(request).filter(is_system=False)

    def get_search_results(self, request, queryset, search_term):
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if request.resolver_match and request.resolver_match.url_name == "autocomplete":
            found = found.existing()
        return found, duplicates

    @transaction.atomic
    def save_model(self, request, person, form, change):
        form.save_person(by=request.user)
        if change and "customer" in form.changed_data and form.switches_from:
            messages.warning(
                request,
                _("%(person)s no longer belongs to %(customer)s: what they watched there has ended.")
                % {"person": person, "customer": form.switches_from},
            )

    def save_related(self, request, form, formsets, change):
        form.end_sessions_of_disabled()
        super().save_related(request, form, formsets, change)
        # The groups are known only now, and with them the role that says which tickets can be taken over.
        if heritage := form.heritage():
            form.instance.inherit(heritage, by=request.user)
            messages.success(
                request,
                _("%(person)s has taken over what %(past)s left.")
                % {"person": form.instance, "past": heritage.name},
            )


@admin.register(Customer)
class CustomerAdmin(Importing, Audited, admin.ModelAdmin):
    importing = CUSTOMERS_IMPORT
    when_empty = _(
        "Without customers there are agents and requesters alone. Add one, or import all you have."
    )
    list_display = ("name", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)


@admin.register(Group)
class GroupAdmin(Audited, admin.ModelAdmin):
    when_empty = _(
        "Add one for each team: tickets are assigned to it, and a queue can be opened to it alone."
    )
    list_display = ("name", "slug", "agent_role")
    list_filter = ("agent_role",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(NamingSettings)
class NamingAdmin(Audited, OneRow, admin.ModelAdmin):
    fields = ("neutral_agents", "neutral_name")


def people_there_are():
    people = User.objects.active().aggregate(
        all=Count("pk"),
        others=Count("pk", filter=~Q(effective_role=AgentRole.ADMIN) | Q(customer__isnull=False)),
    )
    customers = Customer.objects.filter(is_active=True).count()
    texts = (
        ngettext("%(count)d customer", "%(count)d customers", customers) % {"count": customers},
        ngettext("%(count)d person", "%(count)d people", people["all"]) % {"count": people["all"]},
    )
    return State(bool(customers and people["others"]), gettext(", ").join(texts))


Step(
    "people",
    _("Customers and people"),
    _("Whose tickets they are, and who works on them; who is told of something needs an e-mail address."),
    people_there_are,
    (
        Link(_("Import customers"), "admin:opsi_customer_import"),
        Link(_("Import people"), "admin:opsi_user_import"),
        Link(_("Groups"), "admin:opsi_group_changelist"),
    ),
    order=10,
)
slots.fill("admin.start", first_hour.panel, order=60)
slots.fill("admin.start.end", first_hour.way_back)

PEOPLE.put(User, _("Who signs in: agents, customer users and requesters, with their roles."))
PEOPLE.put(Customer, _("The organisations whose users send requests; one never sees another's tickets."))
PEOPLE.put(Group, _("Teams of agents: to assign tickets to, to give roles and queues to."))
PEOPLE.put(NamingSettings, _("Whether customers see the agents' own names or one neutral name."))

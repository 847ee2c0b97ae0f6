"""People, customers and groups in the admin."""

from axes.models import AccessAttempt
from django import forms
from django.contrib import admin, messages
from django.contrib.auth import password_validation, update_session_auth_hash
from django.contrib.auth.models import Group as DjangoGroup
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from opsi.fields import FindsOne, SomeRows
from opsi.models import Customer, Group, User
from opsi.roles import AgentRole, PersonKind

# Rights come from roles and queues here; Django's own permission groups would only mislead.
admin.site.unregister(DjangoGroup)
admin.site.site_header = _("Ops I administration")
admin.site.site_title = _("Ops I administration")
admin.site.index_title = _("Administration")


class PersonForm(forms.ModelForm):
    new_password = forms.CharField(
        label=_("password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave empty to keep the one they have."),
    )

    class Meta:
        model = User
        fields = (
            "username", "full_name", "email", "new_password", "agent_role", "groups", "customer", "customer_role",
            "language", "time_zone", "is_active",
        )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.switches_from = self.instance.customer if self.instance.pk else None
        if not self.instance.pk:
            self.fields["new_password"].help_text = _("Without one this person cannot sign in yet.")

    def clean_new_password(self):
        password = self.cleaned_data["new_password"]
        if password:
            password_validation.validate_password(password, self.instance)
        return password

    def clean(self):
        cleaned = super().clean()
        lasting = cleaned.get("agent_role") == AgentRole.ADMIN and cleaned.get("is_active")
        if self.instance.pk and self.instance.is_staff and not (lasting and not cleaned.get("customer")):
            others = User.objects.active().agents().filter(effective_role=AgentRole.ADMIN)
            if not others.exclude(pk=self.instance.pk).exists():
                raise forms.ValidationError(
                    _("This is the last administrator: make somebody else one first.")
                )
        return cleaned


class KindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return PersonKind.choices

    def queryset(self, request, queryset):
        return queryset.of_kind(self.value()) if self.value() in PersonKind.values else queryset


@admin.register(User)
class PersonAdmin(FindsOne, admin.ModelAdmin):
    form = PersonForm
    list_display = ("full_name", "username", "email", "kind_shown", "role_shown", "customer", "is_active")
    list_filter = (KindFilter, "effective_role", "is_active", "customer")
    list_select_related = ("customer",)
    search_fields = ("username", "full_name", "email")
    filter_horizontal = ("groups",)
    autocomplete_fields = ("customer",)
    readonly_fields = ("role_shown", "last_login", "created_at")
    actions = ("end_sessions",)
    fieldsets = (
        (None, {"fields": ("username", "full_name", "email", "new_password", "is_active")}),
        (_("Agent"), {"fields": ("agent_role", "groups", "role_shown")}),
        (_("Customer user"), {"fields": ("customer", "customer_role")}),
        (_("Personal"), {"fields": ("language", "time_zone", "last_login", "created_at")}),
    )

    @admin.action(description=_("Sign the chosen people out everywhere"))
    def end_sessions(self, request, people):
        for person in people:
            person.end_sessions()
            if person == request.user:
                update_session_auth_hash(request, person)
        self.message_user(request, _("They are signed out everywhere."), messages.SUCCESS)

    @admin.display(description=_("kind"))
    def kind_shown(self, person):
        return person.kind.label

    @admin.display(description=_("role in effect"), empty_value="–")
    def role_shown(self, person):
        return None if person.customer_id else person.get_effective_role_display() or None

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return super().formfield_for_manytomany(db_field, request, form_class=SomeRows, **kwargs)

    def has_delete_permission(self, request, obj=None):
        # People stand in the history: they are disabled, not deleted.
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).filter(is_system=False)

    def save_model(self, request, person, form, change):
        if password := form.cleaned_data["new_password"]:
            person.set_password(password)
        elif not change:
            person.set_unusable_password()
        if not change or "customer" not in form.changed_data:
            person.save()
            return
        to, person.customer = person.customer, form.switches_from
        with transaction.atomic():
            person.save()
            person.switch_customer(to, by=request.user)
        if form.switches_from:
            messages.warning(
                request,
                _("%(person)s no longer belongs to %(customer)s: what they watched there has ended.")
                % {"person": person, "customer": form.switches_from},
            )


@admin.register(AccessAttempt)
class FailedSignInAdmin(admin.ModelAdmin):
    """What slows an account or an address down; taking rows away lifts it at once."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time")
    search_fields = ("username", "ip_address")
    fields = readonly_fields = (*list_display, "user_agent", "path_info")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):
    list_display = ("name", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)


@admin.register(Group)
class GroupAdmin(admin.ModelAdmin):
    list_display = ("name", "slug", "agent_role")
    list_filter = ("agent_role",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}

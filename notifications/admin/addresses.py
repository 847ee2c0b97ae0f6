"""Paused addresses, and where each person's notifications go (domain §4, §7)."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from notifications import addresses
from notifications.models import AddressPause, PersonalSettings
from opsi.models import User


class PauseForm(forms.ModelForm):
    class Meta:
        model = AddressPause
        fields = ("address",)

    def clean_address(self):
        address = addresses.normalise(self.cleaned_data["address"])
        if not address:
            raise ValidationError(_("This is no address that mail is sent to."))
        return address


@admin.register(AddressPause)
class AddressPauseAdmin(admin.ModelAdmin):
    """To pause an address is to add it here, to end the pause is to delete it."""

    form = PauseForm
    list_display = ("address", "reason", "since", "words", "tested_at")
    list_filter = ("reason", "since")
    search_fields = ("address",)
    fields = ("address",)

    def has_change_permission(self, request, obj=None):
        return False

    def get_fields(self, request, obj=None):
        return self.list_display if obj else self.fields


class AddressInline(admin.StackedInline):
    """Of a person's own settings only this: the rest is theirs."""

    model = PersonalSettings
    fk_name = "person"
    fields = readonly_fields = ("own_address", "asked_address", "asked_at")
    verbose_name_plural = _("Notification address")
    can_delete = False
    extra = 0

    def has_add_permission(self, request, obj=None):
        return False


type(admin.site.get_model_admin(User)).inlines = [AddressInline]

"""Paused addresses, and where each person's notifications go (domain §4, §7)."""

from typing import Any

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


@admin.display(description=_("Notifications go to"), empty_value="–")
def notification_address(person):
    """The account's address or the person's own, with what waits to be confirmed."""
    own: PersonalSettings | None = getattr(person, "notification_settings", None)
    if own is None or not own.asked_address:
        return addresses.of_person(person)
    return _("%(address)s (%(asked)s waits to be confirmed)") % {
        "address": addresses.of_person(person) or "–",
        "asked": own.asked_address,
    }


# The page of a person belongs to a floor below, which knows nothing of notifications.
PersonAdmin: Any = type(admin.site.get_model_admin(User))
PersonAdmin.readonly_fields += (notification_address,)
PersonAdmin.fieldsets += ((_("Notifications"), {"fields": (notification_address,)}),)

"""Kinds of admin pages that several apps have: what is only looked at, and settings of one row."""

from django.shortcuts import redirect
from django.urls import reverse


class LookedAtOnly:
    """For a ModelAdmin whose rows the program writes: nobody adds, changes or deletes one by hand."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class OneRow:
    """For a ModelAdmin of a `Singleton`: one row, always there, so its list is its form."""

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return redirect(reverse(page, args=[self.model.SINGLETON_ID]))

    def get_object(self, request, object_id, from_field=None):
        return self.model.load() if object_id == str(self.model.SINGLETON_ID) else None

"""Failed sign-ins in the admin; and what the libraries of signing in would put there is taken away."""

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from axes.models import AccessAttempt
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from opsi.admin_sections import SAFETY

# Nothing is ever in these tables: of django-allauth only the client of single sign-on is used.
admin.site.unregister([EmailAddress, SocialAccount, SocialApp, SocialToken])

# django-axes has no Japanese for these of its words; named here, they are in our catalogue.
WORDS_OF_AXES = (
    gettext_noop("access attempt"), gettext_noop("access attempts"), gettext_noop("Attempt Time"),
    gettext_noop("Username"), gettext_noop("IP Address"), gettext_noop("Failed Logins"),
    gettext_noop("Path"), gettext_noop("User Agent"),
)  # fmt: skip


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


SAFETY.put(
    AccessAttempt,
    _("Wrong passwords of late. Deleting a row lets its account or address try again at once."),
    _("Failed sign-ins"),
)

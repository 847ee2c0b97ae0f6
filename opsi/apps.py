from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.translation import gettext_lazy as _


class OpsiConfig(AppConfig):
    name = "opsi"
    verbose_name = _("People and customers")

    def ready(self):
        from opsi import auditing, mailers, people, sessions  # noqa: F401  (connect receivers: effective roles, ages of sessions)
        from opsi.doctor import checks
        from opsi.models import Customer, Group, Identity, NamingSettings, SecondFactor, SettledStep, User

        mailers.insist_on_provider()
        checks.register()
        auditing.audit(Customer)
        auditing.audit(Group)
        auditing.audit(NamingSettings)
        auditing.audit(SettledStep, only=("slug",))
        auditing.audit(SecondFactor, only=("confirmed_at",), of="person")
        auditing.audit(Identity, of="person", only=("issuer", "subject"))
        auditing.audit(
            User,
            only=(
                "username", "full_name", "email", "password", "agent_role", "groups", "customer", "customer_role",
                "is_active", "deleted_at", "inherited_by",
            ),
        )  # fmt: skip


class AdministrationConfig(admin_apps.AdminConfig):
    """Django's admin, with our front page."""

    default = False  # of this package the app is OpsiConfig
    default_site = "opsi.admin_site.Administration"

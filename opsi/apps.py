from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OpsiConfig(AppConfig):
    name = "opsi"
    verbose_name = _("People and customers")

    def ready(self):
        from opsi import auditing, people, sessions  # noqa: F401  (connect receivers: effective roles, ages of sessions)
        from opsi.models import Customer, Group, NamingSettings, User

        auditing.audit(Customer)
        auditing.audit(Group)
        auditing.audit(NamingSettings)
        auditing.audit(
            User,
            only=(
                "username", "full_name", "email", "password", "agent_role", "groups", "customer", "customer_role",
                "is_active", "deleted_at", "inherited_by",
            ),
        )  # fmt: skip

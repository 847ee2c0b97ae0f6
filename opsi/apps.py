from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OpsiConfig(AppConfig):
    name = "opsi"
    verbose_name = _("People and customers")

    def ready(self):
        from opsi import people, sessions  # noqa: F401  (connect receivers: effective roles, ages of sessions)

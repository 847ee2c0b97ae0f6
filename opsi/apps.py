from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OpsiConfig(AppConfig):
    name = "opsi"
    verbose_name = _("People and customers")

    def ready(self):
        from opsi import people  # noqa: F401  (connects the receivers that keep effective roles current)

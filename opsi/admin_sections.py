"""The sections of the admin that belong to the ground floor; the floors above open their own (opsi.admin_site)."""

from django.utils.translation import gettext_lazy as _

from opsi.admin_site import Section

PEOPLE = Section("people", _("People and customers"), order=10)
SAFETY = Section("safety", _("Signing in and records"), order=90)

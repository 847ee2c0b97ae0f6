from django.utils.translation import gettext_lazy as _

from tickets.forms.merging import MergeForm
from tickets.forms.texts import LineField


class LinkForm(MergeForm):
    """The ticket to link with, by its number: one that is hidden reads as one that does not exist."""

    target = LineField(label=_("Number of the other ticket"), max_length=20)

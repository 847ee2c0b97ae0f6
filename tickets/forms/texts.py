"""Form fields for what people write: one-line texts, bodies, lists of mail addresses, times to come."""

import datetime
import re
from email.utils import getaddresses

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_BODY = 200_000  # characters
FURTHEST = datetime.timedelta(days=5 * 366)


class LineField(forms.CharField):
    """One line: whatever white space was pasted becomes single blanks, so that it can stand in a header."""

    def to_python(self, value):
        return " ".join(super().to_python(value).split())


class BodyField(forms.CharField):
    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("Text"))
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 8}))
        kwargs.setdefault("error_messages", {"required": _("Write something first.")})
        super().__init__(max_length=MAX_BODY, **kwargs)

    def to_python(self, value):
        # Browsers send CR LF; texts are kept with line feeds alone.
        return re.sub(r"\r\n?", "\n", super().to_python(value))


class AddressesField(LineField):
    """Mail addresses separated by commas or semicolons; cleans to one line, "" for none."""

    def __init__(self, **kwargs):
        super().__init__(required=False, max_length=2000, **kwargs)

    def clean(self, value):
        line = super().clean(value).replace(";", ",").strip(" ,")
        for part in filter(None, (part.strip() for part in line.split(","))):
            addresses = getaddresses([part])
            try:
                if len(addresses) != 1:
                    raise ValidationError("")
                validate_email(addresses[0][1])
            except ValidationError:
                raise ValidationError(
                    _("“%(part)s” is not an e-mail address."), params={"part": part}
                ) from None
        return line


class LoginsField(LineField):
    """Logins separated by commas or blanks, an @ before them or not; cleans to a list, each once."""

    def __init__(self, **kwargs):
        super().__init__(required=False, max_length=2000, **kwargs)
        self.widget.attrs |= {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}

    def clean(self, value):
        typed = (login.strip("@＠") for login in re.split(r"[\s,;、，；]+", super().clean(value)))
        return list({login.lower(): login for login in typed if login}.values())


class MomentField(forms.DateTimeField):
    """A time to come, in the reader's time zone; cleans to an aware datetime or None."""

    def __init__(self, **kwargs):
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(required=False, widget=widget, **kwargs)

    def clean(self, value):
        moment = super().clean(value)
        if moment is None:
            return None
        try:
            wait = moment - timezone.now()
        except OverflowError:
            wait = FURTHEST * 2
        if wait <= datetime.timedelta(0):
            raise ValidationError(_("This time is past."))
        if wait > FURTHEST:
            raise ValidationError(_("This is too far in the future."))
        return moment

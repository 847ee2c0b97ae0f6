"""The forms of the notification function's page (domain §4)."""

import ipaddress
import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _

from notifications import mail_hosts
from notifications.admin.ports import USUAL_PORTS
from notifications.choices import Authentication, Security
from notifications.models import MailServer, NotificationFunction

LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
# A stored password is only ever sent to the server, by the account and in the way it was entered for.
BOUND_TO_SECRET = ("host", "port", "security", "authentication", "account")


class MailServerForm(forms.ModelForm):
    secret = forms.CharField(
        label=_("Password or token"),
        required=False,
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
    )
    sender = forms.EmailField(
        label=_("Sender address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "vTextField"}),
        help_text=_("Whom mail comes from, such as desk@example.com."),
    )

    class Meta:
        model = MailServer
        fields = (
            "host",
            "security",
            "port",
            "authentication",
            "account",
            "secret",
            "sender",
            "rate_per_minute",
        )
        widgets = {
            "host": forms.TextInput(attrs={"class": "vTextField"}),
            "account": forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._stored = {name: getattr(self.instance, name) for name in BOUND_TO_SECRET}
        self.fields["host"].required = True
        self.fields["rate_per_minute"].required = False
        port = self.fields["port"]
        port.required, port.help_text = False, _("Empty: the usual one of the security chosen above.")
        if not self.instance.host:
            self.initial["port"] = ""
        self.fields["security"].help_text = _(
            "As your mail server offers it; STARTTLS where you do not know."
        )
        self.fields["authentication"].help_text = _(
            "None, where the server takes mail from here without an account."
        )
        self.fields["account"].help_text = _("Often the whole address, such as desk@example.com.")
        self.fields["host"].help_text = _("Its name or address, such as smtp.example.com.")
        self.fields["secret"].help_text = (
            _(
                "One is stored and never shown. Leave empty to keep it; a changed server or account asks for it again."
            )
            if self.instance.secret_encrypted
            else _("Stored encrypted and never shown again.")
        )

    def clean_rate_per_minute(self):
        return self.cleaned_data["rate_per_minute"] or 0

    def clean_host(self):
        host = self.cleaned_data["host"].strip().lower().rstrip(".")
        try:
            return str(ipaddress.ip_address(host.strip("[]")))
        except ValueError:
            pass
        try:
            host = punycode(host)
        except UnicodeError:
            host = ""
        labels = host.split(".")
        if not all(LABEL.match(label) for label in labels) or labels[-1].isdigit():
            raise ValidationError(
                _("This is not the name of a server: smtp.example.com, without a scheme, port or path.")
            )
        return host

    def clean_account(self):
        account = self.cleaned_data["account"]
        if not account.isprintable():
            raise ValidationError(_("An account is one line of text."))
        return account

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("port") is None and "port" not in self.errors and cleaned.get("security"):
            cleaned["port"] = USUAL_PORTS[Security(cleaned["security"])]
        self._clean_reach(cleaned)
        if cleaned.get("authentication") == Authentication.NONE:
            cleaned["account"] = cleaned["secret"] = ""
            return cleaned
        if "account" in cleaned and not cleaned["account"]:
            self.add_error("account", _("Enter the account to sign in with."))
        self._clean_secret(cleaned)
        return cleaned

    def _clean_reach(self, cleaned):
        if not (cleaned.get("host") and cleaned.get("port")):
            return
        try:
            mail_hosts.check(cleaned["host"], cleaned["port"])
        except mail_hosts.HostRefused as refused:
            self.add_error("port" if isinstance(refused, mail_hosts.PortRefused) else "host", str(refused))
        except (OSError, UnicodeError):
            # A name that cannot be looked up right now is told by the test, and judged at every connection.
            return

    def _clean_secret(self, cleaned):
        secret = cleaned.get("secret", "")
        moved = any(cleaned.get(name) != value for name, value in self._stored.items())
        if secret and not (secret.isascii() and secret.isprintable()):
            self.add_error("secret", _("A mail server takes letters, digits and signs of ASCII only."))
        elif not secret and not self.instance.secret_encrypted:
            self.add_error("secret", _("Enter the password or token."))
        elif not secret and moved:
            self.add_error(
                "secret",
                _("Enter the password again: the stored one is for the server and account as they were."),
            )

    def save(self, commit=True):
        without = self.cleaned_data["authentication"] == Authentication.NONE
        if without or self.cleaned_data["secret"]:
            self.instance.secret = self.cleaned_data["secret"]
        return super().save(commit)


class CombiningForm(forms.ModelForm):
    class Meta:
        model = NotificationFunction
        fields = ("window_minutes", "rate_per_minute", "also_in_app", "combine_on_mail_server")
        help_texts = {
            "window_minutes": _(
                "Everything for one address within this time becomes one mail when the time is over; 10 is usual. "
                "0 sends each notification at once, in a mail of its own."
            ),
            "rate_per_minute": _(
                "Ops I function: 0 for as many as the route takes. What is over waits, the most important goes first."
            ),
            "also_in_app": _(
                "Mail server function: notify in the app as well. Off: the inbox gets nothing new and says so."
            ),
            "combine_on_mail_server": _(
                "Mail server function: combine as the Ops I function does. Off: one mail each, at once."
            ),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["rate_per_minute"].required = False

    def clean_rate_per_minute(self):
        return self.cleaned_data["rate_per_minute"] or 0


class ChangeOverForm(forms.Form):
    anyway = forms.BooleanField(
        label=_("Change over without a successful test of these settings"), required=False
    )

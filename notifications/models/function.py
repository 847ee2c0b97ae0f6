"""The one global choice between the two notification functions, and the customer's own mail server (domain §4)."""

import datetime
import hashlib
import json

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from notifications import transports
from notifications.causes import Cause
from notifications.choices import Authentication, Function, Security
from notifications.delivery_failures import DeliveryFailed, Unreachable
from opsi import secrets
from opsi.singleton import Singleton

# Somebody waits for the page meanwhile (seconds).
TEST_TIMEOUT = 10


class NotificationFunction(Singleton):
    function = models.CharField(
        _("notification function"), max_length=20, choices=Function, default=Function.OPSI
    )
    window_minutes = models.PositiveIntegerField(
        _("combine notifications within (minutes)"), default=10, validators=[MaxValueValidator(24 * 60)]
    )
    also_in_app = models.BooleanField(
        _("also in the app"), default=False, help_text=_("Mail server function: notify in the app as well.")
    )
    combine_on_mail_server = models.BooleanField(
        _("combine mail"),
        default=False,
        help_text=_("Mail server function: combine as the Ops I function does."),
    )
    rate_per_minute = models.PositiveIntegerField(
        _("mails a minute at most"),
        default=0,
        validators=[MaxValueValidator(100_000)],
        help_text=_("Ops I function: 0 for as many as the route takes."),
    )
    changed_at = models.DateTimeField(_("in use since"), default=timezone.now, editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = _("notification function")
        verbose_name_plural = _("notification function")

    def __str__(self):
        return self.get_function_display()

    @property
    def uses_mail_server(self):
        return self.function == Function.MAIL_SERVER

    @property
    def uses_app(self):
        """Whether new notices also reach the in-app inbox."""
        return not self.uses_mail_server or self.also_in_app

    @property
    def window(self):
        """How long a mail window stays open (timedelta); zero sends each notification at once, on its own."""
        if self.uses_mail_server and not self.combine_on_mail_server:
            return datetime.timedelta(0)
        if settings.OPSI_WINDOW_SECONDS is not None:
            return datetime.timedelta(seconds=settings.OPSI_WINDOW_SECONDS)
        return datetime.timedelta(minutes=self.window_minutes)

    def transport(self):
        """What mail leaves through now (notifications.transports.Transport)."""
        return MailServer.load().transport() if self.uses_mail_server else transports.through_opsi()

    def rate(self):
        """How many mails a minute may leave by the function in use; 0: as many as there are."""
        return MailServer.load().rate_per_minute if self.uses_mail_server else self.rate_per_minute

    def send(self, message):
        """Send one mail that somebody waits for, through the function in use, which also gives its sender.

        Raises DeliveryFailed.
        """
        in_use = (
            MailServer.load().transport(TEST_TIMEOUT) if self.uses_mail_server else transports.through_opsi()
        )
        message.from_email = in_use.sender
        try:
            in_use.deliver(message)
        finally:
            in_use.close()

    def test(self, function, to):
        """Send a test mail to the address `to` through `function`, in use or not. Raises DeliveryFailed."""
        if function == Function.MAIL_SERVER:
            MailServer.load().test(to)
        else:
            _send_test_mail(transports.through_opsi(), to)

    def change_over(self, to, by, anyway=False):
        """Use the function `to` from now on; mail that waits leaves once, by it. Does nothing where it is in use.

        Raises ValidationError where something is missing, or, unless `anyway`, where the mail server was not tested
        as it is set up now.
        """
        if to == self.function:
            return
        if to == Function.MAIL_SERVER:
            server = MailServer.load()
            if missing := server.missing():
                raise ValidationError(missing)
            if not server.is_tested and not anyway:
                raise ValidationError(
                    gettext("Send a test mail first, or confirm that you change over without one.")
                )
        with transaction.atomic():
            self.function, self.changed_at, self.changed_by = Function(to), timezone.now(), by
            self.save()
            self._let_go_what_waits()

    def _let_go_what_waits(self):
        # What waits for another try at the function that is left has no reason to wait at the new one.
        from notifications.models.mail import Mail

        Mail.objects.tried().try_again()


def _send_test_mail(transport, to):
    message = EmailMessage(
        subject=gettext("Test mail of the notification function"),
        body=gettext("This is a test mail. “%(function)s” can send mail to this address.")
        % {"function": transport.function.label},
        from_email=transport.sender,
        to=[to],
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )
    try:
        transport.deliver(message)
    finally:
        transport.close()


class MailServer(Singleton):
    """The customer's own mail server; its password or token is stored encrypted and never shown again."""

    host = models.CharField(_("server"), max_length=253, blank=True)
    port = models.PositiveIntegerField(
        _("port"), default=587, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    security = models.CharField(_("security"), max_length=10, choices=Security, default=Security.STARTTLS)
    authentication = models.CharField(
        _("authentication"), max_length=10, choices=Authentication, default=Authentication.PASSWORD
    )
    account = models.CharField(_("account"), max_length=254, blank=True)
    secret_encrypted = secrets.EncryptedField(blank=True, editable=False)
    sender = models.CharField(_("sender address"), max_length=254, blank=True)
    rate_per_minute = models.PositiveIntegerField(
        _("mails a minute at most"),
        default=0,
        validators=[MaxValueValidator(100_000)],
        help_text=_("0 for as many as the server takes; many accounts are stopped beyond 30."),
    )
    # Of the settings that were tested, so that a change of any asks for a new test.
    tested_settings = models.CharField(max_length=64, blank=True, editable=False)
    tested_at = models.DateTimeField(null=True, editable=False)
    test_error = models.TextField(blank=True, editable=False)

    class Meta:
        verbose_name = _("mail server")
        verbose_name_plural = _("mail server")

    def __str__(self):
        return f"{self.host}:{self.port}" if self.host else str(_("No mail server"))

    @property
    def secret(self):
        """The password or token in plain text; raises opsi.secrets.SecretUnreadable."""
        return secrets.decrypt(self.secret_encrypted)

    @secret.setter
    def secret(self, plain):
        self.secret_encrypted = secrets.encrypt(plain)

    def missing(self):
        """What the function still needs before it can be used: a list of sentences."""
        needed = [(self.host, gettext("The name of the mail server is missing."))]
        needed.append((self.sender, gettext("The sender address is missing.")))
        if self.authentication != Authentication.NONE:
            needed.append((self.account, gettext("The account is missing.")))
            needed.append((self.secret_encrypted, gettext("The password or token is missing.")))
        return [sentence for value, sentence in needed if not value]

    @property
    def fingerprint(self):
        """A text that changes with any setting, the secret included, and tells none."""
        # The encrypted secret stands for it: it is new each time one is entered.
        said = [self.host, self.port, self.security, self.authentication, self.account, self.sender]
        return hashlib.sha256(json.dumps([*said, self.secret_encrypted]).encode()).hexdigest()

    def secret_rotated(self, secret_encrypted):
        """It is the same secret under another key: what was tested stays tested (opsi.secrets.rotate)."""
        was_tested = self.is_tested
        self.secret_encrypted = secret_encrypted
        return {"tested_settings": self.fingerprint} if was_tested else {}

    @property
    def is_tested(self):
        """Whether a test mail was accepted with the settings as they are now."""
        return self.tested_settings == self.fingerprint

    def transport(self, timeout=transports.TIMEOUT):
        return transports.through_mail_server(self, timeout)

    def test(self, to):
        """Send a test mail to the address `to` and remember what came of it. Raises DeliveryFailed."""
        if missing := self.missing():
            raise Unreachable(Cause.NOT_SET_UP, " ".join(missing))
        tested = {"tested_settings": self.fingerprint, "tested_at": timezone.now(), "test_error": ""}
        try:
            _send_test_mail(self.transport(TEST_TIMEOUT), to)
        except DeliveryFailed as error:
            tested |= {"tested_settings": "", "test_error": str(error)}
            raise
        finally:
            # These columns only: somebody may have saved other settings while the server was asked.
            MailServer.objects.filter(pk=self.pk).update(**tested)
            vars(self).update(tested)

"""What people sign in with besides their password: second factor, recovery codes, single sign-on (docs/sign-in.md)."""

import base64
import hashlib
import hmac
import logging
import secrets
import unicodedata
from datetime import timedelta

import pyotp
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from opsi.secrets import EncryptedField, SecretUnreadable, decrypt, encrypt

DIGITS = 6
STEP = 30  # seconds a code of the authenticator app lasts
DRIFT = 1  # steps a telephone's clock may be off, either way
RECOVERY_CODES = 10
# Guessed from ever new addresses, within the throttle's limits, a code would fall in weeks: 3 in a million are right at
# any time, so 30 a day are 3 per cent a year. Nobody gets here who does not know the password.
WRONG_A_DAY = 30
A_DAY = timedelta(hours=24)

logger = logging.getLogger(__name__)


def new_secret() -> str:
    """160 random bits as base32, as authenticator apps take them (RFC 4226 §4)."""
    return pyotp.random_base32()


def enrolment_uri(secret: str, login: str) -> str:
    """The otpauth:// address that an authenticator app reads from the QR code."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=login, issuer_name="Ops I")


def plain_code(typed: str) -> str:
    """As it is compared: input methods of Japanese type full-width digits, people copy spaces and dashes."""
    return "".join(one for one in unicodedata.normalize("NFKC", typed).lower() if one.isalnum())


def is_of_app(code: str) -> bool:
    """Whether this is the shape of the app's codes, not of a recovery code."""
    return len(plain_code(code)) == DIGITS


def step_of(secret: str, code: str) -> int | None:
    """The time step (RFC 6238, counted from the epoch) whose code this is; None where it is none of now."""
    now = int(timezone.now().timestamp()) // STEP
    totp = pyotp.TOTP(secret, interval=STEP)
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(totp.at(step * STEP).encode(), code.encode()):
            return step
    return None


class SecondFactor(models.Model):
    """A person's authenticator app. The row is there once the first code was right; without it there is no factor."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="second_factor",
    )
    secret_encrypted = EncryptedField(editable=False)
    confirmed_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    # The latest step whose code was taken: each code works once, whichever process is asked.
    last_step = models.BigIntegerField(default=0, editable=False)
    # Since the last right one, counted for a day from the first.
    wrong_codes = models.PositiveIntegerField(default=0, editable=False)
    wrong_since = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("two-step sign-in")
        verbose_name_plural = _("two-step sign-ins")

    def __str__(self):
        return str(self.person)

    @classmethod
    @transaction.atomic
    def confirm(cls, person, secret: str, code: str) -> list[str] | None:
        """Turn it on for `person` where `code` is one of now; gives the recovery codes, shown this once. Else None."""
        step = step_of(secret, plain_code(code))
        if step is None:
            return None
        # Two clicks on the button at once: one after the other.
        get_user_model().objects.select_for_update(no_key=True).get(pk=person.pk)
        # A second try from another tab takes the place of the first.
        cls.objects.filter(person=person).delete()
        factor = cls.objects.create(person=person, secret_encrypted=encrypt(secret), last_step=step)
        return factor.renew_recovery_codes()

    def accepts(self, typed: str) -> bool:
        """Whether `typed` is the code of now or an unused recovery code; either is used up by this.

        The app's codes are not looked at while there were too many wrong ones: recovery codes cannot be guessed.
        """
        code = plain_code(typed)
        right = self._accepts_recovery(code) or (not self.is_spent and self._accepts_of_app(code))
        self._count(right)
        return right

    @property
    def is_spent(self) -> bool:
        return self.wrong_lately >= WRONG_A_DAY

    @property
    def wrong_lately(self) -> int:
        since = self.wrong_since
        return self.wrong_codes if since is not None and timezone.now() - since < A_DAY else 0

    def _count(self, right):
        own = type(self).objects.filter(pk=self.pk)
        if right:
            own.exclude(wrong_codes=0).update(wrong_codes=0, wrong_since=None)
        elif not self.is_spent:
            now = timezone.now()
            running = own.filter(wrong_since__gt=now - A_DAY)
            if not running.update(wrong_codes=models.F("wrong_codes") + 1):
                own.update(wrong_codes=1, wrong_since=now)

    def _accepts_of_app(self, code):
        try:
            step = step_of(decrypt(self.secret_encrypted), code)
        except SecretUnreadable:
            logger.error(
                "The second factor of %s was saved under another OPSI_SECRET_KEY: "
                "only recovery codes work until an administrator turns it off.",
                self.person_id,
            )
            return False
        # Two requests with one code: the row changes for one of them.
        newer = type(self).objects.filter(pk=self.pk, last_step__lt=step) if step is not None else None
        return newer is not None and newer.update(last_step=step) == 1

    def _accepts_recovery(self, code):
        unused = self.recovery_codes.filter(digest=RecoveryCode.digest_of(code), used_at=None)
        return unused.update(used_at=timezone.now()) == 1

    @transaction.atomic
    def renew_recovery_codes(self) -> list[str]:
        """Ten new ones such as `abcd-efgh-ijkl-mnop`; the former ones end."""
        self.recovery_codes.all().delete()
        codes = [
            base64.b32encode(secrets.token_bytes(10)).decode().lower() for _number in range(RECOVERY_CODES)
        ]
        self.recovery_codes.bulk_create(
            RecoveryCode(factor=self, digest=RecoveryCode.digest_of(code)) for code in codes
        )
        return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]

    @property
    def codes_left(self) -> int:
        return self.recovery_codes.filter(used_at=None).count()


class RecoveryCode(models.Model):
    """One of the codes for whoever lost the telephone. 80 random bits need no salt, and no slow hash."""

    factor = models.ForeignKey(SecondFactor, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, editable=False)
    used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["factor", "digest"], name="recovery_code_once")]

    def __str__(self):
        return f"{self.factor_id}"

    @staticmethod
    def digest_of(code: str) -> str:
        return hashlib.sha256(plain_code(code).encode()).hexdigest()


class Identity(models.Model):
    """Whom a single sign-on service means by a subject. Kept of deleted people: they must not come back as new ones."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="identities",
    )
    issuer = models.CharField(_("issuer"), max_length=255)
    subject = models.CharField(_("subject"), max_length=255)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("single sign-on identity")
        verbose_name_plural = _("single sign-on identities")
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="identity_of_one_person"),
            models.UniqueConstraint(fields=["issuer", "person"], name="identity_one_per_person"),
        ]

    def __str__(self):
        return f"{self.subject} ({self.issuer})"

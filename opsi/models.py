"""People: users, their customers and groups, and the effective role each holds (domain §1)."""

import zoneinfo
from functools import cache

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import get_random_string, salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from opsi.life import Life, PeopleOverTime
from opsi.roles import AgentRole, CustomerRole, PersonKind
from opsi.singleton import Singleton


class Customer(models.Model):
    """An organisation whose people (customer users) see each other's tickets and nobody else's."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["name"]

    def __str__(self):
        return self.name


class Group(models.Model):
    """People who work together: may confer an agent role, be granted queues, be assigned tickets."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(_("short name"), max_length=60, unique=True)
    agent_role = models.CharField(
        _("agent role"),
        max_length=20,
        choices=AgentRole,
        blank=True,
        help_text=_("Every member holds this role as well as their own."),
    )

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ["name"]

    def __str__(self):
        return self.name


@cache  # the whole folder of zones is walked through for it
def _time_zones():
    return frozenset(zoneinfo.available_timezones())


def validate_time_zone(name):
    if name not in _time_zones():
        raise ValidationError(
            _("“%(name)s” is not a time zone, such as Europe/Berlin or Asia/Tokyo."), params={"name": name}
        )


class UserQuerySet(PeopleOverTime):
    def active(self):
        """Those who can sign in and be told things: not disabled, not deleted, not the system itself."""
        return self.filter(is_active=True, deleted_at=None, is_system=False)

    def agents(self):
        return self.filter(customer=None).exclude(effective_role="")

    def of_kind(self, kind):
        match kind:
            case PersonKind.AGENT:
                return self.agents()
            case PersonKind.CUSTOMER:
                return self.exclude(customer=None)
            case _:
                return self.filter(customer=None, effective_role="")


_FromQuerySet = BaseUserManager.from_queryset(UserQuerySet)


class UserManager(_FromQuerySet):
    def get_by_natural_key(self, username):
        return self.get(username__iexact=username)

    def create_user(self, username, password=None, **fields):
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save()
        return user

    def create_superuser(self, username, password=None, **fields):
        """The first administrator: itsm_admin is the only role that reaches the admin (domain §1)."""
        fields.setdefault("full_name", username)
        return self.create_user(username, password, agent_role=AgentRole.ADMIN, **fields)


class User(Life, AbstractBaseUser):
    """A person who may sign in: agent, customer user or requester, by role and customer (domain §1)."""

    username = models.CharField(
        _("login"),
        max_length=100,
        unique=True,
        validators=[RegexValidator(r"^[\w.@+-]+\Z", _("Letters, digits and . @ + - _ only."))],
        error_messages={"unique": _("Somebody has this login already.")},
    )
    full_name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail address"), blank=True)
    agent_role = models.CharField(_("agent role"), max_length=20, choices=AgentRole, blank=True)
    groups = models.ManyToManyField(Group, verbose_name=_("groups"), related_name="members", blank=True)
    # The strongest of the own role and the groups' roles. Stored, because every access question asks for it;
    # `opsi.people` keeps it current whatever changes beneath it.
    effective_role = models.CharField(
        max_length=20, choices=AgentRole, blank=True, editable=False, db_index=True
    )
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="people",
        null=True,
        blank=True,
        help_text=_("Makes this person a customer user, whatever agent role they hold."),
    )
    customer_role = models.CharField(
        _("customer role"), max_length=20, choices=CustomerRole, default=CustomerRole.USER
    )
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Take the tick away to disable: tells them nothing, keeps all."),
    )
    is_system = models.BooleanField(default=False, editable=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)
    deleted_by = models.ForeignKey(
        "self",
        verbose_name=_("deleted by"),
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        editable=False,
    )
    inherited_by = models.ForeignKey(
        "self",
        verbose_name=_("inherited by"),
        on_delete=models.SET_NULL,
        related_name="inherited_from",
        null=True,
        editable=False,
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    # Of the admin's front page (opsi.first_hour).
    hides_first_hour = models.BooleanField(default=False, editable=False)
    # Part of what every session is checked against: another value ends them all (docs/sign-in.md).
    session_stamp = models.CharField(max_length=32, blank=True, default="", editable=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["full_name", "username"]
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_ci",
                violation_error_message=_("Somebody has this login already."),
            )
        ]

    def __str__(self):
        if self.deleted_at is None:
            return self.name
        return gettext("%(person)s (existed in the past)") % {"person": self.name}

    @property
    def name(self):
        """As they are called, whatever became of them: what history keeps."""
        return self.full_name or self.username

    def get_full_name(self):
        return self.full_name

    def get_short_name(self):
        return self.full_name.split(" ")[0] or self.username

    @property
    def initials(self):
        words = (self.full_name or self.username).split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    @property
    def kind(self):
        if self.customer_id:
            return PersonKind.CUSTOMER
        return PersonKind.AGENT if self.effective_role else PersonKind.REQUESTER

    @property
    def is_agent(self):
        return self.kind == PersonKind.AGENT

    def holds(self, role):
        """Whether this agent's effective role is `role` or stronger; never true of customer users and requesters."""
        return self.is_agent and role in AgentRole.up_to(self.effective_role)

    @property
    def is_notifiable(self):
        return self.is_active and not self.is_system and self.deleted_at is None

    # The admin asks these of any user model; the one role that reaches it may do everything there.
    @property
    def is_staff(self):
        return self.is_active and self.holds(AgentRole.ADMIN)

    is_superuser = is_staff

    def has_perm(self, perm, obj=None):
        return self.is_staff

    def has_perms(self, perm_list, obj=None):
        return self.is_staff

    def has_module_perms(self, app_label):
        return self.is_staff

    def save(self, *args, **kwargs):
        fields = kwargs.get("update_fields")
        # Who saves something else must not bring back a role that was taken away since this row was read.
        if fields is None or "agent_role" in fields:
            self.effective_role = self.strongest_role()
        if fields is not None and "agent_role" in fields:
            kwargs["update_fields"] = {*fields, "effective_role"}
        super().save(*args, **kwargs)

    def end_sessions(self):
        """Sign this person out everywhere; a session that is to go on takes `update_session_auth_hash`."""
        self.session_stamp = get_random_string(32)
        self.save(update_fields=["session_stamp"])

    def end_second_factor(self):
        """From then on the password alone signs in; nothing where there is no second factor."""
        SecondFactor.objects.filter(person=self).delete()

    def _get_session_auth_hash(self, secret=None):
        return salted_hmac(
            "opsi.models.User.session",
            f"{self.session_stamp}:{self.password}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()

    def strongest_role(self):
        groups = self.groups.all() if self.pk else []
        return AgentRole.strongest([self.agent_role, *(group.agent_role for group in groups)])


class NamingSettings(Singleton):
    """Whether customer users and requesters read agents' own names (see `opsi.naming`)."""

    neutral_agents = models.BooleanField(
        _("agents go by a neutral name"),
        default=False,
        help_text=_(
            "On: customer users and requesters never read an agent's own name, in the app or in mails."
        ),
    )
    neutral_name = models.CharField(
        _("neutral name"),
        max_length=100,
        blank=True,
        help_text=_("Empty: “Service desk”, in the language of whoever reads it."),
    )

    class Meta:
        verbose_name = _("naming of agents")
        verbose_name_plural = _("naming of agents")

    def __str__(self):
        return str(_("Naming of agents"))

    def clean(self):
        self.neutral_name = " ".join(self.neutral_name.split())


# Beside the people they name; modules of their own only for their length.
from opsi.audit_entry import AuditEntry  # noqa: E402, F401
from opsi.credentials import Identity, RecoveryCode, SecondFactor  # noqa: E402, F401
from opsi.settled import SettledStep  # noqa: E402, F401

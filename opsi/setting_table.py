"""The one table of what an installation is told by environment variables; docs/settings.md is made of it.

`opsi.environment` reads nothing that does not stand here, and takes its default from here. `python manage.py
settings_page --write` brings the page up to date.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """One environment variable.

    `default` is read where it is unset or empty; where there is none, `unset` says what holds then. `example` is a
    value that works; `meaning` is Markdown.
    """

    name: str
    meaning: str
    example: str
    default: str = ""
    unset: str = "–"


REQUIRED = "none, required"
YEAR = 365 * 24 * 3600  # seconds

SECTIONS: dict[str, tuple[Setting, ...]] = {
    "Needed": (
        Setting(
            "OPSI_SECRET_KEY",
            "long random text, the same for every process: signs sessions and links, encrypts saved passwords;"
            " `openssl rand -base64 48` makes one, and `bin/up` its own",
            "q2w7…64 characters…Zk9",
            unset=REQUIRED,
        ),
        Setting(
            "OPSI_SECRET_KEY_FALLBACKS",
            "former keys, separated by commas, still good for reading ([security](security.md))",
            "the-key-before,the-one-before-that",
        ),
        Setting(
            "OPSI_MAIL_URL",
            "how the Ops I notification function sends: `smtp://host` (port 25), `smtps://…` (TLS, 465), `smtp+tls://…`"
            " (STARTTLS, 587), each with `user:password@` where the server wants that; `anymail:<provider>`; `file:`"
            " only keeps mail (`bin/up`)",
            "smtp+tls://desk:s3cret@mail.example.com:587",
            unset=REQUIRED,
        ),
    ),
    "Where it is reached": (
        Setting(
            "OPSI_BASE_URL",
            "where people reach the pages; links in mail begin with it. With `https://`: secure cookies, HSTS, redirect"
            " to HTTPS, and `X-Forwarded-Proto` is believed, so the proxy in front must set it",
            "https://tickets.example.com",
            default="http://localhost:8000",
        ),
        Setting(
            "OPSI_ALLOWED_HOSTS",
            "host names that requests may name, separated by commas; `.example.com` is each below it as well",
            "tickets.example.com,10.0.0.5",
            unset="the host of `OPSI_BASE_URL`, and loopback",
        ),
        Setting(
            "OPSI_TRUSTED_PROXIES",
            "how many proxies stand in front, each adding to `X-Forwarded-For` ([sign-in](sign-in.md))",
            "1",
            default="0",
        ),
        Setting(
            "OPSI_HSTS_SECONDS",
            "for how long browsers shall ask for HTTPS alone, where `OPSI_BASE_URL` has it; 0: they are not told"
            " ([security](security.md))",
            "86400",
            default=str(YEAR),
        ),
        Setting("WEB_CONCURRENCY", "gunicorn's processes", "4", default="2"),
    ),
    "What it stands on": (
        Setting(
            "OPSI_DATA_DIR",
            "the data dir: attachments, collected static files, and what is embedded (database, queue, mail)",
            "/var/lib/opsi",
            unset="`var/` beside the program",
        ),
        Setting(
            "OPSI_STATIC_DIR",
            "where style sheets and scripts are collected and served from; in the container image they lie beside the"
            " code, which nobody can write ([deploy](deploy.md))",
            "/opt/opsi/collected",
            unset="`static/` in the data dir",
        ),
        Setting(
            "DATABASE_URL",
            "PostgreSQL, or SQLite as `sqlite:////folder/file.sqlite3`. In a password, `/ # ? @ : %` are written"
            " `%2F %23 %3F %40 %3A %25`",
            "postgresql://opsi:s3cret@db.example.com:5432/opsi",
            unset="`opsi.sqlite3` in the data dir",
        ),
        Setting(
            "OPSI_DATABASE_POOL",
            "on PostgreSQL: how many connections a process may have, shared by its threads. `external`: PgBouncer or"
            " the like stands before the database and pools by transaction ([scaling](scaling.md))",
            "8",
            unset="each thread keeps one",
        ),
        Setting(
            "CELERY_BROKER_URL",
            "Redis (`redis://host:6379/0`, `rediss://…`) or RabbitMQ (`amqp://…`, `amqps://…`)",
            "amqp://opsi:s3cret@mq.example.com:5672/opsi",
            unset="files in `queue/` in the data dir",
        ),
    ),
    "Mail": (
        Setting(
            "OPSI_MAIL_FROM",
            "the sender of the Ops I notification function",
            "Service desk <desk@example.com>",
            default="Ops I <ops-i@localhost>",
        ),
        Setting(
            "OPSI_MAIL_SERVER_PRIVATE",
            "`yes`: the mail server entered in the admin may be on loopback or in a private network"
            " ([security](security.md)); `bin/up` on loopback says so itself",
            "yes",
            default="no",
        ),
        Setting(
            "OPSI_MAIL_SERVER_PORTS",
            "ports it may have besides 25, 465, 587 and 2525, separated by commas; `any` for all"
            " (`bin/up` on loopback)",
            "26,1025",
        ),
        Setting(
            "OPSI_WINDOW_SECONDS",
            "for trials: overrides the length of the combining window; 0 sends at once",
            "0",
            unset="as set in the admin",
        ),
        Setting(
            "ANYMAIL_<X>",
            "what the provider of `anymail:` needs, as [django-anymail](https://anymail.dev) names it:"
            " `ANYMAIL_POSTMARK_SERVER_TOKEN`, `ANYMAIL_MAILGUN_API_KEY`, …",
            "0d3c…",
        ),
        Setting(
            "ANYMAIL_WEBHOOK_SECRET",
            "both long and random (while changing it both, separated by a comma): with it the provider's reports are"
            " taken at `/anymail/<provider>/tracking/` ([mail](mail.md))",
            "user7f3a:password91bc",
        ),
    ),
    "Signing in": (
        Setting(
            "OPSI_SESSION_IDLE_MINUTES",
            "a session ends when nobody used it for so long",
            "60",
            default="720",
        ),
        Setting(
            "OPSI_SESSION_HOURS", "a session ends so long after signing in, used or not", "12", default="168"
        ),
        Setting(
            "OPSI_TWO_STEP_ADMINS",
            "`yes`: administrators open the admin only with [two-step sign-in](sign-in.md)",
            "yes",
            default="no",
        ),
    ),
    "Single sign-on": (
        Setting(
            "OPSI_OIDC_ISSUER",
            "the OpenID Connect provider; `https` except on loopback",
            "https://login.example.com/realms/desk",
            unset="no [single sign-on](sign-in.md#single-sign-on)",
        ),
        Setting("OPSI_OIDC_CLIENT_ID", "as the provider gave it", "opsi", unset="required with an issuer"),
        Setting(
            "OPSI_OIDC_CLIENT_SECRET", "as the provider gave it", "9f8e…", unset="required with an issuer"
        ),
        Setting("OPSI_OIDC_NAME", "the name on the button", "Example AG", unset="a general one"),
        Setting(
            "OPSI_OIDC_NEW_PEOPLE",
            "`yes`: whoever is not known becomes a requester, or what the mappings say; else they are refused",
            "yes",
            default="no",
        ),
        Setting(
            "OPSI_OIDC_ROLE_CLAIM",
            "the claim that says the role (`realm_access.roles`: within another)",
            "realm_access.roles",
        ),
        Setting(
            "OPSI_OIDC_ROLES",
            "what its values mean here",
            "desk=itsm_user,acme-leads=customer_manager",
        ),
        Setting(
            "OPSI_OIDC_CUSTOMER_CLAIM",
            "the claim that says the customer; its values are names of customers unless mapped",
            "company",
        ),
        Setting("OPSI_OIDC_CUSTOMERS", "what its values mean here", "a-17=Acme"),
    ),
    "Watching over it": (
        Setting(
            "OPSI_METRICS_TOKEN",
            "at least 16 characters: with it `/metrics` answers ([operations](operations.md#numbers-for-prometheus))",
            "3f9c0a7be1d24586a0c7",
        ),
        Setting(
            "OPSI_SECURITY_CONTACT",
            "whom to tell of a vulnerability, as `mailto:…` or `https://…`: with it `/.well-known/security.txt` answers"
            " ([security](security.md#whom-to-tell))",
            "mailto:security@example.com",
        ),
        Setting(
            "OPSI_LOG_FORMAT",
            "`console`, or `json`: one object a line on stderr"
            " ([operations](operations.md#one-id-from-the-request-to-the-mail))",
            "json",
            default="console",
        ),
        Setting("OPSI_DEBUG", "`yes`: Django's debug pages; never in production", "no", default="no"),
    ),
}
SETTINGS = {setting.name: setting for settings in SECTIONS.values() for setting in settings}
PROVIDERS = "ANYMAIL_<X>"


def entry(name: str) -> Setting:
    """The table's entry of the variable `name`. Raises LookupError where it has none: nothing else is read."""
    try:
        return SETTINGS[name]
    except KeyError:
        raise LookupError(f"{name} is read, but has no entry in opsi/setting_table.py.") from None

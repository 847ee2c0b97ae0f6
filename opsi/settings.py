"""Django's settings. Everything an installation chooses comes from environment variables (docs/settings.md)."""

import os
import sys
from datetime import timedelta
from pathlib import Path

from celery.schedules import crontab
from django.utils.csp import CSP
from kombu import Queue

from opsi.environment import BROKER_TIMEOUT, Environment
from opsi.oidc_settings import OpenIDConnect
from opsi.variables import BadSetting

DAY = 24 * 3600  # seconds
BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(os.environ)

try:
    SECRET_KEY = env.required("OPSI_SECRET_KEY", "give every process the same long random text")
    SECRET_KEY_FALLBACKS = env.names("OPSI_SECRET_KEY_FALLBACKS")
    DEBUG = env.flag("OPSI_DEBUG")
    OPSI_DATA_DIR = env.folder("OPSI_DATA_DIR", BASE_DIR / "var")
    # Only collectstatic writes there: in the container image nobody can.
    STATIC_ROOT = env.folder("OPSI_STATIC_DIR", OPSI_DATA_DIR / "static", written=False)
    _base_url = env.base_url("OPSI_BASE_URL")
    ALLOWED_HOSTS = env.hosts("OPSI_ALLOWED_HOSTS") or [
        _base_url.hostname or "",
        "localhost",
        "127.0.0.1",
        "[::1]",
    ]
    DATABASES = {"default": env.database("DATABASE_URL", OPSI_DATA_DIR / "opsi.sqlite3")}
    CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = env.broker(
        "CELERY_BROKER_URL", OPSI_DATA_DIR / "queue"
    )
    _mailer = env.mailer("OPSI_MAIL_URL", OPSI_DATA_DIR / "mail")
    _anymail = env.anymail_options()
    DEFAULT_FROM_EMAIL = env.mailbox("OPSI_MAIL_FROM")
    OPSI_WINDOW_SECONDS = env.number_or_none("OPSI_WINDOW_SECONDS", most=DAY)
    # None: any port.
    OPSI_MAIL_SERVER_PORTS = env.ports("OPSI_MAIL_SERVER_PORTS")
    OPSI_MAIL_SERVER_PRIVATE = env.flag("OPSI_MAIL_SERVER_PRIVATE")
    _hsts_seconds = env.number("OPSI_HSTS_SECONDS")
    OPSI_TRUSTED_PROXIES = env.number("OPSI_TRUSTED_PROXIES", most=100)
    OPSI_SESSION_IDLE = 60 * env.number("OPSI_SESSION_IDLE_MINUTES", 1, 365 * 24 * 60)
    OPSI_SESSION_AGE = 3600 * env.number("OPSI_SESSION_HOURS", 1, 365 * 24)
    OPSI_TWO_STEP_ADMINS = env.flag("OPSI_TWO_STEP_ADMINS")
    OPSI_OIDC = OpenIDConnect.read(env)
    OPSI_METRICS_TOKEN = env.token("OPSI_METRICS_TOKEN")
    OPSI_SECURITY_CONTACT = env.contact("OPSI_SECURITY_CONTACT")
    _log_format = env.choice("OPSI_LOG_FORMAT", ("console", "json"))
    OPSI_WEB_PROCESSES = env.number("WEB_CONCURRENCY", 1, 1_000)
except BadSetting as error:
    # A traceback would bury the one sentence that says what to mend.
    sys.exit(str(error))

OPSI_BASE_URL = _base_url.geturl()

INSTALLED_APPS = [
    "opsi.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "django_include_bootstrap",
    "django_filters",
    "anymail",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "opsi",
    "tickets",
    "watchers",
    "notifications",
]
MIDDLEWARE = [
    # Around all the others: what any of them logs carries the request's id.
    "opsi.request_log.RequestLogMiddleware",
    # Before whatever may answer: no answer goes without their headers.
    "opsi.browser_security.StandingHeadersMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "opsi.browser_security.RequestSizeMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "opsi.sessions.SessionAgeMiddleware",
    "opsi.middleware.SignInRequiredMiddleware",
    "opsi.middleware.AdminMethodsMiddleware",
    "opsi.middleware.PersonalLocaleMiddleware",
    "opsi.middleware.AuditedMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "opsi.two_step.DemandMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # its apps do not start without
]
ROOT_URLCONF = "opsi.urls"
WSGI_APPLICATION = "opsi.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.tz",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"

# What `opsi.help` shows; where the folder is missing there is no help.
OPSI_DOCS_DIR = BASE_DIR / "docs"

# People and sessions
AUTH_USER_MODEL = "opsi.User"
AUTHENTICATION_BACKENDS = ["opsi.authentication.PeopleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
SESSION_COOKIE_NAME = "opsi_session"
SESSION_COOKIE_AGE = OPSI_SESSION_AGE
CSRF_COOKIE_NAME = "opsi_csrf"
CSRF_COOKIE_HTTPONLY = True  # htmx requests repeat what stands in the page

# Failed sign-ins are counted by django-axes in the database; who is refused is decided in opsi/throttle.py.
AXES_HANDLER = "opsi.throttle.Handler"
AXES_CLIENT_IP_CALLABLE = "opsi.throttle.client_address"
AXES_USERNAME_CALLABLE = "opsi.throttle.account_name"
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "username", "ip_address"]
AXES_LOCK_OUT_AT_FAILURE = False  # asked for before a password is looked at, not after
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = [
    "username", "password", "old_password", "new_password1", "new_password2", "code", "csrfmiddlewaretoken",
]  # fmt: skip
# Its backend and middleware are not used: opsi's forms ask it.
SILENCED_SYSTEM_CHECKS = ["axes.W002", "axes.W003"]

# Of django-allauth only the OpenID Connect client is used (opsi/sso_door.py): no account of its own is ever made.
SOCIALACCOUNT_ADAPTER = "opsi.sso_door.Adapter"
SOCIALACCOUNT_PROVIDERS = OPSI_OIDC.as_allauth() if OPSI_OIDC else {}
SOCIALACCOUNT_ONLY = True
ACCOUNT_EMAIL_VERIFICATION = SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False

# Languages and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ja", "日本語")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# Files
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = OPSI_DATA_DIR / "media"  # outside the static files, and served by no address of its own
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = (
    5 * 1024 * 1024
)  # bytes of a form without its files: its texts are refused by themselves
DATA_UPLOAD_MAX_NUMBER_FILES = 50
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "opsi.static_files.HashedStorage"
    },
}

# Browser security. Inline script and style stay forbidden; Bootstrap's style sheet draws its arrows from data: images.
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CSRF_TRUSTED_ORIGINS = [OPSI_BASE_URL]
if _base_url.scheme == "https":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # asked from inside
    SECURE_HSTS_SECONDS = _hsts_seconds
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _hsts_seconds > 0
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    # Browsers take a cookie of such a name only from this very host, over HTTPS: no neighbour can plant one.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-opsi_session", "__Host-opsi_csrf"

# Mail. "opsi" is the Ops I notification function's route; "default" is for whatever else Django sends.
MAILERS = {"default": _mailer, "opsi": _mailer}
# A provider that cannot keep our own marks with a mail sends it without them.
ANYMAIL = {"IGNORE_UNSUPPORTED_FEATURES": True, **_anymail}
SERVER_EMAIL = DEFAULT_FROM_EMAIL
OPSI_MAIL_REACHES_NOBODY = _mailer["BACKEND"] == "opsi.mailers.EmlFileBackend"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "console": {"()": "opsi.logs.ConsoleFormatter"},
        "json": {"()": "opsi.logs.JsonFormatter"},
    },
    "filters": {"about": {"()": "opsi.logs.AboutFilter"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": _log_format, "filters": ["about"]}
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # Each task received and done is a line; a sweep every few seconds would drown what matters.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}

# Celery. The database is the truth and a task only a wake-up: publishing fails at once rather than hold a page up.
CELERY_BROKER_CONNECTION_TIMEOUT = BROKER_TIMEOUT
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
# Three kinds of work, so that none waits behind another: one worker takes all three, or workers of their own do (-Q).
CELERY_TASK_DEFAULT_QUEUE = "housekeeping"
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in ("dispatch", "mail", "housekeeping")]
CELERY_TASK_ROUTES = {
    "notifications.tasks.dispatch": {"queue": "dispatch"},
    "notifications.tasks.dispatch_waiting": {"queue": "dispatch"},
    "notifications.tasks.send_due": {"queue": "mail"},
}
# How many senders the sweep wakes. In the one worker of an embedded queue, dispatch and pages want their turn, too.
OPSI_MOST_SENDERS = 2 if CELERY_BROKER_URL.startswith("filesystem:") else 32
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "opsi.beat:Scheduler"
# By the clock, not so long after beat was started: a desk that is started anew each day is to be tidied, too.
_four_times_a_day = crontab(minute="0", hour="*/6")
CELERY_BEAT_SCHEDULE = {
    "opsi.clear_sessions": {
        "task": "opsi.tasks.clear_sessions",
        "schedule": _four_times_a_day,
        "options": {"expires": 3600.0},
    },
    "notifications.sweep": {
        "task": "notifications.tasks.sweep",
        "schedule": 5.0,
        # A sweep that could not run in time is overtaken by the next.
        "options": {"expires": 5.0},
    },
    "notifications.keep_house": {
        "task": "notifications.tasks.keep_house",
        "schedule": _four_times_a_day,
        "options": {"expires": 3600.0},
    },
    "notifications.watch_over": {
        "task": "notifications.tasks.watch_over",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    # Time events are to be raised within a minute of being due (docs/time.md).
    "tickets.sweep": {"task": "tickets.tasks.sweep", "schedule": 20.0, "options": {"expires": 20.0}},
    # Who stopped writing without saying so counts no longer anyway; this only takes the rows away.
    "tickets.tidy": {"task": "tickets.tasks.tidy", "schedule": 600.0, "options": {"expires": 600.0}},
}

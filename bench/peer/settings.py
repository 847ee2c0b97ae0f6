"""What `startproject` and django-helpdesk's installation guide say; database and mailer are the product's own."""

import json
import os

JOB = json.loads(os.environ["PEER_JOB"])

SECRET_KEY = "nothing here is worth a key of its own: it is gone after the run"  # noqa: S105
ALLOWED_HOSTS = ["localhost"]
DATABASES = {"default": JOB["database"]}
MAILERS = {"default": JOB["mailer"]}
DEFAULT_FROM_EMAIL = "desk@localhost"
USE_TZ = True
SITE_ID = 1
STATIC_URL = "static/"
LOGIN_URL = "helpdesk:login"
ROOT_URLCONF = "bench.peer.urls"
HELPDESK_TEAMS_MODE_ENABLED = False  # an extra of its own, which is not installed
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "django.contrib.humanize",
    "rest_framework",
    "django_cleanup.apps.CleanupConfig",
    "helpdesk",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "ERROR"},
}

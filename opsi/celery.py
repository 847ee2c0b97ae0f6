"""The Celery application: wakes the work up that the database says is to be done."""

import os

from celery import Celery
from celery.signals import beat_embedded_init, setup_logging
from kombu.transport import TRANSPORT_ALIASES

from opsi.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsi.settings")

TRANSPORT_ALIASES["filesystem"] = "opsi.filequeue:Transport"

app = Celery("opsi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _keep_django_logging(**kwargs):
    """With a receiver connected Celery leaves logging alone, so settings.LOGGING holds in workers too."""


@beat_embedded_init.connect
def _end_beat_with_its_worker(**kwargs):
    # `celery worker -B` runs beat in a child process, which would outlive a killed worker and send sweeps for ever.
    die_with_parent()

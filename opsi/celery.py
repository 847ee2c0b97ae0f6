"""The Celery application: wakes the work up that the database says is to be done."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_embedded_init, setup_logging
from kombu import Connection
from kombu.transport import TRANSPORT_ALIASES

from opsi.environment import BROKER_TIMEOUT
from opsi.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsi.settings")

TRANSPORT_ALIASES["filesystem"] = "opsi.filequeue:Transport"


class Application(Celery):
    def connection_for_write(self, url: str | None = None, *args: Any, **options: Any) -> Connection:
        """Who publishes waits less for an answer than who asks for news: somebody may wait for their page."""
        if "socket_timeout" in self.conf.broker_transport_options:  # Redis
            options.setdefault("transport_options", {"socket_timeout": BROKER_TIMEOUT})
        return super().connection_for_write(url, *args, **options)


app = Application("opsi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _keep_django_logging(**kwargs):
    """With a receiver connected Celery leaves logging alone, so settings.LOGGING holds in workers too."""


@beat_embedded_init.connect
def _end_beat_with_its_worker(**kwargs):
    # `celery worker -B` runs beat in a child process, which would outlive a killed worker and send sweeps for ever.
    die_with_parent()

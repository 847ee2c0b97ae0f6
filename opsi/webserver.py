"""Gunicorn's configuration, here and in production: `gunicorn -c python:opsi.webserver opsi.wsgi`."""

import os

from opsi.settings import OPSI_WEB_PROCESSES

worker_class = "gthread"
workers = OPSI_WEB_PROCESSES
threads = 4
timeout = 60
graceful_timeout = 2
keepalive = 5
preload_app = True  # once for all workers: half the work at the start, shared memory afterwards
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  (heartbeats must not wait for a disk)
control_socket_disable = True
# Gunicorn's own lines go where Django's settings.LOGGING sends everything.
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "root": {"level": "INFO", "handlers": []},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
        "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    },
}

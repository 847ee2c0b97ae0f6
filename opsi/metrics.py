"""Numbers for Prometheus (docs/operations.md): read from the database when they are asked for, counted by no process.

So they are the same whichever web process answers, and right however many workers there are. Floors above add theirs
with `collect`.
"""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from opsi import __version__

_registry = CollectorRegistry(auto_describe=False)
_collectors: set[type[Collector]] = set()


def collect(collector: type[Collector]) -> None:
    """Have `collector` say its numbers, too; naming it again changes nothing."""
    if collector not in _collectors:
        _collectors.add(collector)
        _registry.register(collector())


class Program(Collector):
    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("opsi", "What runs here.", {"version": __version__})


collect(Program)


@never_cache
@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All numbers in Prometheus' text format, for who sends `Authorization: Bearer <OPSI_METRICS_TOKEN>`; else 404."""
    if not _is_allowed(request):
        raise Http404
    return HttpResponse(generate_latest(_registry), content_type=CONTENT_TYPE_LATEST)


def _is_allowed(request):
    token = settings.OPSI_METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    return bool(token) and constant_time_compare(given, f"Bearer {token}")

"""What a load balancer asks: is this process alive, and can it serve pages? And what else is wrong, for people.

Floors above tell of their own: `tell_of("worker", function)`, which returns "ok", or what is wrong and what to do.
"""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from opsi.celery import app


@never_cache
@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 "ok" as long as the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when pages can be served, else 503; one line a part, and why where it is not well.

    Only the database counts. Without a broker pages work, and the sweep finds what was not woken up; and to send
    visitors away would not bring back a worker.
    """
    problem = _database_problem()
    lines = [f"database: {problem or 'ok'}", f"broker: {_broker_problem() or 'ok'}"]
    lines += [f"{name}: {'unknown' if problem else state()}" for name, state in _parts.items()]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain", status=503 if problem else 200)


_parts: dict[str, Callable[[], str]] = {}


def tell_of(name: str, state: Callable[[], str]) -> None:
    """Have /readyz say `state()` of the part called `name`, in a line; telling of it again replaces it."""
    _parts[name] = state


def parts() -> dict[str, Callable[[], str]]:
    """What was told of, by name, in the order it was."""
    return dict(_parts)


_migrated = False


def _database_problem() -> str:
    # Reading the migrations' files takes a while, and once applied they stay so for this process's code.
    global _migrated
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _migrated:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return "migrations are waiting (run manage.py migrate)"
            _migrated = True
    except DatabaseError:
        return "unreachable"
    return ""


def _broker_problem() -> str:
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=0, timeout=1)
    except Exception:  # each transport raises its own; whatever it is, the broker is not there
        return "unreachable"
    return ""

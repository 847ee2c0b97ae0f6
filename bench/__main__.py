"""`bin/bench`: makes an empty database, fills it from a fixed seed, measures, prints."""

import argparse
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from bench import sink
from bench.peer import beside


def main(arguments: list[str]) -> int:
    asked = _parser().parse_args(arguments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opsi-bench-")))
        environment = _environment(folder, stack.enter_context(sink.running()))
        if asked.services:
            from tests.services import servers

            try:
                environment |= stack.enter_context(servers.running())
            except servers.Unavailable as problem:
                print(f"bin/bench --services: {problem}", file=sys.stderr)
                return 1
        os.environ.update(environment)
        return _measure(asked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measures what must be fast.")
    parser.add_argument("--json", action="store_true", help="one object a line instead of a table")
    parser.add_argument("--services", action="store_true", help="on PostgreSQL and Redis instead of SQLite")
    parser.add_argument(
        "--plans",
        action="store_true",
        help="with --services: how PostgreSQL answers each statement that must be fast (docs/query-plans.md)",
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="measure these alone, and their twins")
    parser.add_argument("--peer", choices=[beside.PEER], help="the same work done by it, beside ours")
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured (default: 7)")
    parser.add_argument(
        "--scale",
        type=float,
        default=1.0,
        help="watchers and large tables at this part of their number, for a quick look (default: 1)",
    )
    return parser


def _environment(folder: Path, mail_port: int) -> dict[str, str]:
    """Nothing of the caller's own settings gets in."""
    for name in list(os.environ):
        if name.startswith(("OPSI_", "ANYMAIL_")) or name in {"DATABASE_URL", "CELERY_BROKER_URL"}:
            del os.environ[name]
    return {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "OPSI_DATA_DIR": str(folder),
        "OPSI_SECRET_KEY": secrets.token_urlsafe(50),
        "OPSI_MAIL_URL": f"smtp://127.0.0.1:{mail_port}",
        "OPSI_BASE_URL": "http://localhost:8000",
    }


def _measure(asked: argparse.Namespace) -> int:
    if asked.services:
        _create_database(os.environ["DATABASE_URL"])
    import django

    django.setup()
    from django.core.management import call_command

    from bench import plan
    from opsi import static_files

    own, peers = beside.chosen(asked.only) if asked.peer else (asked.only, [])
    try:
        parts = plan.chosen(own)
    except KeyError as error:
        known = ", ".join([*plan.names(), *(beside.TWINS if asked.peer else ())])
        print(f"bin/bench: nothing is called {error}; there are {known}.", file=sys.stderr)
        return 2
    call_command("migrate", verbosity=0)
    static_files.collect()
    if asked.plans:
        return _show_plans(asked.scale)
    began = time.monotonic()
    try:
        with beside.Peer(peers, plan.watchers(asked.scale)) as peer:
            _print(plan.measure(parts, asked.rounds, asked.scale, peer), as_json=asked.json)
    except beside.Unavailable as problem:
        print(f"bin/bench --peer: {problem}", file=sys.stderr)
        return 1
    if not asked.json:
        print(f"{time.monotonic() - began:.0f} s on {plan.machine()}")
    return 0


def _show_plans(scale: float) -> int:
    from django.db import connection

    from bench import hot, plan, plans
    from bench.hot_tables import Filled
    from bench.world import World

    if connection.vendor != "postgresql":
        print(
            "bin/bench --plans: needs --services, since only PostgreSQL tells what it does.", file=sys.stderr
        )
        return 2
    plans.show(hot.statements(Filled(World(), scale)))
    print(f"at scale {scale:g} on {plan.machine()}")
    return 0


def _create_database(url: str) -> None:
    import psycopg

    server, name = url.rsplit("/", 1)
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')


def _print(found: Iterable, as_json: bool) -> None:
    if as_json:
        for one in found:
            print(json.dumps(one.as_json()), flush=True)
        return
    print(f"{'':28} {'median':>12} {'p95':>12}  {'statements':>10} {'ratio':>7}")
    for one in found:
        show = _rate if one.per_second else _time
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        print(
            f"{one.name:28} {show(one.median):>12} {show(one.p95):>12}  {one.statements:>10} {ratio:>7}",
            flush=True,
        )


def _time(seconds):
    return f"{seconds * 1000:.1f} ms" if seconds < 10 else f"{seconds:.1f} s"


def _rate(number):
    return f"{number:,.0f}/s"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A Celery worker that is killed at one of the named steps: `python -m tests.services.doomed STEP worker …`.

All else is as an operator starts it, but for its leases, which are short: who comes next need not wait for minutes.
"""

import sys

import django

from opsi.celery import app


def main(step: str, *arguments: str) -> None:
    django.setup()
    from tests.faults import killing

    killing.shorten_leases()
    killing.WOKEN[step].arm(1)
    app.start(["-A", "opsi", *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A mail server in a process of its own that takes every mail and keeps none: `python -m bench.sink` tells its port."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.controller import Controller

TAKEN = "250 OK"


class Sink:
    async def handle_DATA(self, server, session, envelope):
        return TAKEN


@contextmanager
def running() -> Iterator[int]:
    """A sink's port on loopback, while the block runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.sink"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parent.parent,
    )
    try:
        assert process.stdout is not None  # noqa: S101
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    controller = Controller(Sink(), hostname="127.0.0.1", port=port, decode_data=False)
    controller.start()
    print(port, flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


if __name__ == "__main__":
    main()

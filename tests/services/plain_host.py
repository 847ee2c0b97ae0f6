"""A plain host without systemd: the units of deploy/systemd/ as processes, started, told of and stopped as it would."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from tests.deployed import CODE, DATA, PROJECT, PYTHON, Unit, env_file

START_LIMIT = 60.0  # seconds
STOP_LIMIT = 30.0  # seconds, on a machine that is busy with other tests


class Service:
    """One service unit as a process of its own, started and stopped as systemd does."""

    def __init__(self, host: "Host", name: str):
        self.unit = Unit(name)
        self.log = host.folder / f"{name}.log"
        environment = host.environment(self.unit)
        [command] = host.commands(self.unit, environment)
        files = []
        if name == "opsi-web.service":
            # Socket activation: the open socket as the fourth file, and whom it is for.
            command = [
                "bash",
                "-c",
                f'exec 3<&{host.listener.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"',
                "-",
                *command,
            ]
            files.append(host.listener.fileno())
        self.ready = host.notified() if self.unit.last("Service", "Type") == "notify" else None
        if self.ready:
            environment["NOTIFY_SOCKET"] = self.ready.getsockname()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=PROJECT, env=environment, stdout=log, stderr=log, pass_fds=files, process_group=0
            )

    def wait_until_ready(self) -> None:
        if self.ready:
            self.ready.settimeout(START_LIMIT)
            assert b"READY=1" in self.ready.recv(4096)
            self.ready.close()
            return
        deadline = time.monotonic() + START_LIMIT
        # Beat says nothing while all is well.
        while self.unit.instance and b" ready." not in self.log.read_bytes():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    def children(self) -> list[int]:
        pid = self.process.pid
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def stop(self) -> int:
        """As with KillMode=mixed: the first process is asked; returns what it ended with."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(
            max(STOP_LIMIT, int(self.unit.last("Service", "TimeoutStopSec").rstrip("s")))
        )

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Host:
    """Where it is installed: `folder` for what lies under / elsewhere, `env` what stands in /etc/opsi/opsi.env."""

    def __init__(self, folder: Path, env: str, stack: ExitStack):
        self.folder, self.stack = folder, stack
        self.env_file = folder / "opsi.env"
        self.env_file.write_text(env)
        self.data = folder / "data"
        self.listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.port = self.listener.getsockname()[1]
        self.services: dict[str, Service] = {}

    def environment(self, unit: Unit) -> dict[str, str]:
        """Nothing but what systemd would give it."""
        assert unit.all("Service", "EnvironmentFile") == ["/etc/opsi/opsi.env"]
        given = unit.environment | env_file(self.env_file.read_text())
        assert given["OPSI_DATA_DIR"] == DATA
        return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **given, "OPSI_DATA_DIR": str(self.data)}

    def commands(self, unit: Unit, environment) -> list[list[str]]:
        assert unit.last("Service", "WorkingDirectory") == CODE
        commands = unit.commands(environment)
        assert all(command[0] == PYTHON for command in commands)
        return [[sys.executable, *command[1:]] for command in commands]

    def manage(self, *arguments: str, **environment: str) -> str:
        """As deploy/systemd/opsi-manage does it."""
        command = [sys.executable, "manage.py", *arguments]
        return self.run(command, self.environment(Unit("opsi-migrate.service")) | environment)

    def run(self, command: list[str], environment) -> str:
        done = subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start(self, name: str) -> None:
        """systemctl start, of a service that ends by itself or of one that stays."""
        unit = Unit(name)
        if unit.last("Service", "Type") == "oneshot":
            environment = self.environment(unit)
            for command in self.commands(unit, environment):
                self.run(command, environment)
        else:
            self.services[name] = service = Service(self, name)
            self.stack.callback(service.kill)

    def notified(self) -> socket.socket:
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listening.bind(str(self.folder / "notify"))
        return listening

"""A plain host as docs/deploy.md has it: the commands, settings and sockets of deploy/systemd/ run without systemd,
behind nginx with TLS by deploy/nginx.conf, and the main job goes through all of it."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.deployed import CODE, DATA, DEPLOY, PROJECT, PYTHON, Unit, compose, env_file, example, services
from tests.e2e.mailbox import Mailbox, self_signed
from tests.platform.page_forms import TOKEN, forms_of
from tests.services import servers
from tests.services.installation import PREPARE
from tests.smtp import free_port

HOST = "tickets.example.com"
START_LIMIT = 40.0  # seconds
PASSWORD = "correct horse battery"
NOTE = "The gateway is up again."
PAGES = 3  # gunicorn's processes
FAR = 365 * 24 * 3600  # seconds

pytestmark = [pytest.mark.xdist_group("stack"), pytest.mark.timeout(240)]


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
        """As with KillMode=mixed: the first process is asked; returns what it ended with, in time."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(int(self.unit.last("Service", "TimeoutStopSec").rstrip("s")))

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


class Visitor:
    """A browser without a screen, at the proxy's HTTPS port."""

    def __init__(self, port: int, authority: Path):
        self.port = port
        self.context = ssl.create_default_context(cafile=str(authority))
        self.cookies: dict[str, str] = {}

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[http.client.HTTPResponse, str]:
        headers = {"Host": HOST, "Cookie": "; ".join(f"{name}={it}" for name, it in self.cookies.items())}
        body = None
        if form is not None:
            headers |= {"Origin": f"https://{HOST}", "Content-Type": "application/x-www-form-urlencoded"}
            body = urlencode(form)
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=30)
        with contextlib.closing(connection):
            connection.request("POST" if body else "GET", path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, cookie in SimpleCookie(line).items():
                assert name.startswith("__Host-") or name == "messages", name
                assert cookie["secure"], name
                self.cookies[name] = cookie.value
        return answer, text

    def page(self, path: str) -> str:
        answer, text = self.ask(path)
        assert answer.status == 200, (path, answer.status)
        return text

    def send(self, path: str, action: str, **filled_in: str) -> str:
        """Fill in the form of the page `path` that goes to `action`; returns where that leads."""
        [form, *_others] = [one for one in forms_of(self.page(path)) if (one.action or path) == action]
        sent = dict(form.fields) | filled_in
        assert sent[TOKEN]
        answer, text = self.ask(action, sent)
        assert answer.status == 302, (answer.status, text[:2000])
        return answer.headers["Location"]

    def sign_in(self, login: str, password: str) -> None:
        assert self.send("/login/", "/login/", username=login, password=password) == "/"

    def unread(self) -> int:
        return json.loads(self.page("/inbox/badge/"))["unread"]


@pytest.fixture
def mailbox():
    box = Mailbox()
    box.start()
    yield box
    box.stop()


@pytest.fixture
def host(tmp_path, mailbox):
    with ExitStack() as stack:
        env = example(
            OPSI_SECRET_KEY="0123456789abcdefghijklmnopqrstuvwxyz-0123456789abcdefghijklmnopqrstuvwxyz",
            OPSI_MAIL_URL=mailbox.url,
            DATABASE_URL=servers.new_database(),
            CELERY_BROKER_URL=os.environ["OPSI_TEST_AMQP_URL"],
            WEB_CONCURRENCY=str(PAGES),
        )
        yield Host(tmp_path, f"{env}OPSI_WINDOW_SECONDS=1\n", stack)


def proxy(host: Host) -> tuple[int, int]:
    """deploy/nginx.conf with a certificate and ports of our own: (HTTPS, HTTP)."""
    program = servers.find_or_install("nginx", "nginx-light", "nginx")
    self_signed(host.folder / "ca.pem")
    https, plain = free_port(), free_port()
    site = (DEPLOY / "nginx.conf").read_text()
    live = f"/etc/letsencrypt/live/{HOST}"
    for line, ours in {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{https} ssl http2;",
        "listen [::]:80;": "",
        "listen [::]:443 ssl http2;": "",
        f"{live}/fullchain.pem": str(host.folder / "ca.pem"),
        f"{live}/privkey.pem": str(host.folder / "key.pem"),
        "http://127.0.0.1:8000": f"http://127.0.0.1:{host.port}",
    }.items():
        assert site.count(line) == 1, line
        site = site.replace(line, ours)
    (host.folder / "site.conf").write_text(site)
    paths = "".join(
        f"{kind}_temp_path {host.folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""  # who may read the test's folder
    (host.folder / "nginx.conf").write_text(
        f"{user}daemon off;\nmaster_process off;\nerror_log stderr;\npid {host.folder}/nginx.pid;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{paths}include {host.folder}/site.conf;\n}}\n"
    )
    command = [program, "-c", str(host.folder / "nginx.conf"), "-p", str(host.folder)]
    nginx = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    host.stack.callback(nginx.wait)
    host.stack.callback(nginx.terminate)
    return https, plain


def test_installed_as_described_it_does_its_job(host, mailbox):
    host.start("opsi-migrate.service")
    assert "no issues" in host.manage("check", "--deploy", "--fail-level", "WARNING")
    host.manage(
        "createsuperuser", "--noinput", "--username", "ada", "--email", "ada@example.com",
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )  # fmt: skip
    host.manage("shell", "--no-imports", "-c", PREPARE)
    for name in services():
        host.start(name)
    https, plain = proxy(host)
    for service in host.services.values():
        service.wait_until_ready()
    visitors = [Visitor(https, host.folder / "ca.pem") for _person in range(3)]

    web = host.services["opsi-web.service"]
    assert len(web.children()) == PAGES
    check_what_the_proxy_is_told(plain, visitors[0])
    check_static_files(host, visitors[0])
    check_health(host)
    check_the_main_job(visitors, mailbox)

    for service in host.services.values():
        assert service.stop() == 0, service.log.read_text()
        assert "Traceback" not in service.log.read_text()
    # The socket is systemd's: who comes meanwhile waits.
    socket.create_connection(("127.0.0.1", host.port), timeout=5).close()


def check_what_the_proxy_is_told(plain, visitor):
    connection = http.client.HTTPConnection("127.0.0.1", plain, timeout=10)
    connection.request("GET", "/tickets/?q=1", headers={"Host": HOST})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/tickets/?q=1")
    connection.close()
    answer, _text = visitor.ask("/login/")
    assert answer.status == 200  # and not sent to https:// once more
    assert answer.headers["Strict-Transport-Security"]
    assert visitor.ask("/metrics")[0].status == 404
    answer, text = visitor.ask("/readyz")
    assert (answer.status, "database: ok" in text, "broker: ok" in text) == (200, True, True), text


def check_static_files(host, visitor):
    sheets = re.findall(r'href="(/static/[^"]+\.css)"', visitor.page("/login/"))
    assert sheets
    for address in sheets:
        assert re.search(r"\.[0-9a-f]{12}\.css$", address), address
        answer, _text = visitor.ask(address)
        age = int(re.search(r"max-age=(\d+)", answer.headers["Cache-Control"])[1])
        assert answer.status == 200
        assert age >= FAR
        assert "immutable" in answer.headers["Cache-Control"]
        assert (host.data / "static" / address.removeprefix("/static/")).exists()


def check_health(host):
    """What the image and compose.yaml ask."""
    asked = host.environment(Unit("opsi-web.service"))
    host.run([sys.executable, "deploy/healthcheck.py", str(host.port)], asked)
    with pytest.raises(AssertionError):
        host.run([sys.executable, "deploy/healthcheck.py", str(free_port())], asked)
    kind, line = compose()["services"]["mail"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    asked["PATH"] = f"{Path(sys.executable).parent}:{asked['PATH']}"
    host.run(["sh", "-c", line.replace("$$", "$")], asked)


def check_the_main_job(visitors, mailbox):
    ada, uma, aiko = visitors
    ada.sign_in("ada", PASSWORD)
    assert "Notification health" in ada.page("/admin/")
    uma.sign_in("uma", "demo")
    aiko.sign_in("aiko", "demo")
    assert aiko.unread() == 0
    [path] = set(re.findall(r'href="(/tickets/\d+/)"', uma.page("/tickets/")))
    uma.send(f"{path}articles/new/?kind=note", f"{path}articles/", body=NOTE)

    deadline = time.monotonic() + 30
    while aiko.unread() != 1:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    [mail] = mailbox.wait_for_mail("aiko@example.com", limit=30)
    assert NOTE in mail.text
    assert f"https://{HOST}{path}" in mail.text
    assert str(mail.message["From"]) == "Service desk <desk@example.com>"
    assert [one.recipients for one in mailbox.mails] == [("aiko@example.com",)]

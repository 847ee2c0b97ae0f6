"""A plain host as docs/deploy.md has it: the commands, settings and sockets of deploy/systemd/ run without systemd,
behind nginx with TLS by deploy/nginx.conf, and the main job goes through all of it."""

import contextlib
import http.client
import json
import os
import re
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

from tests.deployed import DEPLOY, Unit, compose, example, services
from tests.e2e.mailbox import self_signed
from tests.platform.page_forms import TOKEN, forms_of
from tests.services import servers
from tests.services.installation import PREPARE
from tests.services.plain_host import Host
from tests.smtp import dead_port, free_port

HOST = "tickets.example.com"
PASSWORD = "correct horse battery"
NOTE = "The gateway is up again."
PAGES = 3  # gunicorn's processes
FAR = 365 * 24 * 3600  # seconds

pytestmark = [pytest.mark.xdist_group("stack"), pytest.mark.timeout(300)]


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
    """deploy/nginx.conf with a certificate and ports of our own: (HTTPS, HTTP). It answers at both."""
    program = servers.find_or_install("nginx", "nginx-light", "nginx")
    self_signed(host.folder / "ca.pem")
    log = host.folder / "nginx.log"
    for _attempt in range(5):  # what was a free port may be somebody's by now
        ports = free_port(), free_port()
        configure_proxy(host, *ports)
        with log.open("wb") as said:
            command = [program, "-c", str(host.folder / "nginx.conf"), "-p", str(host.folder)]
            nginx = subprocess.Popen(command, stdout=said, stderr=said)
        host.stack.callback(nginx.wait)
        host.stack.callback(nginx.terminate)
        if all(answers(nginx, port) for port in ports) and b"bind()" not in log.read_bytes():
            return ports
        nginx.terminate()  # it goes on trying for a while
    raise AssertionError(log.read_text())


def answers(process: subprocess.Popen, port: int) -> bool:
    """Whether `process` takes connections at `port`, as soon as it does; False once it has ended."""
    deadline = time.monotonic() + 30
    while process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
        assert time.monotonic() < deadline, f"Nobody listens at {port}"
        time.sleep(0.05)
    return False


def configure_proxy(host: Host, https: int, plain: int) -> None:
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
    give_up = time.monotonic() + 60
    while "broker: ok" not in (text := visitor.ask("/readyz")[1]):  # it waits half a second for the broker
        assert time.monotonic() < give_up, text
    answer, text = visitor.ask("/readyz")
    assert (answer.status, "database: ok" in text) == (200, True), text


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
        host.run([sys.executable, "deploy/healthcheck.py", str(dead_port())], asked)
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

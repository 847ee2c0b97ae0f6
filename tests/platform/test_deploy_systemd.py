"""The units for systemd, which the tests cannot run: its own checker reads them, and paths and ports agree with the
others (docs/deploy.md)."""

import re
import shutil

import pytest

from opsi import browser_security, webserver
from tests.deployed import (
    CODE,
    DATA,
    DEPLOY,
    OURS,
    PYTHON,
    THEIRS,
    UNITS,
    WRITTEN,
    Unit,
    containerfile,
    run,
    services,
)

pytestmark = pytest.mark.once  # asks no database

MOST_EXPOSED = 20  # tenths, of systemd-analyze's 0 (safe) to 10 (unsafe)


def all_units() -> list[str]:
    return [*Unit("opsi.target").words("Unit", "Wants"), "opsi-migrate.service", "opsi.target"]


@pytest.fixture
def root(tmp_path):
    """A file system with the units in their place, and just so much of what they name."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed (Debian: apt-get install systemd)")
    shutil.copytree(UNITS, tmp_path / "etc/systemd/system")
    for name in ("sysinit", "basic", "sockets", "shutdown", "network-online", "multi-user"):
        file = tmp_path / f"usr/lib/systemd/system/{name}.target"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("[Unit]\nDefaultDependencies=no\n")
    python = tmp_path / PYTHON.lstrip("/")
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    return tmp_path


def test_systemd_understands_the_units(root):
    said = run(
        "systemd-analyze", "verify", "--man=no", "--recursive-errors=yes", f"--root={root}", *all_units()
    )
    assert said == ""


def test_what_systemctl_edit_writes_has_the_last_word():
    """systemd reads drop-ins in the order of their names, whichever folders they lie in."""
    ours = [file.name for file in UNITS.rglob("*.conf")]
    assert ours
    assert max(ours) < "override.conf"


def test_systemd_finds_the_services_little_exposed(root):
    for name in ("opsi-web.service", "opsi-worker@mail.service", "opsi-beat.service"):
        run(
            "systemd-analyze", "security", "--offline=yes", f"--root={root}",
            f"--threshold={MOST_EXPOSED}", "--no-pager", name,
        )  # fmt: skip


def test_the_services_write_nothing_but_their_data_dir():
    for name in [*services(), "opsi-migrate.service"]:
        unit = Unit(name)
        told = (
            "User",
            "ProtectSystem",
            "ProtectHome",
            "PrivateTmp",
            "NoNewPrivileges",
            "CapabilityBoundingSet",
        )
        assert [unit.last("Service", one) for one in told] == ["opsi", "strict", "yes", "yes", "yes", ""], (
            name
        )
        assert not unit.all("Service", "ReadWritePaths"), name


def test_the_target_holds_all_units_together():
    files = {path.name for path in UNITS.iterdir() if path.suffix in (".service", ".socket")}
    wanted = {re.sub("@.*[.]", "@.", name) for name in Unit("opsi.target").words("Unit", "Wants")}
    assert files - wanted == {"opsi-migrate.service"}
    for name in all_units():
        if name != "opsi.target":
            assert Unit(name).last("Unit", "PartOf") == "opsi.target", name
    for name in services():
        assert Unit(name).last("Service", "Restart") == "always"
        assert name in Unit("opsi-migrate.service").words("Unit", "Before")
        # Of what is after the target, its stop waits for the end.
        assert "opsi.target" in Unit(name).words("Unit", "After")


def test_paths_and_ports_are_the_same_everywhere():
    unit = Unit("opsi-web.service")
    assert unit.last("Service", "WorkingDirectory") == CODE
    assert unit.environment["OPSI_DATA_DIR"] == DATA == f"/var/lib/{unit.last('Service', 'StateDirectory')}"
    listens = Unit("opsi-web.socket").last("Socket", "ListenStream")
    proxy = (DEPLOY / "nginx.conf").read_text()
    assert f"proxy_pass http://{listens};" in proxy
    port = listens.rpartition(":")[2]
    assert dict(containerfile())["EXPOSE"] == port
    assert OURS["web"]["ports"] == [f"{listens}:{port}"]
    assert THEIRS["tls"]["command"][-1] == f"web:{port}"
    assert f"else {port})" in (DEPLOY / "healthcheck.py").read_text()
    command = (UNITS / "opsi-manage").read_text()
    file = unit.last("Service", "EnvironmentFile")
    for one in (CODE, DATA, PYTHON, file):
        assert one in command, one
        assert one in WRITTEN or one == PYTHON, one


def test_the_proxy_lets_through_what_the_pages_take():
    proxy = (DEPLOY / "nginx.conf").read_text()
    body = int(re.search(r"client_max_body_size (\d+)m;", proxy)[1]) * 1024 * 1024
    assert body > browser_security.MAX_REQUEST
    assert int(re.search(r"proxy_read_timeout (\d+)s;", proxy)[1]) > webserver.timeout

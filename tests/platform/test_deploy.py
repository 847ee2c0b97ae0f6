"""What deploy/ says for those who have a container engine or systemd, neither of which the tests can run: its form is
checked by linters, and what it says is held against the code (docs/deploy.md)."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from opsi import supervisor, webserver
from opsi.setting_table import SETTINGS
from tests.deployed import (
    CODE,
    DATA,
    DEPLOY,
    OURS,
    PROJECT,
    PYTHON,
    THEIRS,
    WRITTEN,
    Unit,
    compose,
    compose_command,
    containerfile,
    env_file,
    example,
    run,
    services,
    workers,
)

pytestmark = pytest.mark.once  # asks no database

QUEUES = {queue.name for queue in settings.CELERY_TASK_QUEUES}
FILLED_IN = {
    "OPSI_SECRET_KEY": "0123456789" * 6,
    "OPSI_MAIL_URL": "smtp://mailpit:1025",
    "POSTGRES_PASSWORD": "one",
    "RABBITMQ_DEFAULT_PASS": "other",
}


def tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def options(command: list[str]) -> dict[str, str]:
    """A Celery command without its Python: {--option: value}; what has no value has "", what is no option is "word"."""
    found: dict[str, str] = {}
    words = iter([*command[1:], "--end"])
    word = next(words)
    while word != "--end":
        value = next(words)
        if word.startswith("-") and not value.startswith("-") and word != "--quiet":
            found[word] = value
            word = next(words)
        else:
            found[word] = ""
            word = value
    return found


# The image


def test_the_linter_has_nothing_against_the_image():
    run(tool("hadolint"), str(DEPLOY / "Containerfile"))


def test_the_image_is_made_of_named_versions():
    version = (PROJECT / ".python-version").read_text().strip()
    bases = [rest.split()[0] for word, rest in containerfile() if word == "FROM"]
    assert len(bases) == 2
    assert set(bases) == {f"docker.io/library/python:{version}-slim-trixie"}
    [install] = [rest for word, rest in containerfile() if word == "RUN" and "pip install" in rest]
    assert re.search(r"\buv==\d+\.\d+\.\d+$", install)
    [sync] = [rest for word, rest in containerfile() if word == "RUN" and "uv sync" in rest]
    assert {"--frozen", "--no-default-groups"} <= set(sync.split())


def test_what_runs_in_the_image_is_nobody_and_has_no_secret():
    last = dict(containerfile())
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last["USER"])
    assert last["VOLUME"] == DATA
    assert last["WORKDIR"] == CODE
    # They stay readable in the image.
    assert [rest for word, rest in containerfile() if word == "ARG"] == ["VERSION"]
    kept = " ".join(rest for word, rest in containerfile() if word in ("ENV", "LABEL"))
    assert not re.search(r"SECRET|PASS|TOKEN|DATABASE_URL|BROKER|MAIL_URL", kept)
    assert set(re.findall(r"(OPSI_\w+)=", kept)) <= SETTINGS.keys()
    assert f"OPSI_DATA_DIR={DATA}" in kept


def test_nothing_goes_into_the_image_but_what_is_named():
    first, *others = [
        line for line in (PROJECT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"
    ]
    assert first == "*"
    let_in = {line[1:] for line in others if line.startswith("!")}
    copied = [
        rest.split() for word, rest in containerfile() if word == "COPY" and not rest.startswith("--from")
    ]
    assert let_in == {source for *sources, _to in copied for source in sources}
    tracked = run("git", "ls-files", *sorted(let_in), cwd=PROJECT).splitlines()
    assert {"locale/ja/LC_MESSAGES/django.mo", "docs/README.md"} <= set(tracked)


def image(folder: Path) -> Path:
    """The code as COPY brings it in, without packages."""
    for word, rest in containerfile():
        if word == "COPY" and not rest.startswith("--from"):
            *sources, to = rest.split()
            for source in sources:
                target = folder / to / source if to.endswith("/") else folder / to
                target.parent.mkdir(parents=True, exist_ok=True)
                if (PROJECT / source).is_dir():
                    shutil.copytree(PROJECT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(PROJECT / source, target)
    return folder


def seen(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_what_is_copied_is_enough_to_run_and_holds_its_static_files(tmp_path):
    code = image(tmp_path / "code")
    [build] = [rest for word, rest in containerfile() if word == "RUN" and "collectstatic" in rest]
    build = build.replace(CODE, str(code)).replace("/tmp/data", str(tmp_path / "data"))  # noqa: S108
    build = build.replace(".venv/bin/python", sys.executable)
    bare = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    run("sh", "-ec", build.replace(f"{sys.executable} -m compileall -q", "true"), cwd=code, env=bare)
    assert list((code / "collected").glob("css/*.*.css"))
    before = seen(code)
    # Started elsewhere, with another data dir.
    started = (
        bare
        | env_file(example(**FILLED_IN))
        | {
            "OPSI_DATA_DIR": str(tmp_path / "elsewhere"),
            "OPSI_STATIC_DIR": str(code / "collected"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
    )
    page = (
        "from django.test import Client; from django.urls import reverse\n"
        "answer = Client(HTTP_HOST='tickets.example.com', HTTP_X_FORWARDED_PROTO='https').get('/login/')\n"
        "print(answer.status_code, answer.content.decode())"
    )
    said = run(sys.executable, "manage.py", "shell", "--no-imports", "-c", page, cwd=code, env=started)
    assert said.startswith("200 ")
    assert seen(code) == before  # nobody can write there
    assert re.search(r"/static/css/\w+\.[0-9a-f]{12}\.css", said)


def test_the_health_check_asks_by_an_allowed_name():
    [check] = [rest for word, rest in containerfile() if word == "HEALTHCHECK"]
    assert check.endswith('CMD ["python", "deploy/healthcheck.py"]')
    assert "/healthz" in (DEPLOY / "healthcheck.py").read_text()


# Compose


def test_compose_keeps_to_its_specification():
    run(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(DEPLOY / "compose.yaml"))


def test_what_is_named_in_compose_is_there():
    whole = compose()
    for name, service in whole["services"].items():
        for other, how in (service.get("depends_on") or {}).items():
            waited_for = whole["services"][other]
            if how["condition"] == "service_healthy":
                own = "healthcheck" in waited_for and not waited_for["healthcheck"].get("disable")
                assert own or waited_for["image"].startswith("opsi-tickets:"), (name, other)
            else:
                assert (other, how["condition"]) == ("migrate", "service_completed_successfully")
        for volume in service.get("volumes", ()):
            assert volume.split(":")[0] in whole["volumes"], name
        assert set(service.get("networks", ())) <= {"default", *whole["networks"]}, name


def test_what_is_ours_in_compose_runs_locked_in():
    for name, service in OURS.items():
        assert service["read_only"] is True, name
        assert any(mount.startswith("/tmp") for mount in service["tmpfs"]), name  # noqa: S108
        assert service["volumes"] == [f"data:{DATA}"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped"), name
        assert "user" not in service, name  # the image's
        assert service["build"] == {"context": "..", "dockerfile": "deploy/Containerfile"}, name


def test_what_others_made_has_a_version_and_its_ports_on_loopback():
    for name, service in THEIRS.items():
        assert re.search(r":v?\d+(\.\d+)*(-\w+)?$", service["image"]), name
        assert service["restart"] == "unless-stopped", name
    for name, service in compose()["services"].items():
        if name != "tls":
            assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name
    assert {name for name, service in THEIRS.items() if service.get("profiles")} == {"mailpit", "tls"}
    database = int(re.search(r"postgres:(\d+)", THEIRS["postgres"]["image"])[1])
    assert database >= 15


# Both ways, and bin/up


def test_every_queue_has_its_worker_both_ways():
    by_unit = {Unit(name).instance for name in workers()}
    by_service = {
        options(compose_command(service))["--queues"]
        for service in OURS.values()
        if "worker" in service["command"]
    }
    assert by_unit == by_service == QUEUES


def test_both_ways_run_the_same_commands():
    by_unit = {}
    for name in [*services(), "opsi-migrate.service"]:
        unit = Unit(name)
        commands = unit.commands(unit.environment)
        assert {command[0] for command in commands} == {PYTHON}
        by_unit[unit.instance or name.removeprefix("opsi-").removesuffix(".service")] = commands[0][1:]
    by_service = {name: compose_command(service)[1:] for name, service in OURS.items()}
    # Where it listens, the socket says there.
    place = by_service["web"].index("--bind")
    assert by_service["web"][place : place + 2] == ["--bind", "0.0.0.0:8000"]
    del by_service["web"][place : place + 2]
    assert by_unit == by_service
    # The image collects when it is made.
    assert Unit("opsi-migrate.service").commands({})[1:] == [
        [PYTHON, "manage.py", "collectstatic", "--noinput"]
    ]


def test_they_are_the_commands_of_bin_up():
    up = supervisor.web_command(3)
    bind = up.index("--bind")
    web = [*up[1:bind], *up[bind + 2 :]]
    unit = Unit("opsi-web.service")
    assert unit.commands({})[0][1:] == web
    image_runs = dict(containerfile())["CMD"]
    assert eval(image_runs) == compose_command(OURS["web"])  # noqa: S307  (a list of strings, and our own)

    up_worker = supervisor.worker_command()
    plain = options(up_worker[up_worker.index("-m") - 1 :])
    for name in workers():
        unit = Unit(name)
        apart = options(unit.commands(unit.environment)[0])
        assert apart.pop("--queues") == unit.instance
        assert apart.pop("--hostname") == f"{unit.instance}@%h"
        # There beat runs inside, and one process does it all.
        assert set(plain) - set(apart) == {"-B"}
        assert set(apart) <= set(plain)


def test_both_ways_give_as_much_time_to_stop():
    for name in services():
        unit = Unit(name)
        service = OURS[unit.instance or name.removeprefix("opsi-").removesuffix(".service")]
        assert unit.last("Service", "TimeoutStopSec") == service["stop_grace_period"], name
    assert int(OURS["web"]["stop_grace_period"].rstrip("s")) > webserver.graceful_timeout


def test_every_variable_is_one_that_is_read():
    known = SETTINGS.keys()
    assert {"OPSI_SECRET_KEY", "DATABASE_URL", "CELERY_BROKER_URL", "WEB_CONCURRENCY"} <= known
    text = (DEPLOY / "compose.yaml").read_text()
    filled_in = set(re.findall(r"\$\{(\w+)", text))
    for_servers = filled_in - known
    assert for_servers == {"TAG", "POSTGRES_PASSWORD", "RABBITMQ_DEFAULT_PASS"}
    for service in OURS.values():
        assert set(service["environment"]) <= known
        assert service["env_file"] == ".env"
    named = set(re.findall(r"^#?([A-Z_]+)=", (DEPLOY / "opsi.env.example").read_text(), re.M))
    assert named - known == {"POSTGRES_PASSWORD", "RABBITMQ_DEFAULT_PASS"}
    for name in [*services(), "opsi-migrate.service"]:
        unit = Unit(name)
        own = set(re.findall(r"\$\{(\w+)\}", " ".join(unit.all("Service", "ExecStart"))))
        assert {one for one in unit.environment if not one.startswith("PYTHON")} <= known | own, name
    assert set(re.findall(r"`((?:OPSI|CELERY|DATABASE|WEB)_[A-Z_]+)`", WRITTEN)) <= known


def test_the_example_lacks_the_secrets_and_nothing_else(tmp_path):
    empty = {name for name, value in env_file(example()).items() if not value}
    assert empty == {"OPSI_SECRET_KEY", "OPSI_MAIL_URL", "POSTGRES_PASSWORD", "RABBITMQ_DEFAULT_PASS"}
    start = [
        sys.executable,
        "-c",
        "import opsi.settings as s; print(s.DEBUG, s.OPSI_BASE_URL, s.DEFAULT_FROM_EMAIL)",
    ]
    bare = {"PATH": os.environ["PATH"], "OPSI_DATA_DIR": str(tmp_path)}
    as_it_is = subprocess.run(
        start, env=bare | env_file(example()), cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert as_it_is.returncode == 1
    assert as_it_is.stderr.startswith("OPSI_SECRET_KEY is not set: ")
    said = run(*start, env=bare | env_file(example(**FILLED_IN)), cwd=PROJECT)
    assert said == "False https://tickets.example.com Service desk <desk@example.com>\n"


def test_the_page_names_every_file():
    for path in DEPLOY.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            name = path.name if path.parent.name != "opsi-.service.d" else "opsi-.service.d"
            assert name in WRITTEN or ".service.d" in str(path.parent), path

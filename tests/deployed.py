"""deploy/ as those read it who run it: systemd's units, compose's services, the image's instructions, env files."""

import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[1]
DEPLOY = PROJECT / "deploy"
UNITS = DEPLOY / "systemd"
CODE, DATA = "/opt/opsi", "/var/lib/opsi"
PYTHON = f"{CODE}/.venv/bin/python"
SERVERS = ("postgres", "rabbitmq", "mailpit", "tls")  # of compose.yaml: what others made


class Unit:
    """One unit with its drop-ins, `name` with its instance, for example opsi-worker@mail.service."""

    def __init__(self, name: str):
        self.name = name
        stem, kind = name.rsplit(".", 1)
        self.instance = stem.partition("@")[2]
        file = f"{stem.partition('@')[0]}@.{kind}" if self.instance else name
        self._lines: list[tuple[str, str, str]] = []
        for folder in (f"opsi-.{kind}.d", f"{name}.d"):
            for extra in sorted((UNITS / folder).glob("*.conf")):
                self._read(extra)
        self._read(UNITS / file, first=True)

    def _read(self, file: Path, first: bool = False) -> None:
        section, lines = "", []
        for line in file.read_text().replace("\\\n", " ").splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            elif line.strip() and line[0] not in "#;":
                key, _equals, value = line.partition("=")
                lines.append((section, key, value.strip()))
        self._lines[:] = [*lines, *self._lines] if first else [*self._lines, *lines]

    def all(self, section: str, key: str) -> list[str]:
        return [value for where, name, value in self._lines if (where, name) == (section, key)]

    def last(self, section: str, key: str) -> str:
        return self.all(section, key)[-1]

    def words(self, section: str, key: str) -> list[str]:
        """The words of all its lines, as Wants= and After= are read."""
        return " ".join(self.all(section, key)).split()

    @property
    def environment(self) -> dict[str, str]:
        """What Environment= gives it; EnvironmentFile= wins over that."""
        words = shlex.split(" ".join(self.all("Service", "Environment")))
        return dict(word.split("=", 1) for word in words)

    def commands(self, environment: Mapping[str, str]) -> list[list[str]]:
        """What ExecStart= runs, its specifiers and variables filled in."""
        return [self._filled_in(line, environment) for line in self.all("Service", "ExecStart")]

    def _filled_in(self, line: str, environment: Mapping[str, str]) -> list[str]:
        specifiers = {"%i": self.instance, "%%": "%"}
        line = re.sub("%.", lambda found: specifiers[found[0]], line)
        return [
            re.sub(r"\$\{(\w+)\}", lambda found: environment[found[1]], word) for word in shlex.split(line)
        ]


def workers() -> list[str]:
    """The names of the worker units that opsi.target starts."""
    return [name for name in Unit("opsi.target").words("Unit", "Wants") if name.startswith("opsi-worker@")]


def services() -> list[str]:
    """The names of the services that opsi.target starts."""
    return [name for name in Unit("opsi.target").words("Unit", "Wants") if name.endswith(".service")]


def env_file(text: str) -> dict[str, str]:
    """An EnvironmentFile= as systemd reads it, as far as ours go: NAME=value, perhaps between quotes."""
    lines = [line for line in text.splitlines() if line.strip() and line[0] not in "#;"]
    return {
        name: " ".join(shlex.split(value)) for name, _equals, value in (line.partition("=") for line in lines)
    }


def example(**filled_in: str) -> str:
    """opsi.env.example with some lines filled in, whether they are empty, a comment or an example there."""
    text = (DEPLOY / "opsi.env.example").read_text()
    for name, value in filled_in.items():
        text, found = re.subn(
            rf"^#?{name}=.*$", lambda _line, pair=f"{name}='{value}'": pair, text, flags=re.M
        )
        assert found == 1, f"{name} stands {found} times in opsi.env.example"
    return text


def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def compose_command(service: Mapping) -> list[str]:
    """A service's command as its container gets it."""
    return [word.replace("$$", "$") for word in service["command"]]


def containerfile() -> list[tuple[str, str]]:
    """Instruction and argument, one a line of continued lines, comments left out."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Containerfile").read_text(), flags=re.M)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [
        (word.upper(), rest.strip()) for word, _space, rest in (line.partition(" ") for line in lines if line)
    ]


def run(*command: str, **options: Any) -> str:
    """What a command says that must succeed."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


OURS = {name: service for name, service in compose()["services"].items() if name not in SERVERS}
THEIRS = {name: service for name, service in compose()["services"].items() if name in SERVERS}
WRITTEN = (PROJECT / "docs" / "deploy.md").read_text()

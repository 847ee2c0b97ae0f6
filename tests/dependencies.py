"""Asks the advisories (OSV) about every package of uv.lock: a known vulnerability fails, a service away does not."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
FOUND = 1  # uv's exit code for a vulnerability; 2 is for whatever kept it from asking
# Advisories looked at and found to be none of ours: {id: why}.
ACCEPTED: dict[str, str] = {}


def audit(environment: Mapping[str, str] = os.environ, service: str = "") -> bool:
    """Whether nothing is known against what is installed; True too where nobody could be asked, which is said."""
    uv = shutil.which("uv") or str(PROJECT / ".uv" / "bin" / "uv")
    ignored = [f"--ignore={advisory}" for advisory in ACCEPTED]
    asking = ["audit", "--frozen", "--preview-features", "audit-command", *ignored]
    print("$ uv audit --frozen", flush=True)
    try:
        done = subprocess.run(
            [uv, *asking, *(["--service-url", service] if service else [])],
            cwd=PROJECT,
            env={"UV_HTTP_RETRIES": "1", "UV_HTTP_TIMEOUT": "15", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return _not_asked(str(error))
    if done.returncode not in (0, FOUND):
        return _not_asked(done.stdout)
    print(done.stdout, flush=True)
    return done.returncode == 0


def _not_asked(why: str) -> bool:
    print(f"{why.strip()}\nDEPENDENCIES NOT AUDITED: the advisory service could not be asked.", flush=True)
    return True

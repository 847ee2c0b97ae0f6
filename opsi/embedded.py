"""What one machine without any preparation runs on: a data dir that holds the secret, and mail kept as files.

`manage.py up` starts with this; `python -m opsi.embedded <command>` runs any other command of manage.py on the same
data (`bin/manage`). Variables that are set already win.
"""

import argparse
import os
import secrets
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

DATA_DIR = Path(__file__).resolve().parent.parent / "var"


def supply(data_dir: Path) -> None:
    """Give this process and its children the environment of an embedded installation in `data_dir`."""
    data_dir = data_dir.expanduser().absolute()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        os.environ["OPSI_DATA_DIR"] = str(data_dir)
        if not os.environ.get("OPSI_SECRET_KEY"):
            os.environ["OPSI_SECRET_KEY"] = _kept_secret(data_dir / "secret_key")
    except OSError as error:
        sys.exit(f"The data dir {data_dir} cannot be used: {error.strerror}.")
    if not os.environ.get("OPSI_MAIL_URL"):
        os.environ["OPSI_MAIL_URL"] = "file:"


def supply_from(arguments: list[str]) -> None:
    """As `supply`, with the folder that `--data DIR` among `arguments` names."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("OPSI_DATA_DIR") or DATA_DIR))
    supply(parser.parse_known_args(arguments)[0].data)


def _kept_secret(file: Path) -> str:
    if not file.exists():
        # In a file of its own, which nobody else may read, and linked into place when whole: of two first starts at
        # once, both take the secret that was there first.
        with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=".secret_key.") as unfinished:
            unfinished.write(secrets.token_urlsafe(50))
            unfinished.flush()
            with suppress(FileExistsError):
                os.link(unfinished.name, file)
    return file.read_text().strip()


if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsi.settings")
    supply_from([])
    execute_from_command_line(["bin/manage", *sys.argv[1:]])

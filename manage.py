#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsi.settings")
    if sys.argv[1:2] == ["up"]:
        # Before the settings are read, which `up` must be able to go without.
        from opsi import embedded

        embedded.supply_from(sys.argv[2:])
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

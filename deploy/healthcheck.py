"""Whether the web server of this container lives: exit 0 when /healthz answers 200. Needs neither curl nor Django.

It asks by a name the server answers to: the first plain one in OPSI_ALLOWED_HOSTS, else loopback, which is always
allowed where that variable is unset. `healthcheck.py [port]`; without, port 8000.
"""

import http.client
import os
import sys

LIMIT = 4  # seconds


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    try:
        connection.request("GET", "/healthz", headers={"Host": name()})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException) as error:
        print(error, file=sys.stderr)
        return False


def name() -> str:
    hosts = [host.strip() for host in os.environ.get("OPSI_ALLOWED_HOSTS", "").split(",")]
    # ".example.com" stands for all names below it, and for itself.
    return next((host.removeprefix(".") for host in hosts if host not in ("", "*")), "127.0.0.1")


if __name__ == "__main__":
    sys.exit(not answers(int(sys.argv[1]) if sys.argv[1:] else 8000))

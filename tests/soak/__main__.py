"""`bin/soak`: makes an installation as docs/operations.md has it, keeps its desk busy, and says how it went."""

import argparse
import os
import re
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.e2e.mailbox import Mailbox
from tests.services import servers
from tests.services.installation import Installation, running
from tests.soak import desk
from tests.soak.agents import POLL_EVERY, Answers, Browser, Steps, going_on

TICKETS = 100
BURST_EVERY = 30.0  # seconds
WORKERS = 2
SETTLED_WITHIN = 300.0  # seconds
WARM = 60.0  # seconds until memory is measured for the first time
PARTS = 5


def main(arguments: list[str]) -> int:
    asked = _parser().parse_args(arguments)
    with ExitStack() as stack:
        try:
            os.environ.update(stack.enter_context(servers.running()))
        except servers.Unavailable as problem:
            print(f"bin/soak: {problem}", file=sys.stderr)
            return 1
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opsi-soak-")))
        lines, problems = soak(folder, stack, asked.minutes * 60, asked.agents, asked.events, asked.burst)
    print("\n".join(lines))
    for problem in problems:
        print(f"bin/soak: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/soak", description="Keeps a busy desk going.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--agents", type=int, default=200, help="who look at their bell every 3 seconds")
    parser.add_argument("--events", type=float, default=10, help="notes a second")
    parser.add_argument("--burst", type=int, default=50, help="notes at once, every 30 seconds besides")
    return parser


def soak(
    folder: Path, stack: ExitStack, seconds: float, agents: int, events: float, burst: int
) -> tuple[list[str], list[str]]:
    """The table's lines, and what is wrong."""
    mailbox = Mailbox()
    mailbox.start()
    stack.callback(mailbox.stop)
    installation = Installation(folder, mailbox, os.environ["OPSI_TEST_AMQP_URL"], stack)
    installation.environment["OPSI_WINDOW_SECONDS"] = "60"
    port = _start(installation)
    world = desk.prepare(installation, agents, TICKETS)
    answers, steps = Answers(), Steps()
    writer, *readers = (Browser(port, session, answers) for session in world["sessions"])
    write = partial(steps.write, writer, world["tickets"])
    acts = [
        (place * POLL_EVERY / agents, POLL_EVERY, one.look_at_the_bell) for place, one in enumerate(readers)
    ]
    # As many hands as it takes, should each note take a second.
    hands = max(1, round(events))
    acts += [(place / hands, hands / events, write) for place in range(hands if events else 0)]
    acts += [(BURST_EVERY / 2, BURST_EVERY, write) for _place in range(burst)]
    with going_on(acts):
        memory = _watched(seconds)
    settled = _settle(installation)
    told = desk.told(installation)
    problems = _wrong(told, len(steps.written) * min(desk.WATCHERS, agents), steps, mailbox, answers)
    return _table(answers, told, memory, settled, len(mailbox.mails)), problems


def _watched(seconds):
    """The desk goes on meanwhile; {pid: kB} after the first minute, and at the end of each part of the rest."""
    warm = min(WARM, seconds / 2)
    time.sleep(warm)
    found = [desk.memory(os.getpid())]
    for _part in range(PARTS):
        time.sleep((seconds - warm) / PARTS)
        found.append(desk.memory(os.getpid()))
    return found


def _start(installation):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    installation.manage("migrate", "--verbosity", "0")
    installation.manage("collectstatic", "--noinput", "--verbosity", "0")
    web = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "python:opsi.webserver",
        "-b",
        f"127.0.0.1:{port}",
        "opsi.wsgi",
    ]
    installation.stack.enter_context(running(web, installation.environment, "Booting worker"))
    installation.start_workers(WORKERS)
    installation.start_beat()
    return port


def _settle(installation):
    """Seconds until nothing waited any more after the last note, windows closed early."""
    began = time.monotonic()
    while installation.shell(desk.WAITING) != ["0"] or installation.shell(desk.CLOSE_WINDOWS) != ["0"]:
        if time.monotonic() - began > SETTLED_WITHIN:
            break
        time.sleep(1)
    return time.monotonic() - began


def _wrong(told, expected, steps, mailbox, answers):
    found = [f"{error} (and {len(answers.errors) - 1} more)" for error in answers.errors[:1]]
    found += [
        f"{number} times {status} for the {what}"
        for (what, status), number in sorted(answers.statuses.items())
        if status not in ((200, 304) if what == "bell" else (302, 303))
    ]
    right = {
        "undone": 0,
        "notices": expected,
        "twice": 0,
        "unread": expected,
        "sent": expected,
        "unsent": 0,
        "leased": 0,
    }
    found += [f"{name}: {told[name]}, not {number}" for name, number in right.items() if told[name] != number]
    quoted = Counter(
        (recipient, int(number))
        for mail in mailbox.mails
        for recipient in mail.recipients
        for number in re.findall(r"^Step (\d+)\r?$", mail.text, re.MULTILINE)
    )
    # A mail shows fifty, and says how many more there are.
    more = sum(
        int(number) for mail in mailbox.mails for number in re.findall(r"^… and (\d+) more", mail.text, re.M)
    )
    if sum(quoted.values()) + more != expected or set(quoted.values()) > {1}:
        said = f"{sum(quoted.values())} notes, {len(quoted)} different, and {more} more"
        found.append(f"mails tell of {said}, not {expected}")
    if {number for _recipient, number in quoted} - steps.written:
        found.append("mails quote notes that were not written")
    names = [mail.message["Message-ID"] for mail in mailbox.mails]
    if len(set(names)) != len(names):
        found.append(f"{len(names) - len(set(names))} mails came twice")
    return found


def _table(answers, told, memory, settled, mails):
    row = "| {} | {} | {} | {} | {} |".format
    lines = [row("what", "number", "median", "p95", "p99"), "|---|---|---|---|---|"]
    for what, took in {**answers.took, "note → inbox": told["seconds"]}.items():
        cuts = statistics.quantiles(took, n=100) if len(took) > 1 else took * 99
        lines.append(row(what, len(took), *(f"{1000 * cuts[at]:.0f} ms" for at in (49, 94, 98))))
    kept = set.intersection(*map(set, memory))
    mega = ", ".join(str(sum(one[pid] for pid in kept) // 1024) for one in memory)
    most = max((memory[-1][pid] - memory[0][pid] for pid in kept), default=0) // 1024
    lines += [
        "",
        f"Memory of {len(kept)} processes after the first minute and in {PARTS} equal parts of the rest: {mega} MB;"
        f" the one that grew most by {most} MB.",
        f"{told['notices']} notices, {mails} mails; {settled:.0f} s after the last note nothing waited.",
    ]
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

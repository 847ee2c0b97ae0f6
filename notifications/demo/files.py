"""The few files that hang on demo tickets, small enough to be made here."""

import struct
import zlib
from pathlib import Path

VPN_LOG = """\
{time} vpnd[4121]: peer 10.20.8.17 phase 1 established (IKEv2, AES-256-GCM)
{time} vpnd[4121]: peer 10.20.8.17 dead peer detection: no answer, 1 of 3
{time} vpnd[4121]: peer 10.20.8.17 dead peer detection: no answer, 2 of 3
{time} vpnd[4121]: peer 10.20.8.17 dead peer detection: no answer, 3 of 3
{time} vpnd[4121]: peer 10.20.8.17 tunnel down, lifetime 00:09:58
""".replace("{time}", "09:02:11")

EXPORT = """\
order;customer;net;vat;status
4500081231;Acme;1290.00;258.00;posted
4500081232;Acme;74.50;14.90;posted
4500081233;Acme;-12.00;-2.40;rejected: amount below zero
4500081234;Acme;860.00;172.00;posted
"""

TRACE = """\
 1  gw-tokyo-1 (10.40.0.1)       0.6 ms   0.5 ms   0.6 ms
 2  10.40.255.9                  1.9 ms   1.8 ms   2.0 ms
 3  * * *
 4  backbone-fra (192.0.2.44)  248.1 ms 251.7 ms 249.3 ms
"""

PLAN = """\
18:00  Announce on the status page, freeze deployments
18:10  Snapshot of both nodes, note the snapshot ids in the ticket
18:30  Fail over to node B, check login and order entry
19:00  Upgrade node A, run the smoke tests
20:00  Fail back, upgrade node B
21:30  Last point for the decision to back out
22:00  Release deployments, close the announcement
"""


def picture(width: int, height: int, colour: tuple[int, int, int], band: tuple[int, int, int]) -> bytes:
    """A PNG of one colour with a band across it, as screenshots of an error message go."""
    row = b"\0" + bytes(colour) * width
    striped = b"\0" + bytes(colour) * 8 + bytes(band) * (width - 16) + bytes(colour) * 8
    raw = b"".join(striped if height // 3 < y < height // 2 else row for y in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(raw))
        + chunk(b"IEND", b"")
    )


_TEXTS = {
    "vpn-leeds.log": VPN_LOG,
    "rejected-postings.csv": EXPORT,
    "経路調査.txt": TRACE,
    "runbook.txt": PLAN,
}
_PICTURES = {
    "error-message.png": ((244, 244, 246), (196, 43, 28)),
    "エラー画面.png": ((250, 250, 250), (0, 95, 184)),
    "suspicious-mail.png": ((255, 255, 255), (255, 185, 0)),
}


def content(name: str) -> tuple[bytes, str]:
    """(bytes, content type) of the demo file called `name`."""
    if name in _PICTURES:
        return picture(320, 160, *_PICTURES[name]), "image/png"
    kind = "text/csv" if name.endswith(".csv") else "text/plain"
    return _TEXTS[name].encode(), kind


def html(name: str) -> str:
    """The demo mail called `name` as its sender's mail program made it."""
    return (Path(__file__).parent / "html" / f"{name}.html").read_text(encoding="utf-8")

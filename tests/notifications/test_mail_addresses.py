"""Where mail can go, in one spelling, and never back to the system itself (behaviour B3)."""

import pytest

from notifications import addresses
from tests.waiting import mail_server


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("uma@example.com", "uma@example.com"),
        ("  Uma@Example.COM ", "uma@example.com"),
        ("uma+tickets@example.com", "uma+tickets@example.com"),
        ("愛子@example.com", ""),
        ("aiko@例え.jp", "aiko@xn--r8jz45g.jp"),
        ("root@localhost", "root@localhost"),
        ("", ""),
        ("nobody", ""),
        ("a@b@example.com", ""),
        ("uma@example.com, mika@example.com", ""),
        ("uma@example.com\nBcc: all@example.com", ""),
        ("uma@", ""),
        ("@example.com", ""),
        ("uma@exa mple.com", ""),
        (f"{'u' * 64}@{'e' * 60}.{'e' * 60}.{'e' * 60}.{'e' * 60}.com", ""),
        ("\x00@example.com", ""),
    ],
)
def test_one_spelling_or_none(written, spelled):
    assert addresses.normalise(written) == spelled


def test_the_fixed_sender_is_the_systems_own(settings):
    settings.DEFAULT_FROM_EMAIL = "Ops I <Ops@Example.com>"
    assert addresses.normalise("ops@example.com") == ""


def test_so_is_the_mail_servers_sender(db, uma):
    mail_server(25, sender="Desk@example.org")
    own = addresses.own()
    assert addresses.normalise("desk@example.org", own) == ""
    uma.email = "desk@EXAMPLE.org"
    assert addresses.of_person(uma, own) == ""
    assert addresses.normalise("uma@example.com", own) == "uma@example.com"

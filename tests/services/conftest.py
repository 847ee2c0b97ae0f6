"""What tests of whole processes have in common."""

import pytest

from tests.e2e.mailbox import Mailbox


@pytest.fixture
def mailbox():
    """The mail server that the installation sends through."""
    with Mailbox() as box:
        yield box

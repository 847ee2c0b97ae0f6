"""What the tests of failing mail servers share: a batch of five mails, and a mail server of one's own."""

import pytest

from notifications.models import NotificationFunction
from tests.waiting import mail_server


@pytest.fixture
def five(ticket, everyone, wait):
    """Five mails, to uma first."""
    for login in ("uma", "ada", "mika", "aiko", "vera"):
        wait(everyone[login], ticket)


@pytest.fixture
def through_own_server():
    """`through_own_server(port, security=…)`: the mail server function is in use, and is that server."""

    def use(port, **fields):
        mail_server(port, **fields)
        NotificationFunction(function="mail_server", combine_on_mail_server=True).save()

    return use

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, StorageState

from tests.e2e import pages
from tests.e2e.mailbox import Mailbox
from tests.e2e.stack import Stack

# Seconds; long enough that what a test does in a few clicks falls into one window on a busy machine.
DEMO_WINDOW = 30


@pytest.fixture(scope="module")
def start_mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Mailbox]]:
    """`start_mailbox(login="", password="", tls=False)`: a running SMTP server, ended with the module."""
    with ExitStack() as ends:

        def start(login: str = "", password: str = "", tls: bool = False) -> Mailbox:
            mailbox = Mailbox(login, password, tmp_path_factory.mktemp("certificates") if tls else None)
            mailbox.start()
            ends.callback(mailbox.stop)
            return mailbox

        yield start


@pytest.fixture(scope="module")
def mailbox(start_mailbox: Callable[..., Mailbox]) -> Mailbox:
    """The SMTP server that the module's stack sends through; asks for no authentication."""
    return start_mailbox()


@pytest.fixture(scope="module")
def start_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Stack]]:
    """`start_stack(*arguments of up, OPSI_…="…")`: a running stack in a data dir of its own, ended with the module."""
    with ExitStack() as ends:

        def start(*arguments: str, data_dir: Path | None = None, **settings: str) -> Stack:
            stack = Stack(data_dir or tmp_path_factory.mktemp("data"), arguments, **settings)
            ends.callback(stack.close)
            stack.start()
            return stack

        yield start


@pytest.fixture(scope="session")
def demo_mailbox() -> Iterator[Mailbox]:
    """Where the mail of `demo_stack` goes."""
    mailbox = Mailbox()
    mailbox.start()
    yield mailbox
    mailbox.stop()


@pytest.fixture(scope="session")
def demo_stack(tmp_path_factory: pytest.TempPathFactory, demo_mailbox: Mailbox) -> Iterator[Stack]:
    """A running stack with the demo data, shared by every test that leaves settings alone and makes its own tickets."""
    window = str(DEMO_WINDOW)
    stack = Stack(tmp_path_factory.mktemp("demo"), OPSI_MAIL_URL=demo_mailbox.url, OPSI_WINDOW_SECONDS=window)
    try:
        stack.start()
        yield stack
    finally:
        stack.close()


@pytest.fixture(scope="session")
def sessions() -> dict[tuple[str, str], StorageState]:
    """What a browser keeps of a sign-in, by stack and login: hashing passwords is slow on purpose."""
    return {}


@pytest.fixture
def enter(
    open_page: Callable[..., Page], sessions: dict[tuple[str, str], StorageState]
) -> Callable[..., Page]:
    """`enter(stack, "uma", **context options)`: a window of its own in which uma is signed in, on her ticket list."""

    def enter_as(stack: Stack, login: str, **options: Any) -> Page:
        kept = sessions.get((stack.base_url, login))
        page = open_page(stack, storage_state=kept, **options)
        if kept:
            page.goto("/")
        else:
            pages.sign_in(page, login)
            sessions[stack.base_url, login] = page.context.storage_state()
        return page

    return enter_as


@pytest.fixture
def open_page(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Callable[..., Page]]:
    """`open_page(stack, **context options)`: a window of its own, signed in as nobody yet; closed with the test.

    Its page takes paths (`page.goto("/login/")`). What the browser complains of, such as a breach of the content
    security policy or an answer of 500, fails the test.
    """
    complaints: list[str] = []
    stacks: set[Stack] = set()

    def open_one(stack: Stack, **options: Any) -> Page:
        context = browser.new_context(**{**browser_context_args, "base_url": stack.base_url, **options})
        ends.callback(context.close)
        stacks.add(stack)
        context.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        context.set_default_timeout(10_000)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        return context.new_page()

    with ExitStack() as ends:
        yield open_one
    # A status of 4xx is also written to the console, but is the test's to judge.
    complaints = [text for text in complaints if not re.search("responded with a status of 4|Code 4", text)]
    assert not complaints, "\n".join([*complaints, *(stack.output[-5_000:] for stack in stacks)])


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "en-GB", "timezone_id": "UTC"}

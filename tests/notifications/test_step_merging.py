"""Dispatch step 4 as a table: what survives merges into one notice per person and ticket (domain §5, B8).

More of it, with several events and several tickets in one act, stands in test_merging.py.
"""

import pytest

from notifications.models import Candidate, Definition, MailItem, Notice, Preference
from tests.notifications.conftest import make_definition
from watchers.models import Watcher

APP, MAIL, BOTH = {"in_app": True}, {"email": True}, {"in_app": True, "email": True}


def of(severity, channels, *recipients, off=()):
    """A definition, and the channels in which its reader has turned it off."""
    return {"severity": severity, "channels": channels, "recipients": list(recipients or ["owner"])}, off


@pytest.mark.parametrize(
    ("first", "second", "channels", "severity", "in_app", "by_mail", "reasons"),
    [
        pytest.param(
            of("information", APP), of("information", MAIL),
            ["in_app", "email"], 1, "First", "Second", ["owner"],
            id="channels unite, each with the text of its own definition",
        ),
        pytest.param(
            of("warning", BOTH), of("critical", BOTH),
            ["in_app", "email"], 3, "Second", "Second", ["owner"],
            id="the highest severity counts and speaks",
        ),
        pytest.param(
            of("warning", BOTH), of("warning", BOTH),
            ["in_app", "email"], 2, "First", "First", ["owner"],
            id="of equals the one with the lowest id speaks",
        ),
        pytest.param(
            of("critical", APP), of("information", BOTH),
            ["in_app", "email"], 3, "First", "Second", ["owner"],
            id="by mail the most important that goes by mail speaks",
        ),
        pytest.param(
            of("information", BOTH, "owner"), of("warning", BOTH, "watchers", "write_agents"),
            ["in_app", "email"], 2, "Second", "Second", ["owner", "watchers", "write_agents"],
            id="all reasons are kept",
        ),
        pytest.param(
            of("critical", BOTH, off=["in_app", "email"]), of("information", BOTH),
            ["in_app", "email"], 1, "Second", "Second", ["owner"],
            id="what is turned off gives neither severity nor text",
        ),
        pytest.param(
            of("critical", BOTH, off=["email"]), of("information", BOTH),
            ["in_app", "email"], 3, "First", "Second", ["owner"],
            id="what is turned off by mail still speaks in the app",
        ),
        pytest.param(
            of("information", BOTH, off=["email"]), of("information", MAIL, off=["email"]),
            ["in_app"], 1, "First", None, ["owner"],
            id="without mail there is no mail item",
        ),
        pytest.param(
            of("critical", BOTH, "responsible"), of("information", MAIL),
            ["email"], 1, "Second", "Second", ["owner"],
            id="what is for somebody else does not count",
        ),
    ],
)  # fmt: skip
def test_two_definitions_become_one_notice(
    first, second, channels, severity, in_app, by_mail, reasons, ticket, uma, mika, dispatch, forget
):
    Definition.objects.update(validity="invalid")
    Watcher.objects.watch(ticket, uma, by=uma)
    for name, (fields, off) in (("First", first), ("Second", second)):
        definition = make_definition(name=name, **fields)
        for channel in off:
            Preference.objects.create(person=uma, definition=definition, channel=channel, enabled=False)
    forget()
    ticket.note("Looked at it.", by=mika)
    dispatch()
    [notice] = Notice.objects.filter(person=uma)
    assert (notice.channels, notice.severity, notice.reasons) == (channels, severity, reasons)
    assert notice.definition_version.definition.name == in_app
    items = MailItem.objects.filter(notice=notice)
    assert [item.definition_version.definition.name for item in items] == ([by_mail] if by_mail else [])
    assert not Candidate.objects.filter(person=uma, drop="").exclude(notice=notice).exists()

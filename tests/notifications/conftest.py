"""What the tests of the notification engine share: dispatching what waits, and looking at who was told."""

import pytest

from notifications.dispatch import dispatch_operation
from notifications.models import Candidate, Definition, Mail, Notice, Outbox


@pytest.fixture
def dispatch(db):
    """`dispatch()`: everything that waits, the oldest first, as the sweep would."""

    def dispatch_waiting():
        for operation in (
            Outbox.objects.filter(state="waiting").order_by("created_at").values_list("pk", flat=True)
        ):
            dispatch_operation(operation)

    return dispatch_waiting


@pytest.fixture
def forget(dispatch):
    """`forget()`: what happened so far is dispatched, and who was told of it taken away again."""

    def forget_all():
        dispatch()
        Candidate.objects.all().delete()
        Notice.objects.all().delete()
        Mail.objects.all().delete()

    return forget_all


@pytest.fixture
def only(db):
    """`only(name=…, events=[…], …)`: the one definition there is, told through both channels unless it says so."""

    def define(name="Test", **fields):
        Definition.objects.update(validity="invalid")
        return make_definition(name=name, **fields)

    return define


def make_definition(
    name="Test",
    *,
    subject="{{ticket.number}}",
    body="{{event.change}}",
    language="en",
    users=(),
    groups=(),
    **fields,
):
    both = {"in_app": True, "email": True}
    fields = {"events": ["ArticleCreate"], "recipients": ["owner"], "channels": both} | fields
    definition = Definition.objects.create(name=name, **fields)
    definition.named_users.set(users)
    definition.named_groups.set(groups)
    definition.texts.create(language=language, subject=subject, body=body)
    definition.publish()
    return definition


@pytest.fixture
def define(db):
    return make_definition


def told(channel=None):
    """{login or address: number of notices}, of those through `channel` where one is named."""
    found = {}
    for notice in Notice.objects.select_related("person"):
        if channel is None or channel in notice.channels:
            who = notice.person.username if notice.person else notice.address
            found[who] = found.get(who, 0) + 1
    return found


def drops(channel=None):
    """{login or address: the set of reasons why not}."""
    found = {}
    for candidate in Candidate.objects.exclude(drop="").select_related("person"):
        if channel in (None, candidate.channel):
            who = candidate.person.username if candidate.person else candidate.address
            found.setdefault(who, set()).add(candidate.drop)
    return found

"""`manage.py rotate_secrets`: a new OPSI_SECRET_KEY without losing what was saved under the old (docs/security.md)."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import models

from notifications.models import MailServer
from opsi import secrets
from opsi.secrets import EncryptedField
from tests.waiting import mail_server

pytestmark = pytest.mark.django_db
SECRET = "Tr0ub4dor&3"


@pytest.fixture
def server():
    return mail_server(587, account="desk", secret=SECRET)


@pytest.fixture
def new_key(settings):
    def change(keep_old=True):
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY] if keep_old else []
        settings.SECRET_KEY = "the-new-key"

    return change


def rotate(**options) -> str:
    said = StringIO()
    call_command("rotate_secrets", stdout=said, stderr=said, **options)
    return said.getvalue()


def token() -> str:
    return MailServer.objects.get().secret_encrypted


def test_afterwards_the_old_key_is_not_needed(server, new_key, settings):
    new_key()
    assert "1 encrypted anew, 0 with the current key already, 0 unreadable." in rotate()
    settings.SECRET_KEY_FALLBACKS = []
    assert MailServer.load().secret == SECRET


def test_twice_is_once(server, new_key):
    new_key()
    rotate()
    before = token()
    assert "0 encrypted anew, 1 with the current key already" in rotate()
    assert token() == before


def test_a_dry_run_changes_nothing(server, new_key):
    new_key()
    before = token()
    assert "1 would be encrypted anew" in rotate(dry_run=True)
    assert token() == before


def test_what_no_key_reads_is_named_and_kept(server, new_key):
    new_key(keep_old=False)
    before = token()
    said = StringIO()
    with pytest.raises(CommandError, match="OPSI_SECRET_KEY_FALLBACKS"):
        call_command("rotate_secrets", stdout=said, stderr=said)
    assert "notifications.MailServer 1 secret_encrypted: unreadable" in said.getvalue()
    assert "1 unreadable" in said.getvalue()
    assert token() == before


def test_nothing_stored_is_nothing_to_do(db):
    assert rotate().startswith("0 encrypted anew, 0 with")


def test_a_secret_entered_meanwhile_wins(server, new_key):
    new_key()
    rows = secrets.rotate()
    stale = MailServer.objects.get()
    server.secret = "entered anew"
    server.save()
    field = MailServer._meta.get_field("secret_encrypted")
    assert secrets._rotate_one(stale, field, dry_run=False) == secrets.CHANGED
    assert [one.outcome for one in rows] == [secrets.CURRENT]
    assert MailServer.load().secret == "entered anew"


def test_what_was_tested_stays_tested(server, new_key):
    MailServer.objects.update(tested_settings=server.fingerprint)
    new_key()
    rotate()
    assert MailServer.load().is_tested


def test_what_was_not_tested_is_not_tested_by_it(server, new_key):
    new_key()
    rotate()
    assert not MailServer.load().is_tested


def test_the_secret_is_not_printed(server, new_key):
    new_key()
    assert SECRET not in rotate()


def test_every_column_that_looks_like_a_secret_is_encrypted():
    """A new one is found by its kind; this finds one that forgot to be of it."""
    from django.apps import apps

    ours = [model for model in apps.get_models() if model.__module__.split(".")[0] in OURS]
    named = {
        f"{model._meta.label}.{field.name}"
        for model in ours
        for field in model._meta.local_concrete_fields
        if isinstance(field, models.TextField | models.CharField)
        and any(word in field.name for word in ("secret", "token", "password"))
        and not isinstance(field, EncryptedField)
    }
    assert named <= {"opsi.User.password"}  # a hash
    assert (MailServer, MailServer._meta.get_field("secret_encrypted")) in list(secrets.encrypted_fields())


OURS = {"opsi", "tickets", "watchers", "notifications"}

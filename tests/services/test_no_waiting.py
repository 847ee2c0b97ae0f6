"""Workers who take work at the same moment: what one is taking, the other passes over instead of waiting for it."""

import datetime
import threading
import uuid

import pytest
from django.db import connection, transaction
from django.utils import timezone

from notifications.models import Mail, Outbox

pytestmark = pytest.mark.django_db(transaction=True)


def meanwhile(act):
    """What `act` comes to in a connection of its own, which gives up after a second where it has to wait."""
    found = []

    def run():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '1s'")
            found.append(act())
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=run)
    other.start()
    other.join()
    [result] = found
    if isinstance(result, Exception):
        raise result
    return result


def test_two_senders_take_different_mails(db):
    long_ago = timezone.now() - datetime.timedelta(minutes=1)
    Mail.objects.bulk_create(
        Mail(address=f"{number}@example.com", state="open", closes_at=long_ago) for number in range(4)
    )
    with transaction.atomic():
        first = Mail.objects.claim("first", 2)
        second = meanwhile(lambda: Mail.objects.claim("second", 3))
    assert [mail.address for mail in first] == ["0@example.com", "1@example.com"]
    assert [mail.address for mail in second] == ["2@example.com", "3@example.com"]


def test_two_dispatchers_take_different_operations(db):
    now = timezone.now()
    older, newer = (
        Outbox.objects.create(operation=uuid.uuid4(), created_at=now - datetime.timedelta(minutes=minutes))
        for minutes in (2, 1)
    )
    with transaction.atomic():
        assert Outbox.objects.claim_next("first", timezone.now()) == older.pk
        assert meanwhile(lambda: Outbox.objects.claim_next("second", timezone.now())) == newer.pk
        assert meanwhile(lambda: Outbox.objects.claim_next("third", timezone.now())) is None


def test_a_window_that_somebody_joins_is_passed_over_and_flushed_next_time(db):
    window = Mail.objects.create(
        address="uma@example.com", state="open", closes_at=timezone.now() - datetime.timedelta(minutes=1)
    )
    with transaction.atomic():
        Mail.objects.select_for_update(no_key=True).get(pk=window.pk)
        assert meanwhile(lambda: Mail.objects.claim("sender", 50)) == []
    assert Mail.objects.claim("sender", 50) == [window]

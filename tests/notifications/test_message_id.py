"""A mail's name is made of what it tells whom, so that it stays the same should a backup bring the mail back."""

import pytest

from notifications.compose import compose
from notifications.models import Mail, MailItem, NotificationFunction
from notifications.recheck import recheck
from tests.waiting import START


@pytest.fixture
def name_of():
    def compose_anew(mail):
        parts = recheck([mail], NotificationFunction.load(), START)[mail.pk]
        mail.message_id = ""
        return compose(mail, parts, "ops@example.org").mail.message_id

    return compose_anew


def test_the_same_news_for_the_same_address_has_the_same_name(clock, wait, uma, ticket, name_of):
    first = wait(uma, ticket).mail
    name = name_of(first)
    # As a restored backup has it: another mail with another id, and the same items.
    again = Mail.objects.create(address=first.address, state="due", opened_at=START, closes_at=START)
    MailItem.objects.update(mail=again)
    assert again.pk != first.pk
    assert name_of(again) == name


def test_one_item_more_makes_another_name(clock, wait, uma, ticket, mika, name_of):
    """Guard: all items are in it. By the first alone, a mail program would hide the other as known already."""
    name = name_of(wait(uma, ticket).mail)
    ticket.note("Another one", by=mika)
    mail = wait(uma, ticket).mail
    assert mail.items.count() == 2
    assert name_of(mail) != name


def test_another_address_makes_another_name(clock, wait, uma, ticket, name_of):
    mail = wait(uma, ticket).mail
    name = name_of(mail)
    uma.email = mail.address = "uma@example.org"
    uma.save()
    mail.save()
    assert name_of(mail) != name


def test_the_reader_is_in_it(clock, wait, uma, mika, ticket, name_of):
    """Two people behind one address are told in sections of their own."""
    mika.email = uma.email
    mika.save()
    ones = wait(uma, ticket).mail
    name = name_of(ones)
    MailItem.objects.all().delete()
    assert wait(mika, ticket).mail == ones
    assert name_of(ones) != name

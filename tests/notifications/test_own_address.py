"""Notifications to another address than the account's, once it is confirmed from there (domain §4)."""

import re

import pytest
from django.core import signing

from notifications import addresses
from notifications.mailing import send_due
from notifications.models import MailItem, PersonalSettings
from opsi.models import User
from tests.notifications.conftest import told
from tests.waiting import mail_server, minutes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

URL = "/preferences/notifications/address/"


@pytest.fixture
def ask(signed_in, mail_host):
    """`ask(uma, "x@example.net")`: the link in the mail that went there."""

    def send(person, address):
        answer = signed_in(person).post(URL, {"address": address})
        assert answer.status_code == 303, answer.content.decode()
        mail = mail_host.mails[-1]
        assert mail["To"] == address
        return re.search(r"http://testserver(\S+)", mail.get_content())[1]

    return send


@pytest.fixture
def confirmed(ask, uma, signed_in):
    signed_in(uma).post(ask(uma, "uma.private@example.net"))
    uma.refresh_from_db()
    return uma


def of(person):
    return addresses.of_person(User.objects.get(pk=person.pk))


def test_until_it_is_confirmed_the_accounts_is_used(uma, ask):
    ask(uma, "uma.private@example.net")
    assert of(uma) == "uma@example.com"


def test_a_get_of_the_link_changes_nothing(uma, ask, signed_in):
    link = ask(uma, "uma.private@example.net")
    page = signed_in(uma).get(link)
    assert page.status_code == 200
    assert "uma.private@example.net" in page.content.decode()
    assert of(uma) == "uma@example.com"


def test_confirmed_it_is_used(confirmed):
    assert of(confirmed) == "uma.private@example.net"


def test_the_link_is_good_once(uma, ask, signed_in):
    link, client = ask(uma, "uma.private@example.net"), signed_in(uma)
    assert client.post(link).status_code == 303
    assert client.post(link).status_code == 404


def test_it_is_good_for_24_hours(uma, ask, signed_in, clock):
    link = ask(uma, "uma.private@example.net")
    clock.shift(minutes(24 * 60 + 1))
    for answer in (signed_in(uma).get(link), signed_in(uma).post(link)):
        assert answer.status_code == 404
        assert "This link is no longer good" in answer.content.decode()
    assert of(uma) == "uma@example.com"


def test_only_who_asked_confirms(uma, mika, ask, signed_in, client):
    link = ask(uma, "uma.private@example.net")
    assert signed_in(mika).post(link).status_code == 404
    assert client.post(link)["Location"].startswith("/login/")
    assert (of(uma), of(mika)) == ("uma@example.com", "mika@example.com")


def test_a_token_for_anything_else_confirms_nothing(uma, ask, signed_in):
    ask(uma, "uma.private@example.net")
    said = [uma.pk, "uma.private@example.net"]
    for salt in ("notifications.unsubscribe", "django.core.signing"):
        token = signing.dumps(said, salt=salt)
        assert signed_in(uma).post(f"{URL}{token}/").status_code == 404
    assert of(uma) == "uma@example.com"


def test_a_token_for_one_address_is_none_for_another(uma, ask, signed_in):
    link = ask(uma, "uma.private@example.net")
    payload, _colon, signature = link.removeprefix(URL).rstrip("/").partition(":")
    other = signing.dumps([uma.pk, "evil@example.net"], salt="x").partition(":")[0]
    assert other != payload
    assert signed_in(uma).post(f"{URL}{other}:{signature}/").status_code == 404
    assert of(uma) == "uma@example.com"


def test_a_newer_wish_ends_the_older_link(uma, ask, signed_in, clock):
    older = ask(uma, "first@example.net")
    clock.shift(minutes(2))
    ask(uma, "second@example.net")
    assert signed_in(uma).post(older).status_code == 404


def test_a_confirmed_one_stays_until_the_next_is_confirmed(confirmed, ask, signed_in, clock):
    clock.shift(minutes(2))
    link = ask(confirmed, "second@example.net")
    assert of(confirmed) == "uma.private@example.net"
    signed_in(confirmed).post(link)
    assert of(confirmed) == "second@example.net"


@pytest.mark.parametrize("how", ["DELETE", "form"])
def test_back_to_the_accounts(confirmed, signed_in, how):
    client = signed_in(confirmed)
    answer = client.delete(URL) if how == "DELETE" else client.post(URL, {"_method": "delete"})
    assert answer.status_code == 303
    assert of(confirmed) == "uma@example.com"


@pytest.mark.parametrize(
    "address",
    ["", "x", "a b@example.com", "ops-i@localhost", "OPS-I@localhost", "desk@example.org", "UMA@example.com",
     "x@example.net\r\nBcc: all@example.com", "a" * 250 + "@example.com"],
)  # fmt: skip
def test_a_wrong_one_is_refused_beside_its_field(uma, signed_in, mail_host, smtp_server, address):
    mail_server(25)
    page = signed_in(uma).post(URL, {"address": address})
    assert page.status_code == 422
    assert page.context["address_form"].errors["address"]
    assert mail_host.mails == []
    assert not PersonalSettings.objects.exclude(asked_address="").exists()


def test_one_mail_a_minute(uma, ask, signed_in, mail_host, clock):
    ask(uma, "first@example.net")
    page = signed_in(uma).post(URL, {"address": "second@example.net"})
    assert page.status_code == 422
    assert "Wait a minute" in page.content.decode()
    assert len(mail_host.mails) == 1
    clock.shift(minutes(1))
    ask(uma, "second@example.net")


def test_nor_more_by_taking_the_wish_back_in_between(uma, ask, signed_in, mail_host):
    """Else anybody's mailbox could be filled from here."""
    ask(uma, "first@example.net")
    signed_in(uma).delete(URL)
    answer = signed_in(uma).post(URL, {"address": "second@example.net"})
    assert answer.status_code == 422
    assert [mail["To"] for mail in mail_host.mails] == ["first@example.net"]


def test_where_no_mail_goes_out_nothing_is_kept(uma, signed_in, mail_host):
    mail_host.answers["typo@example.net"] = "550 No such user"
    page = signed_in(uma).post(URL, {"address": "typo@example.net"})
    assert page.status_code == 422
    assert "could not be sent" in page.content.decode()
    assert not PersonalSettings.objects.exclude(asked_address="").exists()


def test_what_waits_follows_it(ticket, uma, ask, wait, signed_in, after_window, mail_host):
    wait(uma, ticket)
    signed_in(uma).post(ask(uma, "uma.private@example.net"))
    mail_host.mails.clear()
    after_window()
    send_due()
    assert [mail["To"] for mail in mail_host.mails] == ["uma.private@example.net"]


def test_dispatch_mails_there(ticket, confirmed, mika, only, forget, dispatch):
    only()
    forget()
    ticket.note("Anything.", by=mika)
    dispatch()
    assert MailItem.objects.get().mail.address == "uma.private@example.net"


@pytest.mark.parametrize("address", ["uma@example.com", "uma.private@example.net"])
def test_as_an_extra_address_both_are_the_persons_own(
    ticket, confirmed, mika, only, forget, dispatch, address
):
    only(recipients=[], extra_addresses=address)
    forget()
    ticket.note("Between us.", by=mika)
    dispatch()
    assert told() == {"uma": 1}
    assert MailItem.objects.get().mail.address == "uma.private@example.net"


def test_one_not_confirmed_is_nobodys(ticket, uma, mika, ask, only, forget, dispatch):
    ask(uma, "supplier@example.net")
    only(recipients=[], extra_addresses="supplier@example.net")
    forget()
    ticket.reply("Dear all.", by=mika)
    dispatch()
    assert told() == {"supplier@example.net": 1}


def test_the_preferences_show_where_mail_goes(confirmed, signed_in, mika):
    shown = signed_in(confirmed).get("/preferences/notifications/").content.decode()
    assert "Your notifications go to uma.private@example.net." in shown
    others = signed_in(mika).get("/preferences/notifications/").content.decode()
    assert "mika@example.com, the address of your account" in others
    assert signed_in(mika).get(URL).status_code == 200


def test_admins_see_it_on_the_person_and_cannot_change_it(confirmed, ada, ask, signed_in, clock):
    page = f"/admin/opsi/user/{confirmed.pk}/change/"
    assert "uma.private@example.net" in signed_in(ada).get(page).content.decode()
    clock.shift(minutes(2))
    ask(confirmed, "second@example.net")
    shown = signed_in(ada).get(page).content.decode()
    assert "uma.private@example.net (second@example.net waits to be confirmed)" in shown
    assert 'value="uma.private@example.net"' not in shown
    assert signed_in(ada).get("/admin/opsi/user/add/").status_code == 200

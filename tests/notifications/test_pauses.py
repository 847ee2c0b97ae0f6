"""Addresses that nothing is mailed to for now: what holds back, what their people see, and how it ends (domain §7)."""

import pytest

from notifications.choices import ItemState, MailState
from notifications.models import AddressPause
from opsi.models import User
from tests.notifications.conftest import drops, told
from tests.waiting import minutes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

PAUSE = "/preferences/notifications/pause/"
TEST = "/preferences/notifications/pause/test/"
PAGES = ["/inbox/", "/preferences/notifications/"]


@pytest.fixture
def paused(uma):
    AddressPause.objects.pause("uma@example.com", "bounced", "550 5.1.1 No such user")
    return AddressPause.objects.get()


def resume(client):
    return client.post(PAUSE, {"_method": "delete"})


class TestWhatItHoldsBack:
    def test_dispatch_goes_on_in_the_app_alone(self, ticket, paused, mika, only, forget, dispatch):
        only()
        forget()
        ticket.note("Anything.", by=mika)
        dispatch()
        assert (told("in_app"), told("email")) == ({"uma": 1}, {})
        assert drops() == {"uma": {"mail_paused"}}

    def test_however_the_account_spells_it(self, ticket, paused, uma, mika, only, forget, dispatch):
        User.objects.filter(pk=uma.pk).update(email="Uma@Example.com")
        only()
        forget()
        ticket.note("Anything.", by=mika)
        dispatch()
        assert told("email") == {}

    def test_an_extra_address_too(self, ticket, mika, only, forget, dispatch):
        AddressPause.objects.pause("supplier@example.net", "complained")
        only(extra_addresses="supplier@example.net other@example.net", recipients=[])
        forget()
        ticket.reply("Dear all.", by=mika)
        dispatch()
        assert told() == {"other@example.net": 1}
        assert drops() == {"supplier@example.net": {"mail_paused"}}

    def test_what_waits_is_withdrawn(self, ticket, uma, wait, after_window, mail_host):
        item = wait(uma, ticket)
        AddressPause.objects.pause("uma@example.com", "bounced")
        assert after_window() == 0
        item.refresh_from_db()
        assert (item.state, item.withdrawal) == (ItemState.WITHDRAWN, "mail_paused")
        assert item.mail.state == MailState.WITHDRAWN
        assert mail_host.mails == []

    def test_pausing_again_keeps_since_when(self, paused, clock):
        clock.shift(minutes(60))
        AddressPause.objects.pause("uma@example.com", "complained", "spam")
        again = AddressPause.objects.get()
        assert (again.since, again.reason, again.words) == (paused.since, "complained", "spam")


class TestTheBanner:
    @pytest.mark.parametrize("page", PAGES)
    def test_it_says_since_when_and_why_and_offers_the_way_out(self, paused, uma, signed_in, page):
        text = signed_in(uma).get(page).content.decode()
        assert "Nothing is mailed to uma@example.com since" in text
        assert "because mail to it came back" in text
        assert "Send a test mail" in text
        assert "Resume" in text

    @pytest.mark.parametrize("page", PAGES)
    def test_others_have_none(self, paused, mika, signed_in, page):
        assert "Nothing is mailed to" not in signed_in(mika).get(page).content.decode()

    def test_the_servers_words_are_for_admins(self, paused, uma, signed_in):
        assert "No such user" not in signed_in(uma).get("/inbox/").content.decode()


class TestResuming:
    def test_mail_goes_on(self, paused, uma, ticket, signed_in, wait, after_window, mail_host):
        assert resume(signed_in(uma)).status_code == 303
        assert not AddressPause.objects.exists()
        wait(uma, ticket)
        assert after_window() == 1

    def test_it_ends_only_ones_own(self, paused, mika, signed_in):
        assert resume(signed_in(mika)).status_code == 303
        assert AddressPause.objects.filter(address="uma@example.com").exists()

    def test_nothing_else_is_taken(self, paused, uma, signed_in):
        client = signed_in(uma)
        assert client.get(PAUSE).status_code == 405
        assert client.post(PAUSE).status_code == 405
        assert AddressPause.objects.exists()

    def test_twice_is_once(self, paused, uma, signed_in):
        client = signed_in(uma)
        assert client.delete(PAUSE).status_code == client.delete(PAUSE).status_code == 303

    @pytest.mark.parametrize("path", [PAUSE, TEST])
    def test_it_asks_to_sign_in(self, paused, client, path):
        assert client.post(path, {"_method": "delete"})["Location"].startswith("/login/")
        assert AddressPause.objects.exists()


class TestTestMail:
    def test_it_goes_to_the_paused_address(self, paused, uma, signed_in, mail_host):
        assert signed_in(uma).post(TEST).status_code == 303
        [mail] = mail_host.mails
        assert (mail["To"], mail["Subject"]) == ("uma@example.com", "Test mail to you")
        assert mail["Auto-Submitted"] == "auto-generated"
        assert "This mail reaches you." in mail.get_content()
        assert AddressPause.objects.exists()

    def test_one_a_minute(self, paused, uma, signed_in, mail_host, clock):
        client = signed_in(uma)
        client.post(TEST)
        clock.shift(minutes(0.9))
        page = client.post(TEST, follow=True)
        assert "Wait a minute" in page.content.decode()
        assert len(mail_host.mails) == 1
        clock.shift(minutes(0.2))
        client.post(TEST)
        assert len(mail_host.mails) == 2

    def test_of_a_failure_people_hear_that_and_admins_why(self, paused, uma, ada, signed_in, mail_host):
        mail_host.answers = dict.fromkeys(("uma@example.com", "ada@example.com"), "550 Rejected by policy")
        page = signed_in(uma).post(TEST, follow=True).content.decode()
        assert "The test mail could not be sent." in page
        assert "Rejected by policy" not in page
        AddressPause.objects.pause("ada@example.com", "bounced")
        assert "Rejected by policy" in signed_in(ada).post(TEST, follow=True).content.decode()

    def test_without_a_pause_there_is_none(self, mika, signed_in, mail_host):
        assert signed_in(mika).post(TEST).status_code == 404
        assert mail_host.mails == []

    def test_a_get_is_refused(self, paused, uma, signed_in):
        assert signed_in(uma).get(TEST).status_code == 405


class TestTheAdminsList:
    LIST = "/admin/notifications/addresspause/"

    def test_it_shows_them_with_the_servers_words(self, paused, ada, signed_in):
        text = signed_in(ada).get(self.LIST).content.decode()
        for said in ("uma@example.com", "mail to it came back", "550 5.1.1 No such user"):
            assert said in text
        assert signed_in(ada).get(f"{self.LIST}{paused.pk}/change/").status_code == 200

    def test_one_can_be_ended(self, paused, ada, signed_in):
        signed_in(ada).post(f"{self.LIST}{paused.pk}/delete/", {"post": "yes"})
        assert not AddressPause.objects.exists()

    def test_one_can_be_begun(self, ada, signed_in):
        signed_in(ada).post(f"{self.LIST}add/", {"address": " Cora@Example.com "})
        made = AddressPause.objects.get()
        assert (made.address, made.reason) == ("cora@example.com", "admin")

    @pytest.mark.parametrize("address", ["", "x", "ops-i@localhost", "uma@example.com"])
    def test_a_wrong_or_known_one_is_refused_beside_its_field(self, paused, ada, signed_in, address):
        page = signed_in(ada).post(f"{self.LIST}add/", {"address": address})
        assert page.status_code == 200
        assert page.context["errors"]
        assert AddressPause.objects.count() == 1

    @pytest.mark.parametrize("login", ["mika", "uma", "carl"])
    def test_nobody_else_gets_there(self, everyone, signed_in, login):
        assert signed_in(everyone[login]).get(self.LIST).status_code != 200

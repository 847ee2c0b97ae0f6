"""`/unsubscribe/<token>/`: muting a ticket from a mail, with one POST and without signing in (RFC 8058, domain §7)."""

import re

import pytest
from django.core import signing
from django.test import Client

from notifications import unsubscribing
from notifications.models import Mute
from opsi.models import User
from tests.waiting import html_of, minutes, text_of
from watchers.models import Watcher

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def anybody():
    """No session, and a browser that would ask for a form's token."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def url(ticket, uma):
    return unsubscribing.path_for(uma.pk, ticket.pk)


@pytest.fixture
def mailed(after_window, mail_host):
    """`mailed()`: the one mail that leaves at the window's end."""

    def get():
        after_window()
        [mail] = mail_host.mails
        return mail

    return get


class TestTheHeader:
    def test_its_address_is_whole_and_mutes(self, ticket, uma, wait, mailed, anybody):
        wait(uma, ticket)
        mail = mailed()
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        found = re.fullmatch(r"<http://testserver(/unsubscribe/[\x21-\x7e]+/)>", mail["List-Unsubscribe"])
        assert anybody.post(found[1], ONE_CLICK).status_code == 200
        assert Mute.objects.filter(person=uma, ticket=ticket).exists()

    def test_on_the_wire_it_is_one_line_that_mail_programs_read(
        self, ticket, uma, wait, settings, mailed, mail_host
    ):
        settings.OPSI_BASE_URL = "https://tickets.a-name-of-some-length.example.com"
        wait(uma, ticket)
        mailed()
        head = mail_host.raw[0].partition(b"\r\n\r\n")[0].decode()
        assert re.search(r"^List-Unsubscribe: <https://tickets\.a-name\S+/>\r$", head, re.MULTILINE)

    def test_several_notifications_of_one_ticket_have_it(self, ticket, uma, wait, mailed):
        wait(uma, ticket)
        wait(uma, ticket)
        assert mailed()["List-Unsubscribe"]

    def test_several_tickets_have_none(self, ticket, make_ticket, uma, wait, mailed):
        wait(uma, ticket)
        wait(uma, make_ticket())
        assert mailed()["List-Unsubscribe"] is None

    def test_several_people_behind_one_address_have_none(self, ticket, uma, aiko, wait, mailed):
        User.objects.update(email="shared@example.com")
        for person in (uma, aiko):
            person.refresh_from_db()
            wait(person, ticket)
        assert mailed()["List-Unsubscribe"] is None

    def test_an_extra_address_has_none(self, ticket, wait, mailed):
        wait("supplier@example.net", ticket)
        mail = mailed()
        assert mail["List-Unsubscribe"] is mail["List-Unsubscribe-Post"] is None


class TestTheLinks:
    def test_the_owner_may_mute(self, ticket, uma, wait, mailed):
        wait(uma, ticket)
        mail = mailed()
        assert "Mute this ticket: http://testserver/unsubscribe/…/" in text_of(mail)
        assert "Stop watching" not in text_of(mail) + html_of(mail)

    def test_a_watcher_may_stop_watching_on_the_page(self, ticket, vera, mika, wait, mailed):
        Watcher.objects.watch(ticket, vera, by=mika)
        wait(vera, ticket, event=ticket.events.first(), reasons=["watchers"])
        mail = mailed()
        page = f"http://testserver/tickets/{ticket.number}/#watch-actions"
        assert f"Stop watching: {page}" in text_of(mail)
        assert f'href="{page}"' in html_of(mail)


class TestThePage:
    def test_a_get_shows_the_choices_and_changes_nothing(self, anybody, url, ticket):
        """Guard: views.unsubscribe mutes on POST alone."""
        page = anybody.get(url)
        assert page.status_code == 200
        assert anybody.head(url).status_code == 200
        text = page.content.decode()
        assert f'action="{url}" method="post"' in text
        assert "/preferences/notifications/" in text
        assert ticket.get_absolute_url() in text
        assert not Mute.objects.exists()

    def test_it_tells_the_number_and_no_more(self, anybody, url, ticket):
        text = anybody.get(url).content.decode()
        assert ticket.number in text
        assert ticket.title not in text
        assert "uma" not in text.lower()

    def test_its_button_mutes(self, anybody, url, uma, ticket):
        page = anybody.post(url)
        assert page.status_code == 200
        assert "You muted this ticket." in page.content.decode()
        assert list(Mute.objects.values_list("person", "ticket")) == [(uma.pk, ticket.pk)]

    def test_it_speaks_the_readers_language(self, anybody, ticket, aiko):
        page = anybody.get(unsubscribing.path_for(aiko.pk, ticket.pk)).content.decode()
        assert '<html lang="ja"' in page

    def test_twice_is_once(self, anybody, url):
        for _time in range(3):
            assert anybody.post(url, ONE_CLICK).status_code == 200
        assert Mute.objects.count() == 1

    def test_whoever_is_signed_in_it_mutes_for_whom_the_mail_was(self, url, uma, mika, signed_in):
        signed_in(mika).post(url, ONE_CLICK)
        assert Mute.objects.get().person == uma

    def test_what_was_muted_is_said_and_taken_back_without_signing_in(self, anybody, url, ticket):
        anybody.post(url)
        assert "This ticket is muted already" in anybody.get(url).text
        page = anybody.post(url, {"_method": "delete"})
        assert "You are told of this ticket again." in page.text
        assert not Mute.objects.exists()
        assert anybody.delete(url).status_code == 200
        assert "You are told of this ticket again." not in anybody.delete(url).text

    def test_who_is_signed_in_as_somebody_else_is_told_so_and_no_name(self, url, uma, mika, signed_in):
        assert "came in a mail to somebody else" not in signed_in(uma).get(url).text
        page = signed_in(mika).get(url).text
        assert "came in a mail to somebody else" in page
        assert uma.full_name not in page

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_other_methods_are_refused(self, anybody, url, method):
        assert getattr(anybody, method)(url).status_code == 405


class TestTokens:
    def test_one_is_good_for_180_days(self, anybody, url, clock):
        clock.shift(minutes(180 * 24 * 60 - 1))
        assert anybody.post(url).status_code == 200

    def test_then_it_is_gone_and_says_so(self, anybody, url, clock):
        clock.shift(minutes(180 * 24 * 60 + 1))
        for answer in (anybody.get(url), anybody.post(url, ONE_CLICK)):
            assert answer.status_code == 410
            assert "This link is too old" in answer.content.decode()
        assert not Mute.objects.exists()

    def test_it_says_so_in_its_readers_language(self, anybody, ticket, aiko, clock):
        late = unsubscribing.path_for(aiko.pk, ticket.pk)
        clock.shift(minutes(180 * 24 * 60 + 1))
        page = anybody.get(late)
        assert (page.status_code, '<html lang="ja"' in page.text) == (410, True)

    @pytest.mark.parametrize("token", ["x", "1-1", "1-1:abc:def", "%00", "1-2-3", "::", "ü"])
    def test_forged_ones_are_not_found(self, anybody, ticket, uma, token):
        assert anybody.get(f"/unsubscribe/{token}/").status_code == 404
        assert anybody.post(f"/unsubscribe/{token}/").status_code == 404
        assert not Mute.objects.exists()

    def test_one_for_another_ticket_cannot_be_made_of_it(self, anybody, url, ticket, make_ticket, uma):
        other = make_ticket()
        forged = url.replace(f"{uma.pk}-{ticket.pk}", f"{uma.pk}-{other.pk}")
        assert forged != url
        assert anybody.post(forged).status_code == 404

    def test_nor_one_for_another_person(self, anybody, url, ticket, uma, mika):
        forged = url.replace(f"{uma.pk}-{ticket.pk}", f"{mika.pk}-{ticket.pk}")
        assert forged != url
        assert anybody.post(forged).status_code == 404
        assert not Mute.objects.exists()

    def test_nor_one_of_a_token_for_anything_else(self, anybody, ticket, uma):
        said = f"{uma.pk}-{ticket.pk}"
        for salt in ("notifications.own_address", "django.core.signing", "opsi"):
            for signer in (signing.TimestampSigner(salt=salt), signing.Signer(salt=salt)):
                assert anybody.post(f"/unsubscribe/{signer.sign(said)}/").status_code == 404
            assert anybody.post(f"/unsubscribe/{signing.dumps(said, salt=salt)}/").status_code == 404
        assert not Mute.objects.exists()

    def test_a_former_key_keeps_it_good_while_it_is_a_fallback(self, anybody, url, settings):
        former, settings.SECRET_KEY = settings.SECRET_KEY, "the-new-key"
        assert anybody.post(url).status_code == 404
        settings.SECRET_KEY_FALLBACKS = [former]
        assert anybody.post(url).status_code == 200

    def test_a_disabled_person_and_nobody_answer_alike(self, anybody, url, uma, ticket):
        User.objects.filter(pk=uma.pk).update(is_active=False)
        gone = anybody.get(url)
        unknown = anybody.get(unsubscribing.path_for(999_999, ticket.pk))
        assert gone.status_code == unknown.status_code == 404


class TestWhatElse:
    """Stopping to watch is offered to who watches, and to nobody else."""

    STOP = "Open the ticket, and stop watching it there"

    def test_who_watches_may_stop(self, ticket, uma, mika, url, anybody):
        Watcher.objects.watch(ticket, uma, by=mika)
        assert self.STOP in anybody.get(url).text

    def test_the_owner_alone_opens_the_ticket(self, ticket, uma, url, anybody):
        page = anybody.get(url).text
        assert self.STOP not in page
        assert ">Open the ticket<" in page

    def test_who_stopped_is_not_asked_to_stop_again(self, ticket, uma, mika, url, anybody):
        Watcher.objects.watch(ticket, uma, by=mika)
        Watcher.objects.unwatch(ticket, uma, by=uma)
        assert self.STOP not in anybody.get(url).text

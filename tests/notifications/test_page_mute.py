"""Muting a ticket on its page, and what is not told any more then (domain §7)."""

import pytest

from notifications.choices import ItemState
from notifications.models import InboxRow, Mute
from notifications.told import Told
from tests.notifications.conftest import drops, told
from tests.waiting import text_of
from tickets.models import QueueGrant
from tickets.operations import operation
from watchers.models import Watcher

pytestmark = pytest.mark.django_db


def mute(client, ticket, **data):
    return client.post(f"/tickets/{ticket.number}/mute/", data)


@pytest.fixture
def muted(ticket, uma):
    """Uma, who owns the ticket, muted it."""
    Mute.objects.mute(ticket.pk, uma.pk)
    return ticket


class TestThePage:
    def test_post_mutes_and_the_panel_offers_the_way_back(self, ticket, uma, signed_in):
        client = signed_in(uma)
        assert "Mute this ticket" in client.get(ticket.get_absolute_url()).content.decode()
        answer = mute(client, ticket)
        assert (answer.status_code, answer["Location"]) == (303, ticket.get_absolute_url())
        text = client.get(ticket.get_absolute_url()).content.decode()
        assert "You muted this ticket." in text
        assert "Unmute" in text

    def test_twice_is_once(self, ticket, uma, signed_in):
        mute(signed_in(uma), ticket)
        mute(signed_in(uma), ticket)
        assert Mute.objects.count() == 1

    @pytest.mark.parametrize("how", ["DELETE", "form"])
    def test_delete_takes_it_back(self, muted, uma, signed_in, how):
        client = signed_in(uma)
        for _time in range(2):
            if how == "form":
                answer = mute(client, muted, _method="delete")
            else:
                answer = client.delete(f"/tickets/{muted.number}/mute/")
            assert answer.status_code == 303
        assert not Mute.objects.exists()

    @pytest.mark.parametrize("login", ["carl", "cora", "vera", "mika"])
    def test_whoever_reads_it_may(self, ticket, everyone, signed_in, login):
        assert mute(signed_in(everyone[login]), ticket).status_code == 303

    def test_an_unknown_and_a_forbidden_ticket_answer_alike(self, ticket, bo, signed_in):
        client = signed_in(bo)
        assert mute(client, ticket).status_code == 404
        assert client.delete(f"/tickets/{ticket.number}/mute/").status_code == 404
        assert client.post("/tickets/2026000000000000/mute/").status_code == 404
        assert not Mute.objects.exists()

    def test_a_get_and_an_unknown_method_are_refused(self, ticket, uma, signed_in):
        client = signed_in(uma)
        assert client.get(f"/tickets/{ticket.number}/mute/").status_code == 405
        assert mute(client, ticket, _method="put").status_code == 405
        assert not Mute.objects.exists()

    def test_nobody_else_is_muted(self, muted, mika, signed_in):
        assert "Unmute" not in signed_in(mika).get(muted.get_absolute_url()).content.decode()


class TestDispatch:
    def test_on_neither_channel_is_anything_told(self, muted, mika, only, forget, dispatch):
        only()
        forget()
        muted.note("Anything.", by=mika)
        dispatch()
        assert told() == {}
        assert drops("email") == drops("in_app") == {"uma": {"muted"}}
        assert not InboxRow.objects.filter(person__username="uma", unread_count__gt=1).exists()

    def test_others_are_told(self, muted, mika, aiko, only, forget, dispatch):
        only(recipients=["owner", "watchers"])
        Watcher.objects.watch(muted, aiko, by=mika)
        forget()
        muted.note("Anything.", by=mika)
        dispatch()
        assert told() == {"aiko": 1}

    def test_other_tickets_are_told(self, muted, make_ticket, uma, mika, only, forget, dispatch):
        only()
        other = make_ticket(owner=uma)
        forget()
        other.note("Anything.", by=mika)
        dispatch()
        assert told() == {"uma": 1}

    @pytest.mark.parametrize("shown", ["mandatory", "no"])
    def test_what_nobody_can_turn_off_is_told(self, muted, mika, only, forget, dispatch, shown):
        only(show_in_preferences=shown)
        forget()
        muted.note("Anything.", by=mika)
        dispatch()
        assert told() == {"uma": 1}

    @pytest.mark.parametrize("role", ["owner", "responsible"])
    def test_becoming_owner_or_responsible_oneself_is_told(
        self, make_ticket, uma, mika, only, forget, dispatch, role
    ):
        only(events=["TicketOwnerUpdate", "TicketResponsibleUpdate"], recipients=["newly_concerned"])
        ticket = make_ticket()
        Mute.objects.mute(ticket.pk, uma.pk)
        forget()
        getattr(ticket, f"change_{role}")(uma, by=mika)
        dispatch()
        assert told() == {"uma": 1}

    def test_somebody_else_becoming_owner_is_not(self, muted, mika, aiko, vera, only, forget, dispatch):
        only(events=["TicketResponsibleUpdate"])
        forget()
        muted.change_responsible(aiko, by=mika)
        dispatch()
        assert told() == {}

    def test_ones_own_removal_as_a_watcher_is_told(self, muted, uma, mika, only, forget, dispatch):
        only(events=["TicketUnsubscribe"], recipients=["watcher_subject"])
        Watcher.objects.watch(muted, uma, by=uma)
        forget()
        Watcher.objects.unwatch(muted, uma, by=mika)
        dispatch()
        assert told() == {"uma": 1}

    def test_who_was_notified_says_why_not(self, muted, mika, only, forget, dispatch):
        only()
        forget()
        muted.note("Anything.", by=mika)
        dispatch()
        [uma] = Told(mika, muted).operations[0].not_told
        assert {way.text for way in uma.ways.values()} == {"has muted this ticket"}


@pytest.mark.usefixtures("clock", "mail_host")
class TestSending:
    def test_what_waits_is_withdrawn(self, ticket, uma, wait, after_window):
        item = wait(uma, ticket)
        Mute.objects.mute(ticket.pk, uma.pk)
        assert after_window() == 0
        item.refresh_from_db()
        assert (item.state, item.withdrawal) == (ItemState.WITHDRAWN, "muted")

    def test_taken_back_in_time_it_goes(self, muted, uma, wait, after_window):
        wait(uma, muted)
        Mute.objects.unmute(muted.pk, uma.pk)
        assert after_window() == 1

    def test_of_several_tickets_only_the_muted_one_is_left_out(
        self, ticket, make_ticket, uma, wait, after_window, mail_host
    ):
        wait(uma, ticket)
        wait(uma, make_ticket(title="Printer"))
        Mute.objects.mute(ticket.pk, uma.pk)
        after_window()
        [mail] = mail_host.mails
        assert mail["Subject"].endswith(" Printer")

    def test_what_nobody_can_turn_off_goes(self, ticket, uma, wait, wording, after_window):
        wait(uma, ticket, version=wording(show_in_preferences="mandatory", events=["TicketCreate"]))
        Mute.objects.mute(ticket.pk, uma.pk)
        assert after_window() == 1

    def test_what_goes_along_with_it_does_not(
        self, ticket, uma, mika, wait, wording, after_window, mail_host
    ):
        states = wording(
            en=("Note", "{{article.body}}"), show_in_preferences="mandatory", events=["TicketStateUpdate"]
        )
        with operation(by=mika):
            ticket.note("The gateway is in the cellar.", by=mika)
            ticket.change_state("in_progress", by=mika)
        note, state = ticket.events.order_by("-pk")[:2][::-1]
        wait(uma, ticket, event=note, others=[state], version=states)
        Mute.objects.mute(ticket.pk, uma.pk)
        assert after_window() == 1
        assert "cellar" not in text_of(mail_host.mails[0])

    def test_others_are_mailed(self, ticket, uma, mika, wait, after_window, mail_host):
        wait(uma, ticket)
        wait(mika, ticket)
        Mute.objects.mute(ticket.pk, uma.pk)
        after_window()
        assert [mail["To"] for mail in mail_host.mails] == ["mika@example.com"]


def test_access_is_asked_anew_each_time(muted, vera, signed_in):
    QueueGrant.objects.all().delete()
    assert mute(signed_in(vera), muted).status_code == 404

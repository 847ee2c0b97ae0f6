"""A person is deleted and stays as "existed in the past"; disabling is not deleting (domain §3 rule 3)."""

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.urls import reverse

from notifications.choices import ItemState
from notifications.models import InboxRow
from opsi.models import User
from opsi.roles import AgentRole
from tests.opsi.test_admin_people import fields_of, page_of
from watchers.models import Watcher

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock", "mail_host")]


def delete_page(person):
    return reverse("admin:opsi_user_delete", args=[person.pk])


def test_the_page_says_what_deleting_means_and_what_they_have(ada, signed_in, ticket, uma):
    page = signed_in(ada).get(delete_page(uma)).text
    assert "existed in the past" in page
    assert "<li>tickets that name them: 1</li>" in page


def test_ada_deletes_uma_who_stays_on_her_ticket(ada, signed_in, ticket, uma, mika):
    assert signed_in(ada).post(delete_page(uma), {"post": "yes"}).status_code == 302
    uma.refresh_from_db()
    assert (uma.existed_in_the_past, uma.deleted_by, uma.is_active) == (True, ada, False)
    page = signed_in(mika).get(ticket.get_absolute_url()).text
    assert "Uma Ogawa (existed in the past)" in page


@pytest.mark.parametrize(
    "delete", [lambda uma: uma.delete(), lambda uma: User.objects.filter(pk=uma.pk).delete()]
)
def test_a_shell_cannot_take_the_row_away(delete, ticket, uma):
    with pytest.raises(ProtectedError, match="become_past"):
        delete(uma)
    assert User.objects.filter(pk=uma.pk).exists()


def test_the_history_keeps_the_name_alone(ticket, uma, mika, ada):
    uma.become_past(by=ada)
    ticket.change_owner(None, by=mika)
    assert ticket.events.last().old == {"id": uma.pk, "name": "Uma Ogawa"}


def test_in_japanese_too(ticket, uma, aiko, signed_in, ada):
    uma.become_past(by=ada)
    assert "Uma Ogawa（過去に存在）" in signed_in(aiko).get(ticket.get_absolute_url()).text


def test_their_sessions_end_and_nobody_signs_in_any_more(ada, signed_in, uma, client):
    uma_at_work = signed_in(uma)
    uma.become_past(by=ada)
    assert uma_at_work.get("/tickets/").status_code == 302
    assert not client.login(username="uma", password="demo")
    answer = client.post("/login/", {"username": "uma", "password": "demo"})
    assert answer.status_code == 422


def test_their_watches_rest_and_they_are_told_nothing(ticket, cora, ada, uma, wait, after_window, signed_in):
    Watcher.objects.watch(ticket, cora, by=cora)
    item = wait(cora, ticket)
    cora.become_past(by=ada)
    after_window()
    item.refresh_from_db()
    assert (item.state, item.withdrawal) == (ItemState.WITHDRAWN, "inactive")
    assert Watcher.objects.watching().filter(user=cora).exists()
    dialog = signed_in(uma).get(reverse("watchers", args=[ticket.number])).text
    assert ">Existed in the past<" in dialog


def test_they_are_offered_nowhere(ticket, cora, ada, uma, signed_in):
    cora.become_past(by=ada)
    dialog = signed_in(uma).get(reverse("watchers", args=[ticket.number]), {"q": "cora"})
    assert "Add Cora" not in dialog.text
    uma.become_past(by=ada)
    with pytest.raises(ValidationError):
        ticket.change_owner(uma, by=ada)


def test_nobody_deletes_themselves(ada, mika, signed_in):
    User.objects.filter(pk=mika.pk).update(agent_role=AgentRole.ADMIN, effective_role=AgentRole.ADMIN)
    answer = signed_in(ada).post(delete_page(ada), {"post": "yes"})
    assert "You cannot delete yourself." in answer.text
    assert User.objects.existing().filter(pk=ada.pk).exists()


def test_nor_disables(ada, mika, signed_in):
    User.objects.filter(pk=mika.pk).update(agent_role=AgentRole.ADMIN, effective_role=AgentRole.ADMIN)
    form = fields_of(ada)
    del form["is_active"]
    answer = signed_in(ada).post(page_of(ada), form)
    assert answer.context["adminform"].form.errors == {"is_active": ["You cannot disable yourself."]}


def test_the_last_administrator_is_not_deleted(ada):
    with pytest.raises(ValidationError, match="last administrator"):
        ada.become_past()


def test_several_at_once_or_none(ada, signed_in, uma, vera):
    page = reverse("admin:opsi_user_changelist")
    chosen = {"action": "delete_selected", "_selected_action": [uma.pk, ada.pk]}
    answer = signed_in(ada).post(page, chosen)
    assert "Ada Admin: You cannot delete yourself." in answer.text
    signed_in(ada).post(page, chosen | {"post": "yes"})
    assert not User.objects.past().exists()
    both = {"action": "delete_selected", "_selected_action": [uma.pk, vera.pk]}
    assert "Delete these people" in signed_in(ada).post(page, both).text
    assert signed_in(ada).post(page, both | {"post": "yes"}).status_code == 302
    assert set(User.objects.past()) == {uma, vera}


def test_whoever_was_deleted_meanwhile_is_told_of_not_an_error(ada, uma, monkeypatch, signed_in):
    """The confirmation was fine; then another administrator was quicker."""
    page = reverse("admin:opsi_user_changelist")
    chosen = {"action": "delete_selected", "_selected_action": [uma.pk], "post": "yes"}
    become_past = User.become_past

    def overtaken(self, by=None):
        become_past(User.objects.get(pk=self.pk))
        become_past(self, by)

    monkeypatch.setattr(User, "become_past", overtaken)
    answer = signed_in(ada).post(page, chosen, follow=True)
    assert answer.status_code == 200
    assert "Uma Ogawa was deleted already." in answer.text


def test_the_past_is_listed_apart_and_only_looked_at(ada, signed_in, uma):
    uma.become_past(by=ada)
    client, page = signed_in(ada), reverse("admin:opsi_user_changelist")
    assert "Uma Ogawa" not in client.get(page).text
    assert "Uma Ogawa" in client.get(page, {"existence": "past"}).text
    assert "Ada Admin" in client.get(page, {"existence": "all"}).text
    assert "Existed in the past" in client.get(page_of(uma)).text
    assert client.post(page_of(uma), fields_of(uma)).status_code == 403
    assert client.post(delete_page(uma), {"post": "yes"}).status_code == 403


def test_who_is_disabled_comes_back_with_everything(ada, signed_in, ticket, cora, wait, after_window):
    Watcher.objects.watch(ticket, cora, by=cora)
    item = wait(cora, ticket)
    InboxRow.objects.create(person=cora, ticket=ticket, notice=item.notice)
    form = fields_of(cora)
    del form["is_active"]
    before = signed_in(cora)
    assert signed_in(ada).post(page_of(cora), form).status_code == 302
    assert signed_in(cora).get("/tickets/").status_code == 302
    assert before.get("/tickets/").status_code == 302
    after_window()
    item.refresh_from_db()
    assert (item.state, item.withdrawal) == (ItemState.WITHDRAWN, "inactive")
    assert signed_in(ada).post(page_of(cora), fields_of(cora)).status_code == 302
    # The session from before is none any more; she signs in again.
    assert before.get("/tickets/").status_code == 302
    cora.refresh_from_db()
    page = signed_in(cora).get(ticket.get_absolute_url())
    assert page.status_code == 200
    assert Watcher.objects.watching().filter(user=cora).exists()
    assert cora.inbox.of(cora).count() == 1
    # What was withdrawn meanwhile is not mailed after all.
    after_window()
    item.refresh_from_db()
    assert item.state == ItemState.WITHDRAWN

"""Single sign-on: roles and customer as the service's claims say them, at each sign-in."""

import pytest

from opsi.audit_entry import AuditEntry
from opsi.credentials import Identity
from opsi.models import Group
from tests.opsi.sso import UMA, who
from tests.people import person
from watchers.models import Watcher


def watches(person, ticket):
    return Watcher.objects.watching().filter(ticket=ticket, user=person).exists()


class TestRoles:
    @pytest.fixture(autouse=True)
    def mapped(self, come, configure, ada):
        configure(
            ROLE_CLAIM="realm.roles",
            ROLES="desk=itsm_user,lead=itsm_manager,boss=itsm_admin,acme=customer_manager",
        )

    def test_the_strongest_mapped_is_theirs_at_each_sign_in(self, uma, come):
        for said, role in (
            (["desk", "lead", "else"], "itsm_manager"),
            (["desk"], "itsm_user"),
            ("lead", "itsm_manager"),
            ([], ""),
            (None, ""),
        ):
            come("u-1", realm={"roles": said} if said is not None else None, **UMA)
            uma.refresh_from_db()
            assert (uma.agent_role, uma.effective_role) == (role, role), said

    def test_an_administrator_reads_in_the_audit_what_it_gave(self, uma, come):
        come("u-1", realm={"roles": ["boss"]}, **UMA)
        entry = AuditEntry.objects.get(kind="opsi.user", object_id=uma.pk, act="changed")
        assert (entry.changes, entry.actor) == ([["agent_role", "itsm_user", "itsm_admin"]], None)

    def test_a_customer_manager_is_one(self, cora, come):
        come("c-1", realm={"roles": ["acme"]}, email="cora@example.com", email_verified=True)
        cora.refresh_from_db()
        assert cora.customer_role == "customer_manager"

    def test_roles_by_groups_stay(self, uma, come):
        uma.groups.add(Group.objects.create(name="Desk", slug="desk", agent_role="itsm_manager"))
        come("u-1", realm={"roles": []}, **UMA)
        uma.refresh_from_db()
        assert (uma.agent_role, uma.effective_role) == ("", "itsm_manager")

    def test_the_last_administrator_stays_one(self, ada, come, caplog):
        client, _answer = come("a-1", realm={"roles": []}, email="ada@example.com", email_verified=True)
        ada.refresh_from_db()
        assert ada.agent_role == "itsm_admin"
        assert client.get("/admin/").status_code == 200
        assert "the last administrator, ada: kept" in caplog.text


class TestCustomer:
    CORA = {"email": "cora@example.com", "email_verified": True}

    @pytest.fixture(autouse=True)
    def mapped(self, come, configure, cora, borealis):
        configure(CUSTOMER_CLAIM="company", CUSTOMERS="b-17=Borealis")

    def test_another_customer_is_a_switch_with_all_that_it_ends(self, cora, ticket, uma, come, borealis):
        Watcher.objects.watch(ticket, cora, by=uma)
        come("c-1", company="Acme", **self.CORA)
        assert watches(cora, ticket)
        client, _answer = come("c-1", company="b-17", **self.CORA)
        cora.refresh_from_db()
        assert cora.customer == borealis
        assert client.get(f"/tickets/{ticket.number}/").status_code == 404
        assert not watches(cora, ticket)

    @pytest.mark.parametrize(
        ("company", "said"),
        [
            (None, "does not say which customer"),
            ("", "does not say which customer"),
            ("Nobody Ltd", "not known here"),
            (["Acme", "b-17"], "not known here"),
        ],
    )
    def test_what_is_not_clear_widens_nothing(self, cora, come, company, said, acme):
        client, answer = come("c-1", company=company, **self.CORA)
        assert (answer.status_code, who(client)) == (403, None)
        assert said in answer.text
        cora.refresh_from_db()
        assert cora.customer == acme
        assert not Identity.objects.exists()

    def test_an_agent_has_none(self, uma, come):
        client, _answer = come("u-1", **UMA)
        assert who(client) == "uma"

    def test_the_last_administrator_is_not_made_a_customer_user(self, ada, come, caplog):
        client, _answer = come("a-1", company="Acme", email="ada@example.com", email_verified=True)
        ada.refresh_from_db()
        assert (who(client), ada.customer) == ("ada", None)
        assert client.get("/admin/").status_code == 200
        assert "the last administrator, ada: kept" in caplog.text

    def test_another_administrator_may_be(self, ada, come, acme):
        person("max", "Max", agent_role="itsm_admin")
        come("a-1", company="Acme", email="ada@example.com", email_verified=True)
        ada.refresh_from_db()
        assert ada.customer == acme

"""Templates for notes and replies, and the signature beneath what goes to a customer."""

import pytest

from opsi.audit_entry import AuditEntry
from opsi.models import NamingSettings
from tickets import prepared_texts
from tickets.models import Queue, Signature, TextTemplate
from tickets.prepared_texts import Writer


def url(ticket, tail=""):
    return f"/tickets/{ticket.number}/articles/{tail}"


@pytest.fixture
def greeting(db):
    return TextTemplate.objects.create(
        name="Greeting", text="Dear {{customer_user}},\nwe look at {{ticket.number}}.\n{{agent}}"
    )


@pytest.fixture
def coras(make_ticket, acme, cora, uma):
    return make_ticket(customer=acme, customer_user=cora, owner=uma, title="{{agent}} & <b>ink</b>")


class TestTags:
    def filled(self, text, person, ticket, for_customer=True):
        return prepared_texts.fill(text, Writer(person, ticket, for_customer))

    def test_each_is_filled_in(self, coras, uma):
        tags = ("customer_user", " customer ", "agent", "ticket.number", "ticket.title", "ticket.queue")
        text = " | ".join("{{" + tag + "}}" for tag in tags)
        assert self.filled(text, uma, coras) == (
            f"Cora Castor | Acme | Uma Ogawa | {coras.number} | {{{{agent}}}} & <b>ink</b> | Service desk"
        )

    @pytest.mark.parametrize("text", ["{{secret}}", "{{ticket.owner.password}}", "{{}}", "{{agent.email}}"])
    def test_an_unknown_one_reads_as_a_dash(self, coras, uma, text):
        assert self.filled(text, uma, coras) == "-"

    def test_so_does_one_that_has_no_value_here(self, make_ticket, uma):
        assert self.filled("{{customer_user}} {{customer}}", uma, make_ticket()) == "- -"

    def test_a_requester_is_whom_their_ticket_is_for(self, make_ticket, ray, uma):
        assert self.filled("{{customer_user}}", uma, make_ticket(by=ray)) == "Ray Requester"

    def test_to_customers_agents_go_by_the_neutral_name(self, coras, uma):
        NamingSettings.objects.update_or_create(defaults={"neutral_agents": True, "neutral_name": "Desk"})
        assert self.filled("{{agent}}", uma, coras) == "Desk"
        assert self.filled("{{agent}}", uma, coras, for_customer=False) == "Uma Ogawa"

    def test_whoever_belongs_to_the_customer_that_the_ticket_left_is_not_named(
        self, make_ticket, cora, borealis, uma
    ):
        ticket = make_ticket(by=cora)
        assert self.filled("{{customer_user}} {{customer}}", uma, ticket) == "Cora Castor Acme"
        ticket.change_customer(borealis, by=uma)
        assert self.filled("{{customer_user}} {{customer}}", uma, ticket) == "- Borealis"


class TestTemplates:
    def offered(self, page):
        return [one.name for one in page.context["templates"]]

    def test_where_they_are_offered(self, coras, uma, greeting, signed_in):
        other = Queue.objects.create(name="Other")
        TextTemplate.objects.create(name="Elsewhere", text="x").queues.add(other)
        TextTemplate.objects.create(name="Here").queues.add(other, coras.queue)
        TextTemplate.objects.create(name="For notes", use="note")
        TextTemplate.objects.create(name="Old", is_valid=False)
        client = signed_in(uma)
        assert self.offered(client.get(url(coras, "new/?kind=reply"))) == ["Greeting", "Here"]
        assert self.offered(client.get(url(coras, "new/?kind=note"))) == ["For notes", "Greeting", "Here"]

    def test_without_script_the_form_begins_with_it(self, coras, uma, greeting, signed_in):
        page = signed_in(uma).get(url(coras, f"new/?kind=reply&template={greeting.pk}&article=1"))
        assert (
            page.context["form"]["body"]
            .value()
            .startswith(f"Dear Cora Castor,\nwe look at {coras.number}.\nUma Ogawa\n\nMika Manager")
        )

    def test_script_fetches_it_as_text(self, coras, uma, greeting, signed_in):
        answer = signed_in(uma).get(url(coras, f"templates/{greeting.pk}/?kind=reply"))
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.text.startswith("Dear Cora Castor,")

    @pytest.mark.parametrize("spoil", [{"is_valid": False}, {"use": "note"}])
    def test_one_that_is_not_offered_is_not_there(self, coras, uma, greeting, signed_in, spoil):
        TextTemplate.objects.update(**spoil)
        client = signed_in(uma)
        assert client.get(url(coras, f"templates/{greeting.pk}/?kind=reply")).status_code == 404
        page = client.get(url(coras, f"new/?kind=reply&template={greeting.pk}"))
        assert not page.context["form"]["body"].value()

    def test_customers_are_not_offered_any(self, coras, cora, greeting, signed_in):
        assert "Greeting" not in signed_in(cora).get(f"/tickets/{coras.number}/").text


class TestSignature:
    @pytest.fixture
    def signed(self, coras, uma):
        Queue.objects.update(signature="Service desk of {{customer}}")
        Signature.objects.create(person=uma, text="{{agent}}, day shift <b>")
        return coras

    def test_it_is_shown_and_stands_beneath_a_reply(self, signed, uma, signed_in):
        client = signed_in(uma)
        page = client.get(url(signed, "new/?kind=reply")).text
        assert "Uma Ogawa, day shift &lt;b&gt;\n\nService desk of Acme" in page
        client.post(url(signed), {"kind": "reply", "body": "Done.\n", "with_signature": "on"})
        assert signed.articles.last().body == "Done.\n\n-- \nUma Ogawa, day shift <b>\n\nService desk of Acme"

    def test_not_where_it_is_not_wanted(self, signed, uma, signed_in):
        signed_in(uma).post(url(signed), {"kind": "reply", "body": "Done."})
        assert signed.articles.last().body == "Done."

    @pytest.mark.parametrize("visible", ["", "on"])
    def test_not_beneath_notes(self, signed, uma, signed_in, visible):
        client = signed_in(uma)
        assert "day shift" not in client.get(url(signed, "new/?kind=note")).text
        sent = {"kind": "note", "body": "Done.", "with_signature": "on", "visible_for_customer": visible}
        client.post(url(signed), sent)
        assert signed.articles.last().body == "Done."

    def test_where_agents_have_no_names_it_is_the_queues_alone(self, signed, uma):
        NamingSettings.objects.update_or_create(defaults={"neutral_agents": True})
        assert prepared_texts.signature(uma, signed) == "Service desk of Acme"

    def test_where_there_is_none_nothing_is_asked(self, coras, uma, signed_in):
        assert "with_signature" not in signed_in(uma).get(url(coras, "new/?kind=reply")).text

    def test_ones_own_is_set_in_the_preferences(self, uma, signed_in):
        client = signed_in(uma)
        assert client.post("/preferences/signature/", {"text": "Uma"}).status_code == 303
        assert client.post("/preferences/signature/", {"text": "Uma\nOgawa"}).status_code == 303
        assert Signature.objects.get(person=uma).text == "Uma\nOgawa"
        assert "Uma\nOgawa</textarea>" in client.get("/preferences/signature/").text
        refused = client.post("/preferences/signature/", {"text": "x" * 2_001})
        assert refused.status_code == 422
        assert Signature.objects.get(person=uma).text == "Uma\nOgawa"


class TestTheAdmin:
    PAGE = "/admin/tickets/texttemplate/"

    def test_it_says_what_can_be_filled_in_and_how_it_reads(self, ada, greeting, signed_in):
        page = signed_in(ada).get(f"{self.PAGE}{greeting.pk}/change/").text
        assert "<code>{{customer_user}}</code>" in page
        assert "Dear Cora Castor,<br>we look at 2026010100000001.<br>Uma Ogawa" in page

    def test_an_unknown_tag_is_warned_of_and_a_change_is_audited(
        self, ada, greeting, service_desk, signed_in
    ):
        sent = {
            "name": "Greeting",
            "use": "both",
            "is_valid": "on",
            "text": "Dear {{nobody}}",
            "queues": [service_desk.pk],
        }
        page = signed_in(ada).post(f"{self.PAGE}{greeting.pk}/change/", sent, follow=True)
        assert "Nothing is filled in for {{nobody}}: “-” will stand there." in page.text
        assert AuditEntry.objects.filter(actor=ada).exists()

    def test_a_queues_signature_too(self, ada, service_desk, signed_in):
        page = signed_in(ada).get(f"/admin/tickets/queue/{service_desk.pk}/change/").text
        assert "Stands beneath every reply to a customer from this queue" in page
        assert "<code>{{agent}}</code>" in page

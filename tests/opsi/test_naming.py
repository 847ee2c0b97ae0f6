"""What people are called by whom: opsi.naming decides, for pages and texts alike (docs/access.md)."""

import pytest
from django.utils import timezone, translation

from notifications.wording import Reader, fill
from opsi.models import NamingSettings, User
from opsi.naming import Naming, name_for
from tickets.models import Ticket
from watchers.models import Watcher

pytestmark = pytest.mark.django_db

PAGE = "/admin/opsi/namingsettings/1/change/"


@pytest.fixture
def neutral(db):
    NamingSettings(neutral_agents=True).save()


def test_as_shipped_everyone_reads_real_names(uma, carl, ray):
    assert [name_for(uma, viewer) for viewer in (carl, ray, uma)] == ["Uma Ogawa"] * 3


@pytest.mark.usefixtures("neutral")
def test_agents_go_by_a_neutral_name_to_all_others(uma, vera, carl, cora, ray):
    assert [name_for(uma, viewer) for viewer in (carl, ray)] == ["Service desk"] * 2
    assert name_for(uma, vera) == "Uma Ogawa"
    assert name_for(cora, carl) == "Cora Castor"
    assert name_for(ray, ray) == "Ray Requester"
    assert name_for(None, carl) == ""


@pytest.mark.usefixtures("neutral")
def test_it_is_said_in_the_language_in_force_unless_the_administrator_chose_a_text(uma, carl):
    with translation.override("ja"):
        assert name_for(uma, carl) != "Uma Ogawa"
    NamingSettings(neutral_agents=True, neutral_name="Acme helpline").save()
    carl = User.objects.get(pk=carl.pk)
    with translation.override("ja"):
        assert name_for(uma, carl) == "Acme helpline"


@pytest.mark.usefixtures("neutral")
def test_who_was_an_agent_stays_unnamed_for_what_they_did_as_one(uma, mika, carl):
    User.objects.filter(pk=uma.pk).update(agent_role="", effective_role="")
    uma.refresh_from_db()
    assert name_for(uma, carl, as_agent=True) == "Service desk"
    User.objects.filter(pk=mika.pk).update(agent_role="", effective_role="", deleted_at=timezone.now())
    mika.refresh_from_db()
    assert name_for(mika, carl) == "Service desk"


@pytest.mark.usefixtures("neutral")
def test_addresses_of_agents_are_told_as_little(uma, carl, vera):
    line = "Uma Ogawa <UMA@example.com>, Boss <boss@example.net>"
    assert Naming().addresses(line, carl) == "Service desk, Boss <boss@example.net>"
    assert Naming().addresses(line, vera) == line


def test_a_naming_asks_once_and_for_agents_never(uma, carl, vera, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert name_for(uma, vera) == "Uma Ogawa"
        assert name_for(carl, carl) == "Carl Castor"
    with django_assert_num_queries(1):
        for _time in range(3):
            name_for(uma, carl)


@pytest.mark.usefixtures("neutral")
def test_every_tag_that_names_somebody(ticket, uma, mika, vera, cora, aiko):
    ticket.change_responsible(mika, by=uma)
    ticket.change_owner(aiko, by=vera)
    event = ticket.events.last()
    tags = "{{owner}}|{{responsible}}|{{creator}}|{{actor}}|{{event.old}}|{{event.new}}|{{event.change}}"
    desk = "Service desk"
    to_cora = fill(tags, event, Reader.of(cora))
    assert to_cora == "|".join([desk] * 6) + f"|Owner: {desk} → {desk}"
    assert fill(tags, event, Reader.of_nobody("x@example.net")) == to_cora
    to_uma = fill(tags, event, Reader.of(uma))
    assert to_uma.startswith("佐藤 愛子|Mika Manager|Mika Manager|Vera Viewer|")


@pytest.mark.usefixtures("neutral")
def test_the_sender_of_an_article_in_words(ticket, uma, cora):
    ticket.reply("Done.", by=uma)
    assert fill("{{article.from}}", ticket.events.last(), Reader.of(cora)) == "Service desk"
    ticket.follow_up("Thanks.", by=cora)
    assert fill("{{article.from}}", ticket.events.last(), Reader.of(cora)) == "Cora Castor"


def test_of_watchers_customer_users_hear_only_of_their_own_people(ticket, uma, vera, carl, cora, bo):
    """Whatever a definition sends them: also where agents have their names."""
    for person, told in ((vera, "-"), (carl, "Carl Castor"), (cora, "Cora Castor"), (bo, "-")):
        Watcher.objects.watch(ticket, person, by=uma)
        assert fill("{{event.new}}", ticket.events.last(), Reader.of(cora)) == told
        assert fill("{{event.new}}", ticket.events.last(), Reader.of(uma)) == str(person)


@pytest.mark.usefixtures("neutral")
def test_a_reply_quotes_an_agent_under_the_neutral_name(ticket, uma, cora, signed_in):
    ticket.reply("Is it better?", by=uma)
    ticket.follow_up("It is.", by=cora)
    client, form = signed_in(uma), f"/tickets/{ticket.number}/articles/new/?kind=reply&article="
    assert "Service desk:\n&gt; Is it better?" in client.get(f"{form}2").text
    assert "Cora Castor &lt;cora@example.com&gt;:\n&gt; It is." in client.get(f"{form}3").text


def test_customer_users_cannot_set_agents_whatever_the_policy_says(ticket, uma, carl, signed_in):
    from watchers.models import PolicyCell

    PolicyCell.objects.filter(setter="customer_manager", target="agent").update(
        add="all", see="all", remove="all"
    )
    Watcher.objects.watch(ticket, uma, by=uma)
    client, dialog = signed_in(carl), f"/tickets/{ticket.number}/watchers/"
    assert "Uma Ogawa" in client.get(dialog).text
    NamingSettings(neutral_agents=True).save()
    assert "Uma Ogawa" not in client.get(dialog, {"q": "uma"}).text
    assert client.post(dialog, {"user": "vera"}).status_code == 404
    assert client.delete(f"{dialog}uma/").status_code == 404
    assert 'Watcher list <span class="watcher-count">0</span>' in client.get(dialog).text


def test_the_administrator_turns_it_on(ada, mika, signed_in):
    desk = signed_in(ada)
    assert desk.get("/admin/opsi/namingsettings/").url == PAGE
    assert desk.get(PAGE).status_code == 200
    sent = {"neutral_agents": "on", "neutral_name": "  The   desk "}
    assert desk.post(PAGE, sent).status_code == 302
    settings = NamingSettings.load()
    assert (settings.neutral_agents, settings.neutral_name) == (True, "The desk")
    assert desk.post(PAGE, {"neutral_name": "x" * 101}).status_code == 200
    assert NamingSettings.load().neutral_name == "The desk"
    assert signed_in(mika).post(PAGE, {}).status_code in {302, 403}
    assert NamingSettings.load().neutral_agents


@pytest.mark.usefixtures("neutral")
def test_a_list_of_many_costs_one_statement_more(
    make_ticket, acme, uma, carl, signed_in, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in(carl)
    make_ticket(customer=acme, owner=uma)
    with CaptureQueriesContext(connection) as few:
        client.get("/tickets/")
    for _time in range(5):
        make_ticket(customer=acme, owner=uma)
    with django_assert_num_queries(len(few)):
        assert client.get("/tickets/").text.count("Service desk") >= 6
    assert Ticket.objects.count() == 6

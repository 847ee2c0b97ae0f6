"""What is registered in one file stands everywhere by itself. Run by tests/platform/test_extending.py, with this app
among the installed ones: by itself `pytest --ds=tests.throwaway.settings tests/throwaway/check_extending.py`.
"""

import pytest
from django.urls import reverse

from notifications.dispatch import dispatch_waiting
from notifications.models import Definition, InboxRow, Preference
from notifications.reasons import your_part
from notifications.told import Told
from tests.notifications.test_definition_admin import add, problems
from tests.notifications.test_docs import TABLES
from tests.throwaway import pager
from tests.throwaway.praise import praise

ADD = reverse("admin:notifications_definition_add")
PREFERENCES = "/preferences/notifications/"


@pytest.fixture(autouse=True)
def pagers(tmp_path, monkeypatch):
    monkeypatch.setattr(pager, "PAGERS", tmp_path)
    return tmp_path


@pytest.fixture
def told_of_praise(ada, signed_in):
    """ada tells former owners of praise, by pager, with the form of the admin."""
    Definition.objects.update(validity="invalid")
    choices = {"events": ["TicketPraised"], "recipients": ["former_owners"], "channels": ["pager"]}
    words = ("en", "Praise for {{ticket.number}}", "{{event.change}}")
    answer = add(signed_in(ada), words, name="Praise", on_by_default=["pager"], **choices)
    assert answer.status_code == 302, problems(answer)
    return Definition.objects.get(name="Praise")


@pytest.fixture
def praised(ticket, uma, aiko, mika, cora, told_of_praise, django_capture_on_commit_callbacks):
    """An Acme ticket that uma owned before aiko, praised by cora."""
    ticket.change_owner(aiko, by=mika)
    praise(ticket, by=cora)
    with django_capture_on_commit_callbacks(execute=True):
        dispatch_waiting()
    return ticket


def test_the_form_offers_event_kind_and_channel(ada, signed_in):
    text = signed_in(ada).get(ADD).text
    for value in ("TicketPraised", "former_owners", "pager"):
        assert f'value="{value}"' in text
    assert "Agents it was assigned to before." in text


def test_so_does_the_plan(ada, signed_in, told_of_praise):
    text = signed_in(ada).get(reverse("admin:notifications_definition_plan")).text
    assert "Praise" in text
    assert "Former owners" in text


def test_the_function_page_names_the_channel(ada, signed_in):
    text = signed_in(ada).get(reverse("admin:notifications_notificationfunction_changelist")).text
    assert "In the app, E-mail and Pager" in text


def test_agents_choose_about_the_channel_and_customers_are_not_asked(uma, cora, signed_in, told_of_praise):
    name = f"pager-{told_of_praise.pk}"
    client = signed_in(uma)
    assert f'name="{name}"' in client.get(PREFERENCES).text
    assert f'name="{name}"' not in signed_in(cora).get(PREFERENCES).text
    client.post(PREFERENCES, {"definition": [told_of_praise.pk]})
    assert Preference.objects.filter(person=uma, channel="pager", enabled=False).exists()


def test_the_tables_of_the_docs_have_them():
    assert "| `TicketPraised` | Praise |" in TABLES["Events"]
    assert "| `former_owners` | Former owners |" in TABLES["Recipients"]
    assert "| `pager` | Pager | a person |" in TABLES["Channels"]


def test_the_channel_delivers_to_whom_the_kind_finds(praised, uma, pagers):
    assert {file.name: file.read_text() for file in pagers.iterdir()} == {
        str(uma.pk): f"Praise for {praised.number}\n"
    }
    assert not InboxRow.objects.exists()


def test_the_ticket_says_who_was_notified_through_it_and_why(praised, mika, signed_in):
    newest = Told(mika, praised).operations[0]
    assert newest.summary == "Praise"
    [person] = newest.people.values()
    assert (person.name, person.because) == ("Uma Ogawa", "Former owners")
    assert {channel: way.text for channel, way in person.ways.items()} == {"pager": "told"}
    page = signed_in(mika).get(f"/tickets/{praised.number}/told/").text
    assert "Pager: told" in page
    assert your_part("former_owners") == "you once owned it"


def test_a_file_of_definitions_takes_them(ada, signed_in, told_of_praise):
    text = signed_in(ada).get(reverse("admin:notifications_definition_export")).text
    assert "TicketPraised" in text
    assert "pager" in text

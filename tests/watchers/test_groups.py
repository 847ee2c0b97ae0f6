"""A group can watch (domain §3 rule 8): who sets and sees it, what stands in the history, how members get out."""

import pytest

from opsi.models import Group, User
from tests.tickets.test_bulk import said
from tests.watchers.test_forged import named_by
from tests.watchers.test_page_watchers import HTMX, crowd
from tests.watchers.test_statements import statements
from tests.watchers.test_verbs import history
from tests.watchers.test_zoom import number_on_the_button, panel
from tickets.models import Ticket
from watchers.models import PolicyCell, Watcher
from watchers.presets import Preset


def address(ticket, slug=""):
    return f"/tickets/{ticket.number}/watchers/" + (f"group/{slug}/" if slug else "")


@pytest.fixture
def network(db, aiko, vera):
    group = Group.objects.create(name="Network", slug="network")
    group.members.add(aiko, vera)
    return group


@pytest.fixture
def watching(ticket, network, mika):
    Watcher.objects.watch_group(ticket, network, by=mika)
    return ticket


def groups_of(ticket):
    return set(Watcher.objects.watching().filter(ticket=ticket).values_list("group__slug", flat=True)) - {
        None
    }


@pytest.mark.parametrize(
    ("login", "status"),
    [("ada", 303), ("mika", 303), ("uma", 303), ("aiko", 303), ("vera", 403), ("carl", 404), ("ray", 404)],
)  # fmt: skip
def test_itsm_user_and_up_set_and_remove_groups(login, status, ticket, network, everyone, signed_in, mika):
    client = signed_in(everyone[login])
    assert client.post(address(ticket), {"group": "network"}).status_code == status
    assert groups_of(ticket) == ({"network"} if status == 303 else set())
    Watcher.objects.watch_group(ticket, network, by=mika)
    assert client.delete(address(ticket, "network")).status_code == status
    assert groups_of(ticket) == (set() if status == 303 else {"network"})


def test_the_agents_cell_of_the_policy_decides(ticket, network, everyone, uma, signed_in):
    PolicyCell.objects.filter(setter="itsm_user", target="agent").update(add="self", remove="own")
    client = signed_in(uma)
    assert client.post(address(ticket), {"group": "network"}).status_code == 403
    Watcher.objects.watch_group(ticket, network, by=everyone["mika"])
    assert client.delete(address(ticket, "network")).status_code == 403
    PolicyCell.objects.filter(setter="itsm_user", target="agent").update(
        see="none", remove="none", add="none"
    )
    assert client.get(address(ticket, "network")).status_code == 404
    assert "Network" not in client.get(address(ticket)).text


def test_customers_and_requesters_never_see_a_group(watching, everyone, signed_in, ray, mika):
    # Whatever the policy lets them do about agents.
    PolicyCell.objects.filter(target="agent").update(add="all", see="all", remove="all")
    Watcher.objects.watch(watching, ray, by=mika)
    for login in ("carl", "cora", "ray"):
        client = signed_in(everyone[login])
        for page in (address(watching), f"/tickets/{watching.number}/"):
            assert "Network" not in client.get(page).text
        assert client.get(address(watching, "network")).status_code == 404
        unknown = client.post(address(watching), {"group": "zoe"})
        known = client.post(address(watching), {"group": "network"})
        assert unknown.status_code == known.status_code == 404
        assert "Nobody here can be set by that login." in known.text
    assert number_on_the_button(signed_in(everyone["cora"]).get(f"/tickets/{watching.number}/").text) == 0


def test_it_has_its_own_row_counts_as_one_and_names_its_members_on_demand(watching, uma, signed_in):
    client = signed_in(uma)
    page = client.get(address(watching)).text
    assert "Remove Network" in page
    assert "2 members" in page
    assert 'Watcher list <span class="watcher-count">1</span>' in page
    zoom = client.get(f"/tickets/{watching.number}/").text
    assert number_on_the_button(zoom) == 1
    assert "Group, 2 members" in panel(zoom)
    members = client.get(address(watching, "network")).text
    assert "佐藤 愛子" in members
    assert "Vera Viewer" in members
    assert "<html" not in client.get(address(watching, "network"), headers=HTMX).text


def test_the_members_page_says_who_is_told_nothing_all_the_same(
    watching, network, service_desk, aiko, vera, cora, bo, uma, signed_in
):
    network.members.add(cora, bo)
    Watcher.objects.watch(watching, aiko, by=aiko)
    Watcher.objects.watch(watching, cora, by=cora)
    Watcher.objects.unwatch(watching, cora, by=cora)
    page = signed_in(uma).get(address(watching, "network")).text
    for words in ("Watches it themselves", "Stopped watching", "Cannot read this ticket: is told nothing"):
        assert page.count(words) == 1, words


def test_members_count_only_whom_the_viewer_may_see(watching, network, ray, vera, signed_in):
    network.members.add(ray)
    assert "3 members" in signed_in(vera).get(address(watching)).text
    PolicyCell.objects.filter(setter="itsm_viewer", target="requester").update(
        add="none", see="none", remove="none"
    )
    page = signed_in(vera).get(address(watching)).text
    assert "2 members" in page
    assert "Ray Requester" not in signed_in(vera).get(address(watching, "network")).text


def test_the_history_names_the_group(ticket, network, uma, mika):
    assert Watcher.objects.watch_group(ticket, network, by=uma) is not None
    assert Watcher.objects.watch_group(ticket, network, by=uma) is None
    assert Watcher.objects.unwatch_group(ticket, network, by=mika) is not None
    assert Watcher.objects.unwatch_group(ticket, network, by=mika) is None
    assert history(ticket) == [
        ("TicketSubscribe", "uma", "Network"),
        ("TicketUnsubscribe", "mika", "Network"),
    ]
    Watcher.objects.watch_group(ticket, network, by=uma)
    assert Watcher.objects.get().ended_at is None


def test_the_history_keeps_groups_from_who_sees_no_agents(watching, vera, signed_in):
    def page():
        return signed_in(vera).get(f"/tickets/{watching.number}/history/").text

    assert "Network" in page()
    PolicyCell.objects.filter(setter="itsm_viewer", target="agent").update(
        add="none", see="none", remove="none"
    )
    assert "Network" not in page()


def test_groups_are_found_by_name_for_who_may_set_them(ticket, network, uma, vera, cora, signed_in):
    def found(person, **query):
        return signed_in(person).get(address(ticket), query).text

    assert "Add Network" in found(uma)
    assert "Add Network" in found(uma, q="netw")
    assert "1 group" in found(uma, q="netw")
    assert "Add Network" not in found(uma, q="castor")
    for person in (vera, cora):
        assert "Network" not in found(person, q="netw")
    Watcher.objects.watch_group(ticket, network, by=uma)
    assert "Add Network" not in found(uma)
    assert "Watches already" in found(uma, q="netw")


def test_a_member_may_leave_and_comes_back_by_themselves(watching, aiko, signed_in):
    aiko.language = "en"
    aiko.save()
    client, own = signed_in(aiko), f"/tickets/{watching.number}/watch/"
    page = client.get(f"/tickets/{watching.number}/").text
    assert ">Stop watching<" in page
    assert "You are told as a member of a group that watches." in page
    client.delete(own)
    assert ">Watch it myself<" in client.get(f"/tickets/{watching.number}/").text
    assert history(watching)[-1] == ("TicketUnsubscribe", "aiko", "佐藤 愛子")
    client.delete(own)
    assert len(history(watching)) == 2, "leaving twice leaves no trace"
    client.post(own)
    assert Watcher.objects.watching().filter(user=aiko).exists()


def test_a_row_of_the_list_knows_of_it_and_lets_a_member_leave(watching, make_ticket, vera, signed_in):
    other = make_ticket()
    client, row = signed_in(vera), {"back": "list", "query": "view=all"}
    page = client.get("/tickets/?view=all").text
    assert f"Stop watching {watching.number}" in page
    assert f"Watch {other.number} myself" in page
    client.post(f"/tickets/{watching.number}/watch/", row | {"_method": "delete"})
    assert f"Watch {watching.number} myself" in client.get("/tickets/?view=all").text
    assert not Watcher.objects.through_groups(watching, vera).exists()


def test_chosen_from_the_list_members_leave_as_well(watching, vera, aiko, signed_in):
    chosen = {"ticket": watching.number, "_method": "delete"}
    assert said(signed_in(vera).post("/watched/selection/", chosen)) == ["You no longer watch 1 ticket."]
    assert not Watcher.objects.through_groups(watching, vera).exists()
    assert Watcher.objects.through_groups(watching, aiko).exists()
    again = said(signed_in(vera).post("/watched/selection/", chosen))
    assert again[-1] == "It was so already: nothing changed."


def test_to_be_told_by_a_group_is_no_leave_to_watch_oneself(watching, vera, signed_in):
    PolicyCell.objects.filter(setter="itsm_viewer", target="agent").update(add="none")
    page = signed_in(vera).get("/tickets/?view=all").text
    assert f"Stop watching {watching.number}" in page
    answer = signed_in(vera).post("/watched/selection/", {"ticket": watching.number})
    assert "may not watch these" in said(answer)[0]
    assert not Watcher.objects.watching().filter(user=vera).exists()


def test_nobody_else_takes_a_member_out(watching, aiko, uma, signed_in):
    answer = signed_in(uma).post(address(watching) + "aiko/", {"_method": "delete"}, follow=True)
    assert "佐藤 愛子 does not watch this ticket." in answer.text
    assert Watcher.objects.through_groups(watching, aiko).exists()


def test_a_merge_moves_a_group_with_what_it_is_told_of(ticket, make_ticket, acme, network, uma):
    target = make_ticket(customer=acme, title="The one that stays")
    Watcher.objects.watch_group(ticket, network, by=uma, only_state_changes=True)
    ticket.merge_into(target, by=uma)
    assert (groups_of(ticket), groups_of(target)) == (set(), {"network"})
    assert Watcher.objects.watching().get().only_state_changes


def test_a_deleted_group_watches_no_more_and_the_history_says_so(watching, network, signed_in, uma):
    network.delete()
    assert not Watcher.objects.exists()
    event = watching.events.last()
    assert (event.name, event.old["name"], event.data["why"]) == (
        "TicketUnsubscribe",
        "Network",
        "group_deleted",
    )
    assert event.is_quiet
    assert "Network" in signed_in(uma).get(f"/tickets/{watching.number}/history/").text


def test_a_group_grants_no_reading(watching, network):
    outsider = User.objects.create_user("otto", "x", full_name="Otto Outside")
    outsider.groups.add(network)
    assert not Ticket.objects.readable_by(outsider).exists()


@pytest.mark.parametrize("preset", Preset)
def test_the_page_offers_no_more_than_may_be_done(preset, watching, everyone, signed_in):
    PolicyCell.objects.replace(preset.table)
    for login in ("ada", "mika", "uma", "aiko", "vera"):
        page = signed_in(everyone[login]).get(address(watching)).text.replace("Network", "Uma Ogawa")
        removable = "uma" in named_by(page, "Remove", everyone)
        assert removable == (login in {"ada", "mika", "uma"}), login


def test_ten_groups_and_a_thousand_watchers_cost_the_dialog_what_one_does(ticket, uma, signed_in):
    client = signed_in(uma)

    def fill(groups):
        for number in range(groups):
            group = Group.objects.create(name=f"Group {groups}/{number}", slug=f"group-{groups}-{number}")
            group.members.add(uma)
            Watcher.objects.watch_group(ticket, group, by=uma)

    pages = (address(ticket), f"/tickets/{ticket.number}/", address(ticket, "group-1-0"))
    fill(1)
    crowd(ticket, 1)
    for page in pages:
        client.get(page)
    with_one = [statements(lambda page=page: client.get(page)) for page in pages]
    fill(10)
    crowd(ticket, 1000)
    with_many = [statements(lambda page=page: client.get(page)) for page in pages]
    # A panel of groups alone asks nothing about people.
    assert all(many <= one for many, one in zip(with_many, with_one, strict=True)), (with_many, with_one)
    assert with_one[1] <= 20

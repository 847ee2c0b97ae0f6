"""`@name` in a note, and “Inform agents”: who is told by being named, who is not, and how that is said (domain §3)."""

import pytest

from opsi.models import NamingSettings, User
from tests.people import person as make_person
from tickets import mentions
from tickets.choices import Level
from tickets.models import Queue, Ticket
from watchers.models import PolicyCell, Watcher


def url(ticket, tail=""):
    return f"/tickets/{ticket.number}/articles/{tail}"


@pytest.fixture
def write(signed_in, ticket):
    """`write(uma, "Seen.")`: her note on the ticket, as the page then shows it."""

    def post(writer, body, kind="note", on=ticket, **more):
        return signed_in(writer).post(url(on), {"kind": kind, "body": body, **more}, follow=True)

    return post


def informed(ticket):
    """Whom the newest article's event was to inform, by login."""
    event = ticket.events.exclude(article=None).order_by("-pk").first()
    named = User.objects.filter(pk__in=event.data.get("informed", ()))
    return sorted(named.values_list("username", flat=True))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@aiko please look", ["aiko"]),
        ("please, @aiko!", ["aiko"]),
        ("(@aiko, @vera)", ["aiko", "vera"]),
        ("ask @Aiko or @aiko", ["aiko"]),
        ("確認お願いします＠aiko", ["aiko"]),
        ("see uma@host and uma.o@example.com", []),
        ("ssh://root@db1/x @@x a/@b http://x/@y", []),
        ("`@aiko` and ```\n@vera\n``` done", []),
        ("> @aiko wrote\nyes", []),
        ("@ nobody, @. @-", []),
        ("@first.last-2@example.com.", ["first.last-2@example.com."]),
    ],
)
def test_what_is_a_name(text, names):
    assert mentions.names_in(text) == names


@pytest.mark.parametrize(
    ("text", "logins"),
    [
        ("@aiko. Then", ["aiko"]),
        ("@AIKO", ["aiko"]),
        ("@aikoさん、お願いします", ["aiko"]),
        ("@佐藤さん", ["佐藤"]),
        ("@a.b@example.com.", ["a.b@example.com"]),
        ("@aiko.smith", []),
        ("@aiko2", []),
    ],
)
def test_whose_name_it_is(ticket, uma, aiko, text, logins):
    for login in ("佐藤", "a.b@example.com"):
        User.objects.create_user(login, full_name="Somebody", password="demo", agent_role="itsm_user")
    assert [one.username for one in mentions.in_text(text, uma, ticket).people] == logins


def test_an_agent_named_in_a_note_is_informed_and_named_on_it(ticket, uma, aiko, vera, write):
    page = write(uma, "@aiko, have a look. @aiko? And @vera.")
    assert informed(ticket) == ["aiko", "vera"]
    assert "Vera Viewer, 佐藤 愛子" in page.text.partition("informed-of")[2][:200]


def test_naming_oneself_is_no_news(ticket, uma, write):
    write(uma, "@uma did this.")
    assert informed(ticket) == []


def test_whoever_cannot_be_informed_is_said(ticket, uma, cora, ray, write):
    shut = Queue.objects.create(name="Shut")
    shut.grants.create(role="itsm_manager", level=Level.WRITE)
    Ticket.objects.filter(pk=ticket.pk).update(queue=shut)
    make_person("zed", "Zed Outside", agent_role="itsm_user")
    page = write(uma, "@zed @cora @nobody @ray")
    assert informed(ticket) == []
    assert "Zed Outside is not informed: they cannot read this ticket." in page.text
    for login in ("cora", "nobody", "ray"):
        assert f"“{login}” informs nobody: no agent here has this login." in page.text


def test_nobody_comes_to_read_by_being_named(ticket, uma, write):
    shut = Queue.objects.create(name="Shut")
    Ticket.objects.filter(pk=ticket.pk).update(queue=shut)
    zed = make_person("zed", "Zed Outside", agent_role="itsm_user")
    write(uma, "@zed")
    assert not Ticket.objects.readable_by(zed).exists()


def test_a_hidden_agent_answers_as_nobody_does(ticket, uma, aiko, write):
    PolicyCell.objects.filter(setter="itsm_user", target="agent").update(see="none")
    page = write(uma, "@aiko @nobody")
    assert informed(ticket) == []
    assert "“aiko” informs nobody: no agent here has this login." in page.text
    assert "佐藤" not in page.text


def test_who_was_informed_is_kept_from_whom_it_is_hidden(ticket, uma, mika, aiko, vera, signed_in):
    ticket.note("Seen.", by=mika, informed=[aiko])
    assert "informed-of" in signed_in(vera).get(f"/tickets/{ticket.number}/?article=2").text
    PolicyCell.objects.filter(setter="itsm_viewer", target="agent").update(see="none")
    assert "informed-of" not in signed_in(vera).get(f"/tickets/{ticket.number}/?article=2").text


def test_who_may_only_write_notes_informs_as_well(make_ticket, mika, uma, aiko, signed_in, write):
    desk = Queue.objects.create(name="Second line")
    desk.grants.create(role="itsm_user", level=Level.NOTE)
    theirs = make_ticket(queue=desk)
    page = signed_in(uma).get(url(theirs, "new/?kind=note"))
    assert {"visible_for_customer", "next_state", "informed"} & set(page.context["form"].fields) == {
        "informed"
    }
    write(uma, "@aiko look", on=theirs, visible_for_customer="on")
    assert informed(theirs) == ["aiko"]
    assert not theirs.articles.last().visible_for_customer


class TestWhatTheCustomerSees:
    """There `@` informs nobody, so that nothing invites to write agents' names where customers read."""

    @pytest.mark.parametrize("sent", [{"kind": "reply"}, {"visible_for_customer": "on"}])
    def test_an_at_informs_nobody_and_that_is_said(self, ticket, uma, aiko, write, sent):
        page = write(uma, "@aiko @nobody", **sent)
        assert informed(ticket) == []
        assert "so @ informs nobody: name aiko under “Inform agents”" in page.text
        assert "“nobody”" not in page.text

    @pytest.mark.parametrize("sent", [{"kind": "reply"}, {"visible_for_customer": "on"}, {}])
    def test_inform_agents_does(self, ticket, uma, aiko, vera, write, sent):
        write(uma, "Done.", informed="aiko, @vera", **sent)
        assert informed(ticket) == ["aiko", "vera"]

    def test_the_customer_is_not_told_who_was_informed(self, ticket, uma, aiko, cora, write, signed_in):
        NamingSettings.objects.update_or_create(defaults={"neutral_agents": True})
        write(uma, "Done.", kind="reply", informed="aiko")
        page = signed_in(cora).get(f"/tickets/{ticket.number}/?article=2").text
        assert "Done." in page
        assert "佐藤" not in page
        assert "informed-of" not in page

    def test_a_follow_up_informs_nobody(self, ticket, cora, aiko, write):
        write(cora, "@aiko help", informed="aiko")
        assert informed(ticket) == []


def test_a_wrong_login_under_inform_agents_stands_beside_the_field(ticket, uma, write):
    page = write(uma, "Seen.", informed="nobody")
    assert page.status_code == 422
    assert page.context["form"].errors == {
        "informed": ["“nobody” informs nobody: no agent here has this login."]
    }
    assert ticket.articles.count() == 1


class TestEditing:
    """As GitHub and GitLab do: who is named for the first time is told, who was named before is not told again."""

    @pytest.fixture
    def edit(self, ticket, uma, aiko, vera, signed_in):
        ticket.note("@aiko look", by=uma, informed=[aiko])

        def post(body, **more):
            return signed_in(uma).post(
                url(ticket, "2/edit/"), {"subject": ticket.title, "body": body, **more}, follow=True
            )

        return post

    def test_whoever_is_new_is_informed(self, ticket, edit, aiko, vera):
        edit("@aiko look, and @vera")
        assert informed(ticket) == ["vera"]
        assert ticket.articles.get(number=2).informed == [aiko.pk, vera.pk]

    def test_not_where_it_becomes_visible(self, ticket, edit):
        edit("@aiko look, and @vera", visible_for_customer="on")
        assert informed(ticket) == []

    def test_what_informs_nobody_is_said(self, edit):
        assert "“zoe” informs nobody" in edit("@zoe look").text


class TestTheOfferToAdd:
    def offered(self, page):
        return "data-offers" in page.text and [
            name
            for name in ("佐藤 愛子", "Vera Viewer")
            if f"Add {name}" in page.text.partition("data-offers")[2][:2500]
        ]

    def test_those_informed_who_do_not_watch(self, ticket, uma, aiko, vera, write, signed_in):
        page = write(uma, "@aiko @vera")
        assert self.offered(page) == ["佐藤 愛子", "Vera Viewer"]
        signed_in(uma).post(f"/tickets/{ticket.number}/watchers/", {"user": "aiko"})
        assert self.offered(signed_in(uma).get(f"/tickets/{ticket.number}/?article=2")) == ["Vera Viewer"]

    def test_not_to_others_and_not_for_ever(self, ticket, uma, mika, aiko, write, signed_in, clock):
        write(uma, "@aiko")
        assert not self.offered(signed_in(mika).get(f"/tickets/{ticket.number}/?article=2"))
        clock.shift(2 * 3600)
        assert not self.offered(signed_in(uma).get(f"/tickets/{ticket.number}/?article=2"))

    def test_only_whom_the_policy_allows(self, ticket, uma, aiko, write):
        PolicyCell.objects.filter(setter="itsm_user", target="agent").update(add="self")
        assert not self.offered(write(uma, "@aiko"))

    def test_not_whoever_ended_their_watch(self, ticket, uma, aiko, write):
        Watcher.objects.watch(ticket, aiko, by=aiko)
        Watcher.objects.unwatch(ticket, aiko, by=aiko)
        assert not self.offered(write(uma, "@aiko"))


class TestThePeopleToName:
    def offered(self, client, ticket, query):
        return [one["login"] for one in client.get(url(ticket, "people/"), {"q": query}).json()["people"]]

    def test_by_login_and_by_name_but_never_oneself(self, ticket, everyone, signed_in):
        client = signed_in(everyone["uma"])
        assert self.offered(client, ticket, "") == ["ada", "mika", "vera", "aiko"]
        assert self.offered(client, ticket, "愛子") == ["aiko"]
        assert self.offered(client, ticket, "m") == ["mika", "ada"]
        assert self.offered(client, ticket, "cora") == self.offered(client, ticket, "uma") == []

    def test_only_whom_one_may_know_and_who_can_read_it(self, ticket, everyone, signed_in):
        shut = Queue.objects.create(name="Shut")
        shut.grants.create(role="itsm_manager", level=Level.WRITE)
        Ticket.objects.filter(pk=ticket.pk).update(queue=shut)
        assert self.offered(signed_in(everyone["uma"]), ticket, "") == ["ada", "mika"]
        PolicyCell.objects.filter(setter="itsm_user", target="agent").update(see="none")
        assert self.offered(signed_in(everyone["uma"]), ticket, "") == []

    def test_the_number_is_said(self, ticket, uma, aiko, signed_in):
        answer = signed_in(uma).get(url(ticket, "people/"), {"q": "aiko"}).json()
        assert answer["said"] == "1 person found: choose with the arrow keys."
        assert answer["people"] == [
            {"login": "aiko", "name": "佐藤 愛子", "role": "Operation Agent (itsm_user)"}
        ]

"""One notice per person and ticket of an operation, whatever led to it (domain §5, step 4)."""

import pytest

from notifications.choices import Severity
from notifications.models import Candidate, Mail, MailItem, Notice, Preference
from notifications.wording import Reader, words, words_for_many
from tests.notifications.conftest import told
from tickets.operations import operation
from watchers.models import Watcher


def turn_off(person, definition, channel):
    Preference.objects.create(person=person, definition=definition, channel=channel, enabled=False)


def test_owner_watcher_and_role_in_two_definitions_is_one_notice(ticket, uma, mika, define, dispatch, forget):
    """Guard: merging.merge groups by person alone."""
    Watcher.objects.watch(ticket, uma, by=uma)
    define(name="Second", recipients=["owner", "watchers"], roles=["itsm_user"])
    forget()
    ticket.note("Looked at it.", by=mika)
    dispatch()
    [notice] = Notice.objects.all()
    assert (notice.person, notice.channels) == (uma, ["in_app", "email"])
    assert notice.reasons == ["owner", "watchers", "roles"]
    assert MailItem.objects.count() == Mail.objects.count() == 1
    assert Candidate.objects.filter(notice=notice).count() == 4


def test_channels_unite_and_the_severity_is_the_highest(ticket, uma, mika, only, define, dispatch, forget):
    forget()
    only(name="App", channels={"in_app": True}, severity="warning")
    define(name="Mail", channels={"email": True}, severity="critical")
    ticket.note("Looked at it.", by=mika)
    dispatch()
    [notice] = Notice.objects.all()
    assert (notice.channels, notice.severity) == (["in_app", "email"], Severity.CRITICAL)
    assert notice.definition_version.definition.name == "App"
    assert notice.mail_items.get().definition_version.definition.name == "Mail"


def test_the_text_is_the_most_important_definitions_and_of_equals_the_oldest_ones(
    ticket, mika, only, define, dispatch, forget
):
    forget()
    only(name="First", severity="information")
    define(name="Second", severity="warning")
    define(name="Third", severity="warning")
    ticket.note("Looked at it.", by=mika)
    dispatch()
    assert Notice.objects.get().definition_version.definition.name == "Second"


def test_a_definition_that_is_turned_off_does_not_give_the_text(
    ticket, uma, mika, only, define, dispatch, forget
):
    forget()
    first = only(name="First", severity="critical")
    define(name="Second", severity="information")
    turn_off(uma, first, "email")
    ticket.note("Looked at it.", by=mika)
    dispatch()
    notice = Notice.objects.get()
    assert notice.definition_version.definition.name == "First"
    assert notice.mail_items.get().definition_version.definition.name == "Second"


@pytest.mark.parametrize(
    ("priority", "severity"),
    [("very_low", 1), ("low", 1), ("medium", 1), ("high", 2), ("very_high", 3)],
)
def test_the_severity_from_the_priority_as_of_the_event(
    priority, severity, ticket, mika, only, dispatch, forget
):
    ticket.change_priority(priority, by=mika)
    forget()
    only()
    ticket.note("Looked at it.", by=mika)
    ticket.change_priority("low" if priority == "very_high" else "very_high", by=mika)
    dispatch()
    assert Notice.objects.get().severity == severity


def test_several_events_of_one_act_are_one_notice_that_speaks_of_the_article(
    ticket, uma, mika, dispatch, forget
):
    forget()
    with operation(by=mika):
        ticket.change_priority("high", by=mika)
        ticket.reply("We are on it.", by=mika)
        ticket.change_state("in_progress", by=mika)
    dispatch()
    notice = Notice.objects.get(person=uma)
    events = list(ticket.events.order_by("pk"))[-3:]
    assert notice.event == events[1]
    assert notice.event_ids == [event.pk for event in events]
    told = words(notice.definition_version, notice.event, Reader.of(uma), [events[0], events[2]])
    assert told.body.endswith("Priority: Medium → High\nState: New → In progress")


def test_by_mail_one_may_hear_of_another_event_than_in_the_app(
    ticket, uma, mika, only, define, dispatch, forget
):
    forget()
    article = only(name="Article")
    define(name="State", events=["TicketStateUpdate"])
    turn_off(uma, article, "email")
    with operation(by=mika):
        ticket.note("Looked at it.", by=mika)
        ticket.change_state("in_progress", by=mika)
    dispatch()
    [item] = MailItem.objects.select_related("notice__event", "event")
    assert (item.notice.event.name, item.told_event.name) == ("ArticleCreate", "TicketStateUpdate")


def test_a_change_of_many_tickets_is_one_notice_listing_those_one_may_read(
    make_ticket, acme, borealis, uma, mika, carl, bo, dispatch, forget
):
    tickets = [
        make_ticket(owner=uma, customer=acme, customer_user=carl),
        make_ticket(owner=uma, customer=acme, customer_user=carl),
        make_ticket(owner=uma, customer=borealis, customer_user=bo),
    ]
    forget()
    with operation(by=None):
        for ticket in tickets:
            ticket.change_state("closed", by=None)
    dispatch()
    assert told() == {"uma": 1, "mika": 1, "carl": 1, "bo": 1}
    events = {ticket.pk: ticket.events.latest("pk").pk for ticket in tickets}
    carls, bos = Notice.objects.get(person=carl), Notice.objects.get(person=bo)
    assert (carls.ticket, carls.event_ids) == (None, [events[tickets[0].pk], events[tickets[1].pk]])
    assert (bos.ticket, bos.event_ids) == (tickets[2], [events[tickets[2].pk]])
    text = words_for_many([ticket.events.latest("pk") for ticket in tickets[:2]], Reader.of(carl))
    assert text.subject == "2 tickets: State changed"
    assert text.body.splitlines() == [
        f"{ticket.number} Mail stops at the gateway – State: New → Closed" for ticket in tickets[:2]
    ]


def test_a_critical_one_skips_the_window_where_its_definition_says_so(ticket, mika, only, dispatch, forget):
    forget()
    only(critical_skips_window=True, severity="critical")
    ticket.note("Now!", by=mika)
    dispatch()
    assert Mail.objects.get().state == "due"


def test_a_less_than_critical_one_waits_all_the_same(ticket, mika, only, dispatch, forget):
    forget()
    only(critical_skips_window=True, severity="warning")
    ticket.note("Soon.", by=mika)
    dispatch()
    assert Mail.objects.get().state == "open"

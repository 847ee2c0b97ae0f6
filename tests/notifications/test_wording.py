"""What a notice says: from the event's own article and values, to each reader in their own way (B12, B13)."""

import datetime

import pytest
import time_machine
from django.utils import translation

from notifications.models import Definition, DefinitionVersion, MailServer
from notifications.tags import all_tags
from notifications.wording import Reader, describe, fill, prepare, unknown_tags, words
from opsi.models import User
from tickets.models import TicketEvent


@pytest.fixture
def version(db):
    """`version(subject, body, ja=(subject, body))`."""

    def make(subject="", body="", **others):
        texts = {"en": {"subject": subject, "body": body, "frame": "default"}}
        for language, (other_subject, other_body) in others.items():
            texts[language] = {"subject": other_subject, "body": other_body, "frame": "alert"}
        definition = Definition.objects.create(name=f"Test {Definition.objects.count()}")
        return DefinitionVersion.objects.create(definition=definition, number=1, texts=texts)

    return make


@pytest.fixture
def changed(ticket, uma):
    with time_machine.travel(datetime.datetime(2026, 11, 24, 20, 30, tzinfo=datetime.UTC), tick=False):
        return ticket.change_state("in_progress", by=uma)


def test_tags_speak_of_ticket_change_and_people(ticket, changed, version, cora):
    text = version(
        "[{{ticket.number}}] {{ ticket.title }}",
        "{{recipient.name}}: {{actor}} {{event.label}}, {{event.old}} → {{event.new}}; {{ticket.queue}}, "
        "{{ticket.priority}}, {{owner}}, {{creator}}, {{customer}}",
    )
    told = words(text, changed, Reader.of(cora))
    assert told.subject == f"[{ticket.number}] Mail stops at the gateway"
    assert told.body == (
        "Cora Castor: Uma Ogawa State changed, New → In progress; Service desk, Medium, Uma Ogawa, Mika Manager, Acme"
    )


def test_values_are_those_of_the_event_whatever_happened_since(ticket, changed, version, uma, aiko):
    ticket.change_state("closed", by=uma)
    ticket.rename("Something else", by=uma)
    ticket.change_owner(aiko, by=uma)
    event = TicketEvent.objects.get(pk=changed.pk)
    told = fill("{{ticket.state}} {{ticket.title}} {{owner}} {{event.new}}", event, Reader.of(uma))
    assert told == "In progress Mail stops at the gateway Uma Ogawa In progress"


def test_the_article_is_the_events_own_in_its_current_version(ticket, uma, mika):
    first = ticket.note("First note.", by=uma, subject="One")
    ticket.note("Second note.", by=uma, subject="Two")
    ticket.edit_article(first, by=uma, body="First note, corrected.")
    event = first.events.get(name="ArticleCreate")
    event.refresh_from_db()
    told = fill("{{article.subject}} {{article.from}} {{article.body}}", event, Reader.of(mika))
    assert told == "One Uma Ogawa First note, corrected."


def test_who_may_not_see_the_article_reads_nothing_of_it(ticket, uma, cora):
    event = ticket.note("The customer need not know.", by=uma, subject="Secret").events.get()
    every_tag = " ".join(f"{{{{{tag.name}}}}}" for tag in all_tags() if tag.name.startswith("article."))
    assert set(fill(every_tag, event, Reader.of(cora)).split()) == {"-"}
    assert describe(event, Reader.of(cora)) == "Article added"
    assert describe(event, Reader.of(uma)) == "Article added: Secret"


def test_a_deleted_article_says_nothing_any_more(ticket, uma):
    article = ticket.note("Wrong ticket.", by=uma)
    ticket.delete_article(article, by=uma)
    event = article.events.get(name="ArticleCreate")
    assert fill("{{article.body}}", event, Reader.of(uma)) == "-"


def test_the_body_can_be_cut_to_some_lines(ticket, uma):
    event = ticket.note("one\ntwo\nthree", by=uma).events.get()
    assert fill("{{article.body:2}}", event, Reader.of(uma)) == "one\ntwo\n[…]"
    assert fill("{{article.body:3}}", event, Reader.of(uma)) == "one\ntwo\nthree"


def test_each_reader_in_their_language_and_time_zone(changed, version, uma, aiko):
    text = version("{{ticket.state}} {{event.time}}", ja=("{{ticket.state}} ({{event.time}})", ""))
    assert words(text, changed, Reader.of(aiko)).subject == "対応中 (2026-11-25 05:30 (Asia/Tokyo))"
    assert words(text, changed, Reader.of(aiko)).frame == "alert"
    assert words(text, changed, Reader.of(uma)).subject == "In progress 2026-11-24 20:30 (UTC)"
    assert translation.get_language() == "en"


def test_without_a_text_in_their_language_readers_get_the_default_one(changed, version, aiko):
    assert words(version("{{ticket.number}}"), changed, Reader.of(aiko)).subject == changed.ticket.number


def test_a_time_zone_that_is_none_is_utc(changed):
    assert fill("{{event.time}}", changed, Reader("en", "Mars/Olympus", True)) == "2026-11-24 20:30 (UTC)"


@pytest.mark.parametrize(
    "text",
    [
        "{{no.such.tag}}",
        "{{ticket}}",
        "{{}}",
        "{{ticket.owner.password}}",
        "{{settings.SECRET_KEY}}",
        "{{1+1}}",
    ],
)
def test_an_unknown_tag_is_a_dash(changed, text):
    assert fill(text, changed, Reader.of_nobody()) == "-"
    assert unknown_tags(f"{{{{ticket.number}}}} {text}") == [text.strip("{}")]


def test_no_tag_reaches_a_password_a_secret_or_anybodys_address(
    make_ticket, acme, uma, mika, carl, aiko, settings
):
    server = MailServer(host="smtp.internal.example", account="desk-account", sender="desk@internal.example")
    server.secret = "Tr0ub4dor"
    server.save()
    ticket = make_ticket(customer=acme, customer_user=carl, owner=uma, responsible=mika)
    ticket.change_owner(aiko, by=uma)
    ticket.follow_up("It happened again.", by=carl)
    hidden = {settings.SECRET_KEY, "smtp.internal", "desk-account", "internal.example", "Tr0ub4dor"}
    hidden |= {server.secret_encrypted}
    for person in User.objects.all():
        hidden |= {person.email, person.password} - {""}
    every_tag = "\n".join(f"{{{{{tag.name}}}}}" for tag in all_tags())
    for event in ticket.events.all():
        for reader in (Reader.of(uma), Reader.of(carl), Reader.of_nobody("x@example.org")):
            said = fill(every_tag, event, reader)
            assert [one for one in hidden if one in said] == []


@pytest.mark.parametrize(
    "name",
    [
        "owner.password", "owner.email", "recipient.email", "recipient.password", "customer_user.email",
        "actor.email", "article.to", "article.cc", "mail_server.secret", "settings.DATABASES", "base.secret",
        "ticket.__class__", "ticket.owner", "event.data", "event.snapshot",
    ],
)  # fmt: skip
def test_nor_can_one_be_made_up(changed, uma, name):
    assert fill(f"{{{{{name}}}}} {{{{{name}:5}}}}", changed, Reader.of(uma)) == "- -"


def test_an_empty_value_is_a_dash(changed):
    assert (
        fill("{{responsible}}{{ticket.service}}{{ticket.pending_until}}", changed, Reader.of_nobody())
        == "---"
    )


def test_what_people_typed_is_never_read_as_a_tag(ticket, uma):
    event = ticket.note("{{customer}} {{ticket.title}}", by=uma).events.get()
    assert fill("{{article.body}}", event, Reader.of(uma)) == "{{customer}} {{ticket.title}}"


def test_a_subject_is_one_line_whatever_it_holds(make_ticket, uma, version):
    event = make_ticket().note("x", by=uma, subject="Hi\r\nBcc: everyone@example.com\x07\u2028").events.get()
    told = words(version("{{article.subject}}\nX-Evil: 1"), event, Reader.of(uma))
    assert told.subject == "Hi Bcc: everyone@example.com X-Evil: 1"


def test_rendering_one_reader_never_leaks_into_the_next(ticket, uma, carl, bo, aiko, version):
    event = ticket.note("The customer need not know.", by=uma).events.get()
    text = version("{{recipient.name}}", "{{article.body}}", ja=("{{recipient.name}}", "{{article.body}}"))
    told = [words(text, event, Reader.of(one)) for one in (aiko, carl, uma, bo)]
    assert [one.subject for one in told] == ["佐藤 愛子", "Carl Castor", "Uma Ogawa", "Bo Boreal"]
    assert [one.body for one in told] == [
        "The customer need not know.",
        "-",
        "The customer need not know.",
        "-",
    ]


def test_a_customer_is_not_told_which_other_customer_a_ticket_belonged_to(ticket, borealis, bo, uma):
    event = ticket.change_customer(borealis, by=uma)
    assert describe(event, Reader.of(bo)) == "Customer: - → Borealis"
    assert describe(event, Reader.of(uma)) == "Customer: Acme → Borealis"


def test_of_the_ticket_merged_into_only_the_number_is_told(ticket, make_ticket, acme, uma, cora):
    target = make_ticket(customer=acme, title="Another matter")
    event = ticket.merge_into(target, by=uma)
    assert describe(event, Reader.of(cora)) == f"Ticket merged: {target.number}"


def test_changes_in_a_line(ticket, uma, aiko):
    reader = Reader.of(uma)
    assert describe(ticket.lock(by=uma), reader) == "Locked: no → yes"
    assert describe(ticket.change_owner(None, by=uma), reader) == "Owner: Uma Ogawa → -"
    until = ticket.set_pending_until(datetime.datetime(2026, 12, 1, 9, tzinfo=datetime.UTC), by=uma)
    assert describe(until, reader) == "Pending until: - → 2026-12-01 09:00 (UTC)"


def test_a_text_that_is_broken_still_says_something(changed, uma):
    assert words(DefinitionVersion(texts={}), changed, Reader.of(uma)).body == "State: New → In progress"
    assert (
        fill(
            "{{event.old}}",
            TicketEvent(ticket=changed.ticket, name="TicketStateUpdate", old={"a": 1}),
            Reader.of(uma),
        )
        == "-"
    )


def test_many_events_share_the_statements_for_names(ticket, uma, version, django_assert_max_num_queries):
    text = version("{{owner}} {{creator}} {{ticket.queue}} {{customer}}")
    for number in range(10):
        ticket.note(f"Note {number}", by=uma)
    events = list(TicketEvent.objects.select_related("ticket", "actor", "article__author"))
    prepare(events)
    with django_assert_max_num_queries(3):
        for event in events:
            words(text, event, Reader.of(uma))

"""What only asks changes nothing: link scanners, prefetching browsers and crawlers open whatever they find."""

import re
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

WRITING = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)
PASSING = ("django_session",)


@contextmanager
def writes():
    """The statements that would change a table, but for sessions."""
    found = []

    def watch(execute, sql, params, many, context):
        if WRITING.match(sql) and not any(table in sql for table in PASSING):
            found.append(sql[:200])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield found


def everything():
    """{table: its rows}, of every table but sessions."""
    return {
        model._meta.db_table: sorted(model._base_manager.values_list(), key=repr)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.db_table not in PASSING
    }


@pytest.mark.parametrize("login", ["ada", "uma", "carl", "ray", None])
def test_asking_changes_nothing(addresses, everyone, signed_in, login):
    client = signed_in(everyone[login]) if login else Client()
    before = everything()
    changing = []
    for _route, address in addresses:
        for method in ("GET", "HEAD", "OPTIONS"):
            with writes() as found:
                answer = client.generic(method, address)
            assert answer.status_code < 500, (method, address)
            changing += [(method, address, statement) for statement in found]
    assert changing == []
    assert everything() == before


def test_the_watch_sees_what_is_written(ticket, uma):
    before = everything()
    with writes() as found:
        ticket.note("Look.", by=uma)
    assert found
    assert everything() != before


def test_a_parameter_does_not_make_it_another_method(addresses, everyone, signed_in):
    client = signed_in(everyone["uma"])
    before = everything()
    for _route, address in addresses:
        answer = client.get(address, {"_method": "delete"}, headers={"X-HTTP-Method-Override": "DELETE"})
        assert answer.status_code < 500, address
    assert everything() == before


# A watch is narrowed and widened by PATCH (docs/watchers.md).
NARROWED = {"watch", "watcher", "group_watcher"}


@pytest.mark.parametrize("path", ["/logout/", "/admin/logout/"])
def test_nobody_is_signed_out_by_a_link(uma, ada, signed_in, path):
    client = signed_in(ada)
    assert client.get(path).status_code == 405
    assert client.get("/tickets/").status_code == 200


def test_pages_have_the_methods_they_have(addresses, everyone, signed_in):
    client = signed_in(everyone["ada"])
    for route, address in addresses:
        if route.name.startswith("admin:") or route.name == "mail_tracking":
            continue
        for method in ("PUT", "PATCH", "TRACE", "BREW"):
            answer = client.generic(method, address)
            if method == "PATCH" and route.name in NARROWED:
                assert 400 <= answer.status_code < 500, address  # it does not say how
            else:
                assert answer.status_code == 405, (method, address)

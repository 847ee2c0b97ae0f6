import pytest
from django.db import connection
from django.test import Client
from kombu import Connection

from opsi import health
from opsi.celery import app


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)


def test_alive_without_database(client):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_ready(client):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.content.splitlines()[0] == b"database: ok"


@pytest.mark.django_db
def test_ready_asks_little_once_migrated(client, django_assert_num_queries):
    """Whether the database answers, and one statement each of worker, events and mail."""
    client.get("/readyz")
    with django_assert_num_queries(4):
        client.get("/readyz")


@pytest.mark.django_db
def test_waiting_migration_makes_unready(client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'notifications'")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert b"database: migrations are waiting (run manage.py migrate)" in response.content
    assert b"worker: unknown\n" in response.content


@pytest.mark.django_db
def test_broker_that_is_away_is_told_and_does_not_count(client, monkeypatch):
    monkeypatch.setattr(app, "connection_for_write", lambda: Connection("amqp://127.0.0.1:1//"))
    response = client.get("/readyz")
    assert response.status_code == 200
    assert b"broker: unreachable" in response.content


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_asked_never_told(path):
    assert Client().post(path).status_code == 405

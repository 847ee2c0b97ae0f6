"""`bin/bench --peer`: the peer's figures beside ours; what goes wrong with it is said and loses nothing of ours."""

import json
import os
import sys
from pathlib import Path

import pytest
from django.utils.module_loading import import_string

from bench.measuring import side_by_side
from bench.peer import beside
from opsi.environment import Environment
from tests.bench.test_bench import bench

pytestmark = pytest.mark.once  # has databases of its own

JOB = beside.Job(10, {}, {}, "Printer", "It is on fire.")


@pytest.fixture
def spoken_by(tmp_path):
    """A process that answers with what a shell script says, where the peer's own would need a package index."""

    def start(script):
        python = tmp_path / "python"
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
        return beside.Process(python, JOB)

    return start


def test_every_twin_is_a_measure_of_ours():
    from bench import plan

    assert set(beside.TWINS.values()) <= set(plan.names())


def test_the_peers_figures_are_what_its_process_answers_and_the_ratio_is_to_its_twin(spoken_by):
    script = 'while read line; do case "$line" in *statements*) echo 85;; *) echo 0.3;; esac; done'
    with spoken_by(script) as process:
        twin = beside.PeerSide("zoom_10", process, bare="")
        twin.once = lambda: 0.1
        peer = beside.PeerSide("peer_zoom_10", process, bare="zoom_10")
        found = side_by_side([twin, peer], rounds=3)[1].as_json()
    assert found == {
        "name": "peer_zoom_10", "median": 0.3, "p95": 0.3, "unit": "seconds", "statements": 85, "ratio": 3.0,
    }  # fmt: skip


def test_it_sends_to_our_mail_server_by_what_is_installed_beside_it(settings, tmp_path):
    ours = Environment({"OPSI_MAIL_URL": "smtp://127.0.0.1:2525"}).mailer("OPSI_MAIL_URL", tmp_path)
    settings.MAILERS = {"opsi": ours}
    backend = import_string(beside.mailer()["BACKEND"])
    assert backend.__module__.startswith("django.")
    assert backend(alias="default", **beside.mailer()["OPTIONS"]).port == 2525


def test_it_is_asked_for_one_thing_at_a_time(spoken_by):
    with spoken_by('while read line; do echo "$line"; done') as process:
        assert process.ask("peer_zoom_10", "seconds") == ["peer_zoom_10", "seconds"]
        assert process.ask("peer_zoom_10", "statements") == ["peer_zoom_10", "statements"]


@pytest.mark.parametrize("script", ["exit 3", "read line; exit 0"])
def test_a_peer_that_stops_is_told_in_a_sentence(spoken_by, script):
    with spoken_by(script) as process, pytest.raises(beside.Unavailable, match="newest release"):
        process.ask("peer_zoom_10", "seconds")


def test_a_python_without_the_peer_is_no_peer(capfd):
    with beside.Process(Path(sys.executable), JOB) as process, pytest.raises(beside.Unavailable):
        process.listen()
    assert "ModuleNotFoundError" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("asked", "ours", "peers"),
    [
        (None, None, list(beside.TWINS)),
        (["zoom_10"], ["zoom_10"], ["peer_zoom_10"]),
        (["peer_zoom_10"], ["zoom_10"], ["peer_zoom_10"]),
        (["badge"], ["badge"], []),
    ],
)
def test_a_twin_comes_along(asked, ours, peers):
    assert beside.chosen(asked) == (ours, peers)


def test_nothing_is_installed_where_nothing_of_the_peer_is_due(capfd):
    with beside.Peer(["peer_zoom_10"], watchers=10) as peer:
        assert peer.sides(("badge", "badge_1m")) == []
    assert capfd.readouterr().err == ""


def test_where_nothing_can_be_installed_our_own_figures_are_there_and_one_sentence_says_what_to_do(
    monkeypatch,
):
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    done = bench(
        "--json", "--rounds", "1", "--scale", "0.02", "--only", "request_w0", "--peer", "django-helpdesk"
    )
    assert done.returncode == 1
    assert [json.loads(line)["name"] for line in done.stdout.splitlines()] == ["request_w0", "request_w1000"]
    sentence = done.stderr.splitlines()[-1]
    assert sentence.startswith("bin/bench --peer: django-helpdesk could not be installed")
    assert "package index" in sentence
    assert "Traceback" not in done.stderr

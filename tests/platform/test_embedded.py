"""What one machine gets without preparation."""

import os
import socket
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from opsi import embedded
from opsi.management.commands import up


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("OPSI_DATA_DIR", "OPSI_SECRET_KEY", "OPSI_MAIL_URL"):
        # Set first: what is then deleted comes back after the test, whatever it set meanwhile.
        monkeypatch.setenv(name, "")


def test_secret_is_made_once_kept_and_private(tmp_path):
    embedded.supply(tmp_path / "data")
    first = os.environ.pop("OPSI_SECRET_KEY")
    embedded.supply(tmp_path / "data")
    assert os.environ["OPSI_SECRET_KEY"] == first
    assert len(first) >= 50
    assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600


def test_two_first_starts_at_once_take_the_same_secret(tmp_path):
    with ThreadPoolExecutor(8) as starts:
        secrets = set(starts.map(embedded._kept_secret, [tmp_path / "secret_key"] * 8))
    assert len(secrets) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_what_is_set_already_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("OPSI_SECRET_KEY", "mine")
    monkeypatch.setenv("OPSI_MAIL_URL", "smtp://mail.example.com")
    embedded.supply_from(["--port", "1", "--data", str(tmp_path / "data"), "--no-demo"])
    assert os.environ["OPSI_SECRET_KEY"] == "mine"
    assert os.environ["OPSI_MAIL_URL"] == "smtp://mail.example.com"
    assert os.environ["OPSI_DATA_DIR"] == str(tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_data_dir_that_is_a_file_is_one_sentence(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(SystemExit, match=r"^The data dir .*taken cannot be used: File exists\.$"):
        embedded.supply(tmp_path / "taken")


def test_relative_data_dir_is_relative_to_the_caller(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    embedded.supply_from(["--data", "mine"])
    assert os.environ["OPSI_DATA_DIR"] == str(tmp_path / "mine")


@pytest.mark.parametrize(
    ("host", "given", "private", "ports"),
    [
        ("127.0.0.1", "", "on", "any"),
        ("localhost", "", "on", "any"),
        ("127.0.0.1", "no", "no", "any"),
        ("0.0.0.0", "", "", ""),  # noqa: S104
        ("192.0.2.7", "", "", ""),
    ],
)
def test_only_a_trial_on_loopback_lets_the_mail_server_be_beside_it(monkeypatch, host, given, private, ports):
    monkeypatch.setenv("OPSI_BASE_URL", "http://localhost")
    monkeypatch.setenv("OPSI_ALLOWED_HOSTS", "localhost")
    monkeypatch.setenv("WEB_CONCURRENCY", "")
    monkeypatch.setenv("OPSI_MAIL_SERVER_PRIVATE", given)
    monkeypatch.setenv("OPSI_MAIL_SERVER_PORTS", "")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        up.Command()._announce(listener, host)
    assert (os.environ["OPSI_MAIL_SERVER_PRIVATE"], os.environ["OPSI_MAIL_SERVER_PORTS"]) == (private, ports)

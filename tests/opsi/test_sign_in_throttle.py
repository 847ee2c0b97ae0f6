"""Guessing is slowed down by account and by address, without locking anybody out for long or telling who exists."""

import pytest
from axes.models import AccessAttempt
from django.test import Client, RequestFactory
from django.urls import reverse

from opsi.models import User
from opsi.throttle import ACCOUNT_LIMIT, ADDRESS_LIMIT, PAIR_LIMIT, account_name, client_address

HERE, THERE = "192.0.2.1", "198.51.100.7"


def sign_in(login, password="demo", address=HERE, path="/login/", **headers):
    return Client(REMOTE_ADDR=address, headers=headers).post(path, {"username": login, "password": password})


def guess(login, times, address=HERE):
    for _ in range(times):
        answer = sign_in(login, "wrong", address)
    return answer


def alike(answer):
    return answer.status_code, answer.context["form"].non_field_errors().as_text()


def test_too_many_guesses_are_refused_even_with_the_right_password(uma):
    assert guess("uma", PAIR_LIMIT).status_code == 422
    assert sign_in("uma").status_code == 429
    assert sign_in("UMA").status_code == 429


@pytest.mark.parametrize("typed", ["MIKA", "Mika", "mıka", "MıKA"])
def test_a_login_is_counted_as_one_however_it_is_typed(typed):
    """PostgreSQL finds mika under each of these."""
    assert account_name(None, {"username": typed}) == "mika"


def test_uma_gets_in_from_elsewhere_meanwhile(uma):
    guess("uma", PAIR_LIMIT)
    assert sign_in("uma", address=THERE).status_code == 302


def test_a_quarter_of_an_hour_later_it_is_over_however_often_one_tried_meanwhile(uma, time_machine):
    time_machine.move_to("2026-03-02 09:00Z", tick=False)
    guess("uma", PAIR_LIMIT)
    time_machine.move_to("2026-03-02 09:14Z", tick=False)
    assert guess("uma", 3).status_code == 429
    time_machine.move_to("2026-03-02 09:15:01Z", tick=False)
    assert sign_in("uma").status_code == 302


def test_guesses_from_many_addresses_slow_the_account_down_for_five_minutes(uma, time_machine):
    time_machine.move_to("2026-03-02 09:00Z", tick=False)
    for number in range(ACCOUNT_LIMIT):
        guess("uma", 1, f"203.0.113.{number}")
    assert sign_in("uma", address=THERE).status_code == 429
    time_machine.move_to("2026-03-02 09:05:01Z", tick=False)
    assert sign_in("uma", address=THERE).status_code == 302


def test_one_address_that_tries_many_logins_is_refused(uma):
    for number in range(ADDRESS_LIMIT):
        guess(f"nobody{number}", 1)
    assert sign_in("uma").status_code == 429
    assert sign_in("uma", address=THERE).status_code == 302


def test_a_success_forgives_only_its_own_account(uma, vera):
    guess("uma", PAIR_LIMIT - 1)
    guess("vera", PAIR_LIMIT - 1)
    assert sign_in("uma").status_code == 302
    assert guess("uma", PAIR_LIMIT - 1).status_code == 422
    assert sign_in("uma").status_code == 302
    guess("vera", 1)
    assert sign_in("vera").status_code == 429


def test_successes_are_never_counted(uma):
    for _ in range(ADDRESS_LIMIT + 1):
        assert sign_in("uma").status_code == 302
    assert not AccessAttempt.objects.exists()


def test_nobody_learns_which_account_exists(uma, cora, ray):
    User.objects.filter(pk=cora.pk).update(is_active=False)
    User.objects.filter(pk=ray.pk).update(deleted_at="2026-01-01T00:00Z")
    logins = ["uma", "nobody", "cora", "ray"]
    assert len({alike(guess(login, PAIR_LIMIT)) for login in logins}) == 1
    refused = {alike(sign_in(login)) for login in logins}
    assert [status for status, _ in refused] == [429]


def test_a_password_is_hashed_whoever_it_is_for(uma, cora, ray, monkeypatch):
    User.objects.filter(pk=cora.pk).update(is_active=False)
    User.objects.filter(pk=ray.pk).update(deleted_at="2026-01-01T00:00Z")
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda self, *given: hashed.append(1) or encode(self, *given)
    )
    costs = set()
    for login in ["uma", "nobody", "cora", "ray"]:
        hashed.clear()
        sign_in(login, "wrong")
        costs.add(len(hashed))
    assert costs == {1}


def test_no_password_is_kept_with_the_failures(uma):
    sign_in("uma", "almost my password")
    row = AccessAttempt.objects.get()
    assert "almost" not in row.post_data + row.get_data


def test_the_current_password_is_guessed_no_faster_at_the_password_page(uma):
    client = Client(REMOTE_ADDR=HERE)
    client.force_login(uma)
    new = "correct horse battery"
    form = {"old_password": "wrong", "new_password1": new, "new_password2": new}
    assert [client.post("/preferences/password/", form).status_code for _ in range(PAIR_LIMIT)] == [422] * 5
    assert client.post("/preferences/password/", form | {"old_password": "demo"}).status_code == 429
    assert User.objects.get(username="uma").check_password("demo")
    assert sign_in("uma").status_code == 429


def test_the_admins_login_leads_to_ours(ada, uma, signed_in):
    assert sign_in("ada", path="/admin/login/").url == "/login/?next=%2Fadmin%2F"
    assert (
        Client().get("/admin/login/?next=/admin/opsi/user/").url == "/login/?next=%2Fadmin%2Fopsi%2Fuser%2F"
    )
    assert signed_in(uma).get("/admin/login/").status_code == 403
    assert signed_in(ada).get("/admin/password_change/").url == "/preferences/"


def test_ada_sees_a_lock_and_lifts_it(ada, uma, signed_in):
    guess("uma", PAIR_LIMIT)
    client, row = signed_in(ada), AccessAttempt.objects.get()
    assert HERE in client.get(reverse("admin:axes_accessattempt_changelist")).text
    client.post(reverse("admin:axes_accessattempt_delete", args=[row.pk]), {"post": "yes"})
    assert sign_in("uma").status_code == 302


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, None, HERE),
        (0, "203.0.113.9", HERE),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
        (2, "10.0.0.1, 203.0.113.9, 192.0.2.77", "203.0.113.9"),
        (2, "203.0.113.9", HERE),
        (1, "junk", None),
        (1, None, HERE),
    ],
)
def test_a_forwarded_address_is_believed_as_far_as_our_proxies_wrote_it(settings, proxies, header, address):
    settings.OPSI_TRUSTED_PROXIES = proxies
    forwarded = {"HTTP_X_FORWARDED_FOR": header} if header else {}
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=HERE, **forwarded)) == address


def test_one_ipv6_network_counts_as_one_address():
    request = RequestFactory().get("/", REMOTE_ADDR="2001:db8:1:2:aaaa::1")
    assert client_address(request) == "2001:db8:1:2::"


def test_a_forged_header_gives_no_fresh_tries(uma):
    for number in range(PAIR_LIMIT):
        sign_in("uma", "wrong", x_forwarded_for=f"203.0.113.{number}")
    assert sign_in("uma", x_forwarded_for="203.0.113.99").status_code == 429

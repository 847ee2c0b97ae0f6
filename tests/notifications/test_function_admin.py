"""The notification function's page: what each needs, tests, the change-over, and the password nobody sees (§4)."""

import logging

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.choices import Function
from notifications.models import MailServer, NotificationFunction
from tests.smtp import dead_port, use_smtp
from tests.waiting import mail_server, text_of

pytestmark = [pytest.mark.django_db]

PAGE = "/admin/notifications/notificationfunction/"
SERVER = f"{PAGE}server/"
SECRET = "Tr0ub4dor&3"


@pytest.fixture
def admin(ada, signed_in):
    return signed_in(ada)


def settings_of(port, **fields):
    return {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "authentication": "password",
        "account": "desk",
        "secret": SECRET,
        "sender": "desk@example.org",
    } | fields


def errors(response):
    return response.context["server_form"].errors.get_json_data()


def error_at(response, field):
    return [error["message"] for error in errors(response)[field]]


def test_both_functions_stand_side_by_side_with_what_is_missing(admin):
    page = admin.get(PAGE)
    assert page.status_code == 200
    text = page.content.decode()
    assert "Ops I notification function" in text
    assert "The name of the mail server is missing." in text
    assert "The sender address is missing." in text
    assert text.count("Send test mail") == 2
    assert "style=" not in text.partition('<div id="content-main"')[2]


@pytest.mark.parametrize("login", ["mika", "uma", "vera", "carl", "cora", "ray"])
def test_nobody_else_reaches_it(everyone, login, signed_in):
    client = signed_in(everyone[login])
    assert client.get(PAGE).status_code != 200
    for url in (SERVER, f"{PAGE}mail_server/test/", f"{PAGE}mail_server/change-over/", f"{PAGE}combining/"):
        assert client.post(url, settings_of(25) | {"anyway": "on"}).status_code in (302, 403, 404)
    assert not MailServer.objects.exists()
    assert not NotificationFunction.objects.exists()


@pytest.mark.parametrize(
    "url", [SERVER, f"{PAGE}opsi/test/", f"{PAGE}mail_server/change-over/", f"{PAGE}combining/"]
)
def test_no_get_changes_anything(admin, url):
    assert admin.get(url).status_code == 405


def test_an_unknown_function_is_not_found(admin):
    assert admin.post(f"{PAGE}pigeon/test/").status_code == 404
    assert admin.post(f"{PAGE}pigeon/change-over/").status_code == 404


def test_the_way_from_nothing_to_a_mail_server_in_use(admin, ada, smtp_server):
    host, port = smtp_server(account=("desk", SECRET))
    assert admin.post(SERVER, settings_of(port)).status_code == 302
    refused = admin.post(f"{PAGE}mail_server/change-over/")
    assert refused.status_code == 422
    assert "Send a test mail first, or confirm that you change over without one." in refused.content.decode()
    assert NotificationFunction.load().function == Function.OPSI

    assert admin.post(f"{PAGE}mail_server/test/").status_code == 302
    [mail] = host.mails
    assert (mail["To"], mail["From"]) == ("ada@example.com", "desk@example.org")
    assert mail["Subject"] == "Test mail of the notification function"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "“Mail server function” can send mail to this address." in mail.get_content()
    assert host.logins == [("desk", SECRET)]

    assert admin.post(f"{PAGE}mail_server/change-over/").status_code == 302
    function = NotificationFunction.load()
    assert (function.function, function.changed_by) == (Function.MAIL_SERVER, ada)
    assert LogEntry.objects.filter(user=ada).count() == 2


def test_a_confirmed_anyway_needs_no_test(admin):
    mail_server(dead_port())
    assert admin.post(f"{PAGE}mail_server/change-over/", {"anyway": "on"}).status_code == 302
    assert NotificationFunction.load().uses_mail_server


def test_even_anyway_needs_a_server(admin):
    response = admin.post(f"{PAGE}mail_server/change-over/", {"anyway": "on"})
    assert response.status_code == 422
    assert "The name of the mail server is missing." in response.context["server_refused"]
    assert not NotificationFunction.load().uses_mail_server


def test_a_changed_setting_asks_for_a_new_test(admin, smtp_server):
    _host, port = smtp_server()
    mail_server(port)
    admin.post(f"{PAGE}mail_server/test/")
    assert MailServer.load().is_tested
    admin.post(SERVER, settings_of(port, authentication="none", sender="other@example.org"))
    assert not MailServer.load().is_tested
    assert admin.post(f"{PAGE}mail_server/change-over/").status_code == 422


def test_back_to_the_ops_i_function_needs_nothing(admin):
    mail_server(dead_port())
    NotificationFunction(function="mail_server").save()
    assert admin.post(f"{PAGE}opsi/change-over/").status_code == 302
    assert NotificationFunction.load().function == Function.OPSI


def test_changing_over_to_what_is_in_use_changes_nothing(admin):
    NotificationFunction().save()
    before = NotificationFunction.load().changed_at
    assert admin.post(f"{PAGE}opsi/change-over/").status_code == 302
    assert NotificationFunction.load().changed_at == before


def test_the_ops_i_function_can_be_tested_too(admin, mail_host):
    assert admin.post(f"{PAGE}opsi/test/").status_code == 302
    [mail] = mail_host.mails
    assert mail["From"] == "Ops I <ops-i@localhost>"


def test_save_and_test_in_one(admin, smtp_server):
    host, port = smtp_server(account=("desk", SECRET))
    response = admin.post(SERVER, settings_of(port, and_test="1"), follow=True)
    assert "The test mail to ada@example.com was accepted." in response.content.decode()
    assert len(host.mails) == 1
    assert MailServer.load().is_tested


def test_an_admin_without_an_address_is_told_so(admin, ada, mail_host):
    ada.email = ""
    ada.save()
    response = admin.post(f"{PAGE}opsi/test/")
    assert response.status_code == 422
    assert "You have no e-mail address that a test mail could go to." in response.content.decode()


def test_a_file_mailer_says_that_nobody_receives_it(admin, settings):
    settings.OPSI_MAIL_REACHES_NOBODY = True
    assert "Mail of this function is kept as files: nobody receives it." in admin.get(PAGE).content.decode()


# The password


def test_the_password_is_stored_encrypted_and_shown_nowhere(admin, smtp_server, caplog):
    caplog.set_level(logging.DEBUG)
    _host, port = smtp_server(account=("desk", "another"))
    pages = []
    with CaptureQueriesContext(connection) as captured:
        pages.append(admin.post(SERVER, settings_of(port, and_test="1")))
        pages.append(admin.post(SERVER, settings_of(port, host="not a host")))
        pages.append(admin.get(PAGE))
    assert MailServer.load().secret == SECRET
    assert [page.status_code for page in pages] == [422, 422, 200]
    for page in pages:
        assert SECRET not in page.content.decode()
        assert "Tr0ub4dor" not in page.content.decode()
    assert not any(SECRET in query["sql"] for query in captured.captured_queries)
    logged = [record for record in caplog.records if not record.name.startswith("mail.")]
    assert not any(SECRET in record.getMessage() for record in logged)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM notifications_mailserver")
        assert SECRET not in str(cursor.fetchall())
    assert SECRET not in str(list(LogEntry.objects.values()))


def test_an_empty_password_keeps_the_stored_one(admin):
    mail_server(587, account="desk", secret=SECRET)
    changed = settings_of(587, secret="", sender="new@example.org")
    assert admin.post(SERVER, changed).status_code == 302
    server = MailServer.load()
    assert (server.secret, server.sender) == (SECRET, "new@example.org")


@pytest.mark.parametrize(
    "change",
    [
        {"host": "evil.example.net"},
        {"port": 2525},
        {"account": "other"},
        {"security": "tls"},
        {"authentication": "oauth2"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_stored_password_never_goes_to_another_server(admin, change):
    mail_server(587, account="desk", secret=SECRET)
    response = admin.post(SERVER, settings_of(587, secret="") | change)
    assert response.status_code == 422
    assert error_at(response, "secret") == [
        "Enter the password again: the stored one is for the server and account as they were."
    ]
    assert MailServer.load().host == "127.0.0.1"
    assert admin.post(SERVER, settings_of(587, secret="new") | change).status_code == 302
    assert MailServer.load().secret == "new"


def test_without_authentication_nothing_is_kept(admin):
    mail_server(587, account="desk", secret=SECRET)
    assert admin.post(SERVER, settings_of(587, authentication="none", secret="")).status_code == 302
    server = MailServer.load()
    assert (server.account, server.secret_encrypted) == ("", "")


# What can be wrong with the settings


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("host", ""),
        ("host", "http://mail.example.com"),
        ("host", "mail.example.com:25"),
        ("host", "mail example"),
        ("host", "mail.example.com\r\nRCPT"),
        ("host", "1.2.3"),
        ("host", "x" * 300),
        ("port", "0"),
        ("port", "65536"),
        ("port", "smtp"),
        ("port", "9" * 30),
        ("security", "rot13"),
        ("authentication", "smile"),
        ("account", ""),
        ("account", "desk\nother"),
        ("secret", ""),
        ("secret", "geheim-ß"),
        ("secret", "two\nlines"),
        ("sender", ""),
        ("sender", "desk"),
        ("sender", "desk@example.org\r\nBcc: all@example.org"),
    ],
)
def test_bad_settings_are_refused_beside_the_field(admin, field, value):
    response = admin.post(SERVER, settings_of(587) | {field: value})
    assert response.status_code == 422
    assert field in errors(response)
    assert not MailServer.objects.exists()


@pytest.mark.parametrize(
    "host", ["smtp.example.com", "MAIL", "192.0.2.7", "2001:db8::1", "[2001:db8::1]", "почта.example"]
)
def test_names_and_addresses_of_servers(admin, host):
    assert admin.post(SERVER, settings_of(587, host=host)).status_code == 302


def test_nothing_a_browser_can_send_is_an_error_of_ours(admin):
    assert admin.post(SERVER, {}).status_code == 422
    assert admin.post(SERVER, settings_of(587) | {"account": "\x00", "sender": "\x00"}).status_code == 422
    assert admin.post(f"{PAGE}combining/", {"window_minutes": "ten"}).status_code == 422
    assert admin.post(f"{PAGE}combining/", {"window_minutes": "-1"}).status_code == 422
    assert admin.post(f"{PAGE}combining/", {"window_minutes": "1441"}).status_code == 422


def test_the_windows_length_is_set_here(admin, settings):
    assert admin.post(f"{PAGE}combining/", {"window_minutes": "3", "also_in_app": "on"}).status_code == 302
    function = NotificationFunction.load()
    assert (function.window_minutes, function.also_in_app, function.combine_on_mail_server) == (
        3,
        True,
        False,
    )
    settings.OPSI_WINDOW_SECONDS = 7
    assert "overrides the window: 7 seconds" in admin.get(PAGE).content.decode()


# What a test may meet


def failure_of_test(admin):
    """What stands at the test button after a failed test."""
    response = admin.post(f"{PAGE}mail_server/test/")
    assert response.status_code == 422
    assert not MailServer.load().is_tested
    assert MailServer.load().test_error == response.context["server_failed"]
    return response.context["server_failed"]


def test_nothing_listens(admin):
    mail_server(dead_port())
    assert (
        failure_of_test(admin)
        == "The server refused the connection. Is the port right, and is the mail server running?"
    )


def test_no_such_name(admin):
    mail_server(25, host="no-such-server.invalid")
    assert failure_of_test(admin) == "There is no server of this name, or the name could not be looked up."


def test_a_wrong_password(admin, smtp_server):
    _host, port = smtp_server(account=("desk", "right"))
    mail_server(port, account="desk", secret="wrong")
    assert failure_of_test(admin).startswith("The server refused the account or the password or token: 535")


def test_a_refused_sender(admin, smtp_server):
    host, port = smtp_server()
    host.answers["ada@example.com"] = "553 5.7.1 Sender address rejected"
    mail_server(port)
    assert (
        failure_of_test(admin) == "The server refuses mail to this address: 553 5.7.1 Sender address rejected"
    )


def test_no_sign_in_offered(admin, smtp_server):
    _host, port = smtp_server(auth_require_tls=True)
    mail_server(port, account="desk", secret="right")
    assert (
        failure_of_test(admin) == "The server takes no account and password, at least not with this security."
    )


def test_starttls_not_offered(admin, smtp_server):
    _host, port = smtp_server()
    mail_server(port, security="starttls")
    assert failure_of_test(admin) == "The server does not offer STARTTLS. Choose another security."


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_an_untrusted_certificate(admin, smtp_server, own_certificate, tls):
    certificate, _public = own_certificate
    host, port = smtp_server(tls=tls, certificate=certificate)
    mail_server(port, security=tls)
    assert failure_of_test(admin) == "The server's certificate is not trusted: self-signed certificate."
    assert host.mails == []


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_trusted_certificate(admin, smtp_server, own_certificate, tls, monkeypatch):
    certificate, public = own_certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    host, port = smtp_server(tls=tls, certificate=certificate, account=("desk", SECRET))
    mail_server(port, host="localhost", security=tls, account="desk", secret=SECRET)
    assert admin.post(f"{PAGE}mail_server/test/").status_code == 302
    assert host.logins[-1] == ("desk", SECRET)
    assert "can send mail" in host.mails[0].get_content()


def test_tls_where_the_server_speaks_plainly(admin, smtp_server):
    _host, port = smtp_server()
    mail_server(port, security="tls")
    assert failure_of_test(admin).startswith(
        "No encrypted connection came about. Does the port fit the security?"
    )


def test_a_server_that_hangs(admin, smtp_server, monkeypatch):
    from notifications.models import function

    monkeypatch.setattr(function, "TEST_TIMEOUT", 0.3)
    host, port = smtp_server()
    host.hang_at = "RCPT"
    mail_server(port)
    assert failure_of_test(admin) == "The server fell silent before it had the mail."


@pytest.mark.parametrize("token", ["right", "wrong"])
def test_oauth2(admin, smtp_server, token):
    host, port = smtp_server(token=("desk@example.org", "right"))
    mail_server(port, authentication="oauth2", account="desk@example.org", secret=token)
    if token == "right":
        assert admin.post(f"{PAGE}mail_server/test/").status_code == 302
        assert len(host.mails) == 1
    else:
        assert failure_of_test(admin).startswith(
            "The server refused the account or the password or token: 535"
        )


def test_auth_login_alone(admin, smtp_server):
    host, port = smtp_server(account=("desk", SECRET), auth_exclude_mechanism=["PLAIN", "XOAUTH2"])
    mail_server(port, account="desk", secret=SECRET)
    assert admin.post(f"{PAGE}mail_server/test/").status_code == 302
    assert host.logins == [("desk", SECRET)]


def test_the_ops_i_route_that_fails_says_so_at_its_button(admin, settings):
    use_smtp(settings, dead_port())
    response = admin.post(f"{PAGE}opsi/test/")
    assert response.status_code == 422
    assert response.context["opsi_failed"].startswith("The server refused the connection.")


def test_a_japanese_admin_reads_it_in_japanese_text_and_all(ada, signed_in, smtp_server):
    ada.language = "ja"
    ada.save()
    host, port = smtp_server()
    mail_server(port)
    assert signed_in(ada).post(f"{PAGE}mail_server/test/").status_code == 302
    assert text_of(host.mails[0])


# What a lead reads before deciding


def test_since_when_and_by_whom_it_is_in_use(admin, ada):
    assert "Since the installation." in admin.get(PAGE).text
    mail_server(dead_port())
    admin.post(f"{PAGE}mail_server/change-over/", {"anyway": "on"})
    page = admin.get(PAGE).text
    assert "In use: Mail server function" in page
    assert "Changed over by Ada Admin." in page


def test_both_are_told_line_by_line(admin):
    mail_server(2525, account="desk", secret=SECRET, rate_per_minute=30)
    context = admin.get(PAGE).context
    assert [what for what, _how in context["opsi_rows"]] == [what for what, _how in context["server_rows"]]
    server = dict(context["server_rows"])
    assert server["Channels"] == "E-mail"
    assert server["Server"] == "127.0.0.1:2525 (None (SMTP, port 25))"
    assert server["Signing in"] == "User and password: desk"
    assert server["Combining"] == "One mail each."
    assert server["Rate"] == "30 mails a minute at most."
    assert dict(context["opsi_rows"])["Channels"] == "In the app and E-mail"
    assert dict(context["opsi_rows"])["Combining"].startswith(
        "Notifications to one address within 10 minutes"
    )


def test_what_waits_is_told_with_its_number_before_and_after(admin, ticket, everyone, wait):
    mail_server(dead_port())
    assert "No mail waits." in admin.get(PAGE).text
    for login in ("uma", "mika"):
        wait(everyone[login], ticket)
    page = admin.get(PAGE).text
    assert "2 mails wait; they will leave by the Ops I function." in page
    assert "2 mails wait; they will leave by the mail server." in page
    done = admin.post(f"{PAGE}mail_server/change-over/", {"anyway": "on"}, follow=True).text
    assert "2 mails wait; they will leave by the mail server." in done


@pytest.mark.parametrize(("security", "port"), [("none", 25), ("starttls", 587), ("tls", 465)])
def test_an_empty_port_is_the_usual_one(admin, security, port):
    assert 'name="port" class="vIntegerField"' not in admin.get(PAGE).text
    assert admin.post(SERVER, settings_of("", security=security)).status_code == 302
    assert MailServer.load().port == port


def test_a_port_that_is_usually_anothers_is_warned_of(admin):
    mail_server(587, security="tls")
    page = admin.get(PAGE).text
    assert "Port 587 is usually that of STARTTLS (port 587); with TLS (SMTPS, port 465) try 465." in page
    MailServer.objects.update(port=465)
    assert "is usually that of" not in admin.get(PAGE).text


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        ("553 5.7.1 Sender address rejected", "the account may not send as this sender address"),
        ("451 4.7.1 Greylisted", "Try again in a few minutes."),
        ("530 5.7.0 Authentication required", "The server wants an account before it takes mail"),
    ],
)
def test_a_refusal_says_what_to_do(admin, smtp_server, answer, advice):
    host, port = smtp_server()
    host.answers["ada@example.com"] = answer
    mail_server(port)
    response = admin.post(f"{PAGE}mail_server/test/")
    assert advice in response.context["advice"]
    assert answer in response.text


def test_a_failed_connection_says_what_to_do(admin, smtp_server, own_certificate):
    def advice(port, **fields):
        MailServer.objects.all().delete()
        mail_server(port, **fields)
        return admin.post(f"{PAGE}mail_server/test/").context["advice"]

    assert "Usual ports are 25, 465 and 587" in advice(dead_port())
    assert "Check the spelling" in advice(25, host="no-such-server.invalid")
    _host, port = smtp_server(account=("desk", "right"))
    assert "app password, or OAuth2" in advice(port, account="desk", secret="wrong")
    assert "Port 465 goes with TLS" in advice(port, security="tls")
    certificate, _public = own_certificate
    _host, port = smtp_server(tls="tls", certificate=certificate)
    assert "the name its certificate was made out for" in advice(port, security="tls")

"""Why a mail did not leave, or what was reported of it: what happened, and what an administrator can do (docs/mail.md).

The delivery log keeps a Cause and the server's own words and not a sentence, so that each administrator reads it in
their own language.
"""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from notifications.choices import Function


class Cause(models.TextChoices):
    """The label is what happened; `%(words)s` in it is what the server said, or the system."""

    # Nobody to hand mails over to
    REFUSED = (
        "refused",
        _("The server refused the connection. Is the port right, and is the mail server running?"),
    )
    NO_NAME = "no_name", _("There is no server of this name, or the name could not be looked up.")
    NO_ANSWER = "no_answer", _("The server did not answer in time.")
    UNREACHABLE = "unreachable", _("The server could not be reached: %(words)s.")
    CLOSED = "closed", _("The server closed the connection. Do the port and the security fit each other?")
    NO_MAIL_SERVER = "no_mail_server", _("What answers there is no mail server.")
    TURNED_AWAY = "turned_away", _("The server answered: %(words)s")
    NOT_ALLOWED = "not_allowed", _("This installation sends no mail to this server: %(words)s")
    NOT_SET_UP = "not_set_up", _("The way that mail leaves is not set up: %(words)s")
    SECRET = "secret", _("This secret was saved under another OPSI_SECRET_KEY: enter it again.")
    FOLDER = "folder", _("The mail could not be kept as a file: %(words)s.")
    # Encryption
    CERTIFICATE = "certificate", _("The server's certificate is not trusted: %(words)s.")
    CERTIFICATE_EXPIRED = "expired", _("The server's certificate has expired.")
    CERTIFICATE_OF_ANOTHER = (
        "another_name",
        _("The server's certificate is that of another server: %(words)s"),
    )
    NO_ENCRYPTION = (
        "no_encryption",
        _("No encrypted connection came about. Does the port fit the security? (%(words)s)"),
    )
    NO_STARTTLS = "no_starttls", _("The server does not offer STARTTLS. Choose another security.")
    # Signing in
    ACCOUNT = "account", _("The server refused the account or the password or token: %(words)s")
    SIGN_IN = "sign_in", _("The server wants to be signed in to: %(words)s")
    NO_SIGN_IN = "no_sign_in", _("The server takes no account and password, at least not with this security.")
    NO_KNOWN_SIGN_IN = (
        "no_known_sign_in",
        _("The server offers none of the ways to sign in that are known here."),
    )
    NO_ASCII = "no_ascii", _("Account and password may only hold characters of ASCII for this server.")
    SENDER = "sender", _("The server refuses the sender address: %(words)s")
    # One mail
    NOT_NOW = "not_now", _("The server does not take this mail now: %(words)s")
    BROKE_OFF = "broke_off", _("The server broke off before it had the mail: %(words)s")
    SILENT = "silent", _("The server fell silent before it had the mail.")
    ADDRESS = "address", _("The server refuses mail to this address: %(words)s")
    TEXT = "text", _("The server refuses what the mail says: %(words)s")
    TOO_LARGE = "too_large", _("The mail is larger than the server takes: %(words)s")
    BROKE_BEHIND_TEXT = (
        "broke_behind_text",
        _("The server broke off when it had the mail: it may have kept it, or not (%(words)s)."),
    )
    SILENT_BEHIND_TEXT = (
        "silent_behind_text",
        _("The server fell silent when it had the mail: it may have kept it, or not."),
    )
    NOT_TRIED = "not_tried", _("It was not tried: the server failed with three mails before it (%(words)s).")
    # A provider
    PROVIDER_LIMIT = "provider_limit", _("The mail provider takes no more for now: %(words)s")
    PROVIDER_KEY = "provider_key", _("The mail provider refuses this installation: %(words)s")
    PROVIDER_DOWN = "provider_down", _("The mail provider has a fault of its own: %(words)s")
    PROVIDER_SILENT = (
        "provider_silent",
        _("The mail provider had the mail and did not answer in time: it may have kept it, or not."),
    )
    PROVIDER_BROKE_OFF = (
        "provider_broke_off",
        _("The mail provider broke off when it had the mail: it may have kept it, or not."),
    )
    PROVIDER_UNCLEAR = (
        "provider_unclear",
        _(
            "The mail provider gave an answer that says nothing: it may have kept the mail, or not (%(words)s)."
        ),
    )
    PROVIDER_REFUSED = "provider_refused", _("The mail provider refuses this mail: %(words)s")
    # Ourselves
    NO_WORDS = "no_words", _("None of its notifications can be put into words: %(words)s")
    ONE_LESS = "one_less", _("One of its notifications cannot be put into words, and is left out: %(words)s")
    NO_MAIL = "no_mail", _("It cannot be made into a mail: %(words)s")
    MISTAKE = "mistake", _("The mail cannot be made: %(words)s")
    RESTORED = (
        "restored",
        _("A backup was restored: this mail may have been sent since it was taken, or not."),
    )
    # Reported later
    CAME_BACK = "came_back", _("The mail came back for good, and the address is paused: %(words)s")
    CAME_BACK_ONCE = "came_back_once", _("The mail came back: %(words)s")
    SPAM = "spam", _("Who got it reported the mail as spam, and the address is paused: %(words)s")

    def happened(self, words: str = "") -> str:
        """What happened, in the active language."""
        return str(self.label) % {"words": words or gettext("no reason was given")}

    @property
    def what_to_do(self) -> str:
        """In the active language."""
        return str(WHAT_TO_DO[self])

    @property
    def what_to_do_after_test(self) -> str:
        """The same to somebody who sent a test mail, which nobody tries again by itself."""
        by_itself = WHAT_TO_DO[self] is _BY_ITSELF or WHAT_TO_DO[self] is _ONE_MAIL
        return gettext("Try again in a few minutes.") if by_itself else self.what_to_do

    def what_to_do_about(self, function: str) -> str:
        """The same to somebody who reads it elsewhere than where it is set: with the place."""
        return (
            f"{self.what_to_do} {PLACES[Function(function)]}" if self in SET and function else self.what_to_do
        )


_PORTS = _("Port 465 goes with TLS, port 587 with STARTTLS. Choose the pair your mail server offers.")
_BY_ITSELF = _("Nothing: it is tried again by itself, for more than a day.")
_ONE_MAIL = _(
    "Nothing: it is tried again by itself, and should the server have kept it, mail programs show the two as one."
)
_PASS_ON = _(
    "It is a mistake of the program or of its data: give this line to whoever looks after it. Other mail leaves."
)
_CORRECT = _("Correct the texts of the ticket notification named here, publish it, then try again.")

WHAT_TO_DO = {
    Cause.REFUSED: _("Ask whoever runs the mail server for name and port. Usual ports are 25, 465 and 587."),
    Cause.NO_NAME: _(
        "Check the spelling. The name is what the mail server's handbook calls outgoing or SMTP server."
    ),
    Cause.NO_ANSWER: _(
        "Often a firewall lets nothing through: ask whether this installation may connect to the server's port."
    ),
    Cause.UNREACHABLE: _("Ask whoever runs the network whether this installation may connect to the server's port."),
    Cause.CLOSED: _PORTS,
    Cause.NO_MAIL_SERVER: _("Ask whoever runs the mail server for name and port. Usual ports are 25, 465 and 587."),
    Cause.TURNED_AWAY: _("Give this answer to whoever runs the mail server: it takes nothing from this installation."),
    Cause.NOT_ALLOWED: _("Enter another server, or have whoever runs this installation allow this one."),
    Cause.NOT_SET_UP: _("Correct what is named here."),
    Cause.SECRET: _("Enter the password or token again."),
    Cause.FOLDER: _("Make room, or let the program write, in the folder mail of its data directory."),
    Cause.CERTIFICATE: _(
        "Enter the server by the name its certificate was made out for. If the certificate is of your own "
        "organisation, whoever runs this installation must have its issuer trusted here."
    ),
    Cause.CERTIFICATE_EXPIRED: _(
        "Whoever runs the mail server must renew it. Is the clock of this machine right?"
    ),
    Cause.CERTIFICATE_OF_ANOTHER: _("Enter the server by the name its certificate was made out for."),
    Cause.NO_ENCRYPTION: _PORTS,
    Cause.NO_STARTTLS: _(
        "Port 465 goes with TLS. If the server did offer it before, ask whoever runs it: mail is not sent unencrypted "
        "instead."
    ),
    Cause.ACCOUNT: _(
        "Enter account and password again. Many providers want an app password, or OAuth2, instead of the "
        "password people sign in with, and the account must be allowed to send by SMTP."
    ),
    Cause.SIGN_IN: _(
        "The server wants an account before it takes mail: choose an authentication and enter it."
    ),
    Cause.NO_SIGN_IN: _("Choose STARTTLS or TLS, or no authentication if the server takes mail without."),
    Cause.NO_KNOWN_SIGN_IN: _("Ask whoever runs the mail server to allow PLAIN or LOGIN over an encrypted connection."),
    Cause.NO_ASCII: _("Have a password set without accents and other such characters."),
    Cause.SENDER: _("Enter a sender address that the account may send as, or have the server allow this one."),
    Cause.NOT_NOW: _BY_ITSELF,
    Cause.BROKE_OFF: _BY_ITSELF,
    Cause.SILENT: _BY_ITSELF,
    Cause.ADDRESS: _(
        "Usually the address no longer exists: correct it on its person's page, then try again. Where all addresses "
        "are refused, the account may not send as this sender address, or the server passes nothing on."
    ),
    Cause.TEXT: _(
        "Usually a spam filter: have whoever runs the mail server let mail of the sender address pass, then try again."
    ),
    Cause.TOO_LARGE: _("Have whoever runs the mail server allow larger mails, then try again."),
    Cause.BROKE_BEHIND_TEXT: _ONE_MAIL,
    Cause.SILENT_BEHIND_TEXT: _ONE_MAIL,
    Cause.NOT_TRIED: _("See what the log says of the mails before it. It is tried again by itself."),
    Cause.PROVIDER_LIMIT: _(
        "Mail waits and leaves by itself. If it happens often, set fewer mails a minute or book more at the provider."
    ),
    Cause.PROVIDER_KEY: _("Check the provider's key and, with the provider, whether the account is open and paid for."),
    Cause.PROVIDER_DOWN: _("Nothing: mail waits and leaves by itself. The provider's status page says more."),
    Cause.PROVIDER_SILENT: _ONE_MAIL,
    Cause.PROVIDER_BROKE_OFF: _ONE_MAIL,
    Cause.PROVIDER_UNCLEAR: _ONE_MAIL,
    Cause.PROVIDER_REFUSED: _(
        "Usually the address is wrong: correct it on its person's page, then try again. Where all addresses are "
        "refused, ask the provider whether it knows the sender address."
    ),
    Cause.NO_WORDS: _CORRECT,
    Cause.ONE_LESS: _("Correct the texts of the ticket notification named here and publish it."),
    Cause.NO_MAIL: _("Correct the texts of the ticket notification it comes from, publish it, then try again."),
    Cause.MISTAKE: _PASS_ON,
    Cause.RESTORED: _(
        "See in the mail server's log whether it was sent; if not, try again. Left alone, it is not sent."
    ),
    Cause.CAME_BACK: _(
        "Usually the address no longer exists: correct it on its person's page. If it is right, they can send "
        "themselves a test and go on."
    ),
    Cause.CAME_BACK_ONCE: _("Often a full mailbox: ask its person. Send it again once there is room."),
    Cause.SPAM: _("Ask its person whether they want mail: they can go on, or turn mail off, in their preferences."),
}  # fmt: skip

# What somebody has to set, and where each function has it.
SET = {
    Cause.REFUSED, Cause.NO_NAME, Cause.NO_ANSWER, Cause.UNREACHABLE, Cause.CLOSED, Cause.NO_MAIL_SERVER,
    Cause.NOT_ALLOWED, Cause.NOT_SET_UP, Cause.SECRET, Cause.CERTIFICATE, Cause.CERTIFICATE_OF_ANOTHER,
    Cause.NO_ENCRYPTION, Cause.NO_STARTTLS, Cause.ACCOUNT, Cause.SIGN_IN, Cause.NO_SIGN_IN, Cause.NO_KNOWN_SIGN_IN,
    Cause.NO_ASCII, Cause.SENDER, Cause.PROVIDER_KEY,
}  # fmt: skip
PLACES = {
    Function.OPSI: _("It is set by OPSI_MAIL_URL and OPSI_MAIL_FROM, where the program is started."),
    Function.MAIL_SERVER: _("It is set on the page Notification function."),
}

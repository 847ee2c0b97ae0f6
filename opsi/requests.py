"""The request as views behind the sign-in get it, for type checkers."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from opsi.models import User


class PersonRequest(HttpRequest):
    """Somebody is signed in, and htmx's headers are read."""

    user: User
    htmx: HtmxDetails

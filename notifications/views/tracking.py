"""`/anymail/<provider>/tracking/`: where the mail provider in use reports what became of mails (docs/mail.md)."""

import logging

from anymail.exceptions import AnymailConfigurationError
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt

logger = logging.getLogger(__name__)


@login_not_required
@csrf_exempt
def tracking(request: HttpRequest, provider: str) -> HttpResponse:
    """Not there without a secret to sign reports with, nor for another provider than the one mail goes out by.

    What is not signed with the secret is answered with 400, as is what nobody can read; anymail checks the secret, and
    the provider's own signature.
    """
    backend = f"anymail.backends.{provider}.EmailBackend"
    if not settings.ANYMAIL.get("WEBHOOK_SECRET") or settings.MAILERS["opsi"]["BACKEND"] != backend:
        raise Http404
    try:
        found = resolve(f"/{provider}/tracking/", "anymail.urls")
        return found.func(request, *found.args, **found.kwargs)
    except Resolver404 as error:
        raise Http404 from error
    except AnymailConfigurationError as error:
        logger.error("Reports of the mail provider cannot be read: %s", error)
        raise Http404 from error
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ):  # of reading: what follows raises none of these
        logger.exception("A report of the mail provider cannot be read")
        return HttpResponseBadRequest()

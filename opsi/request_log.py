"""One line for each request that changed something or failed, and the id that all its lines carry (opsi/logs.py)."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from opsi import logs

logger = logging.getLogger(__name__)
HEADER = "X-Request-ID"
SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+/=-]{7,127}")
ONLY_ASKS = ("GET", "HEAD", "OPTIONS")


class RequestLogMiddleware:
    """Takes the id that a proxy gave the request, or makes one, and answers with it where one was given.

    To nobody else: two answers that must be alike, as about a forbidden and an unknown ticket, have no numbers of their
    own.

    Pages that only ask for something well are no lines: every open page asks for its badge again and again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if SANE.fullmatch(given) else uuid.uuid4().hex
        began = time.monotonic()
        operations: list[str] = []
        with logs.about(request_id=request_id, operations=operations):
            response = self.get_response(request)
            if operations or request.method not in ONLY_ASKS or response.status_code >= 500:
                self._log(request, response, time.monotonic() - began)
        if given:
            response.headers[HEADER] = request_id
        return response

    def _log(self, request, response, seconds):
        # The page's pattern, not its address: that may hold somebody's token.
        page = request.resolver_match.route if request.resolver_match else "-"
        person = getattr(request, "_cached_user", None)
        logger.info(
            "%s /%s %s",
            request.method,
            page,
            response.status_code,
            extra={"milliseconds": round(seconds * 1000), "person": person.pk if person else None},
        )

"""Attached files, for those who may read their article and no one else (domain §2)."""

import uuid

from django.http import FileResponse, Http404, HttpResponseBase
from django.views.decorators.http import require_safe

from opsi.requests import PersonRequest
from tickets.lookup import readable_article, readable_ticket
from tickets.models import Attachment
from tickets.uploads import INLINE


@require_safe
def attachment(request: PersonRequest, number: str, article: int, key: uuid.UUID) -> HttpResponseBase:
    """The file; images may stand in a page, anything else is only ever saved."""
    ticket = readable_ticket(request, number)
    try:
        found = readable_article(request, ticket, article).attachments.get(key=key)
        content = found.file.open("rb")
    except (Attachment.DoesNotExist, OSError):
        raise Http404 from None
    response = FileResponse(
        content,
        as_attachment=found.content_type not in INLINE,
        filename=found.name,
        content_type=found.content_type,
    )
    # Whatever a file holds, it runs nothing and loads nothing here.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response

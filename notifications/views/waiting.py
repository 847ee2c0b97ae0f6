"""What the zoom page fetches a moment after an article was written: its mail, once it is decided who gets any."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from notifications import waiting
from opsi.requests import PersonRequest
from tickets import access
from tickets.lookup import readable_article, readable_ticket


@never_cache
@require_safe
def waiting_mail(request: PersonRequest, number: str, article: int) -> HttpResponse:
    """A part of the page; for the article's author only, as on the page itself."""
    ticket = readable_ticket(request, number)
    found = readable_article(request, ticket, article)
    if not waiting.concerns(found, request.user):
        raise Http404
    context = {
        "ticket": ticket,
        "article": found,
        "verbs": access.verbs_of(request.user, ticket),
        "mail": waiting.of(found),
    }
    return render(request, "notifications/waiting.html", context)

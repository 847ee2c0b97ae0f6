"""What writing adds to the page of a ticket: who was informed of an article by name."""

from django.template.loader import render_to_string

from tickets import mentions
from tickets.models import Article


def informed(request, article: Article, **context) -> str:
    """The slot `zoom.article`, for agents."""
    people = mentions.informed_of(article, request.user)
    return render_to_string("tickets/informed.html", {"people": people}) if people else ""

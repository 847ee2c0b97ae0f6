"""The way back that a message offers (opsi.undoing)."""

from django import template
from django.contrib.messages.storage.base import Message

from opsi.undoing import TAG

register = template.Library()


@register.filter
def undo_url(message: Message) -> str:
    """Where to send the DELETE that takes back what `message` tells of; "" where it offers none."""
    tags = message.extra_tags or ""
    return tags.removeprefix(TAG) if tags.startswith(TAG) else ""

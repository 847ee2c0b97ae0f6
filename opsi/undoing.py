"""Saying what was done together with the way back: a message whose button takes it back."""

from django.contrib import messages
from django.http import HttpRequest

TAG = "undo:"


def say(request: HttpRequest, text: str, undo: str) -> None:
    """Show `text` on the next page, with a button “Undo” that sends a DELETE to the address `undo`."""
    messages.success(request, text, extra_tags=TAG + undo)

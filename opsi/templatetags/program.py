"""What runs here."""

from django import template

from opsi import __version__

register = template.Library()


@register.simple_tag
def version():
    """Of the whole program; only for people who are signed in, since others would look up what is known against it."""
    return __version__

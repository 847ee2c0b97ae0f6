"""The icons of heroicons, drawn once and kept: a list has the same few on every row."""

from functools import lru_cache, partial

from django import template
from heroicons.templatetags import heroicons

register = template.Library()


@lru_cache(maxsize=2_000)
def _drawn(kind, name, size, attributes):
    return getattr(heroicons, f"heroicon_{kind}")(name, size=size, **dict(attributes))


def _icon(kind, usual_size, name, *, size=None, **attributes):
    plain = tuple((key, str(value)) for key, value in attributes.items())
    return _drawn(kind, name, size or usual_size, plain)


for _kind, _size in {"micro": 16, "mini": 20, "outline": 24, "solid": 24}.items():
    register.simple_tag(partial(_icon, _kind, _size), name=f"heroicon_{_kind}")

"""Parts of a page that are templates of their own (`opsi.slots`): a row of a list has several, a page dozens."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest
from django.template import Engine, RequestContext, Template
from django.utils.safestring import SafeString


class _PartContext(RequestContext):
    """What the context processors give, worked out once a request: Django would do so anew for each part."""

    _processors_index: int

    @contextmanager
    def bind_template(self, template: Template) -> Iterator[None]:
        self.template = template
        self.dicts[self._processors_index] = _common(self.request, template)
        try:
            yield
        finally:
            self.template = None
            self.dicts[self._processors_index] = {}


def _common(request: HttpRequest, template: Template) -> dict[str, Any]:
    kept = request.__dict__
    if "_common_to_parts" not in kept:
        kept["_common_to_parts"] = {
            name: value
            for processor in template.engine.template_context_processors
            for name, value in processor(request).items()
        }
    return kept["_common_to_parts"]


def render_part(template_name: str, context: dict[str, Any], request: HttpRequest) -> SafeString:
    """As Django's `render_to_string`, for what stands in a page."""
    return Engine.get_default().get_template(template_name).render(_PartContext(request, context))

from django import template

from opsi import slots

register = template.Library()


@register.simple_tag(takes_context=True)
def slot(context, name, **values):
    """What the apps above put into the place `name` (see `opsi.slots`)."""
    return slots.render(name, context["request"], **values)

from django import template

from opsi.naming import name_for, naming_of

register = template.Library()


@register.filter
def named_for(person, viewer):
    """What `viewer` reads for `person`, a dash for nobody (see `opsi.naming`)."""
    return name_for(person, viewer) or "–"


@register.filter
def author_for(article, viewer):
    """Who wrote `article`, as `viewer` reads it: what an agent wrote stays an agent's, whatever they are by now."""
    as_agent = article.sender_type == "agent"
    return name_for(article.author, viewer, as_agent=as_agent) or article.get_sender_type_display()


@register.filter
def addresses_for(line, viewer):
    return naming_of(viewer).addresses(line, viewer)

"""Where a page of the admin stands (opsi.admin_site), for its title and its trail."""

from django import template
from django.apps import apps
from django.utils.text import capfirst

from opsi.admin_site import sections

register = template.Library()


@register.simple_tag
def place_of(opts):
    """{"name", "section" (its name), "slug"} of the page that lists what `opts` describes; no section: "" for both."""
    model = apps.get_model(opts.label)
    for section in sections:
        for entry in section.entries:
            if entry.model == model:
                name = capfirst(entry.name or opts.verbose_name_plural)
                return {"name": name, "section": section.name, "slug": section.slug, "purpose": entry.purpose}
    return {"name": capfirst(opts.verbose_name_plural), "section": "", "slug": "", "purpose": ""}


@register.simple_tag(takes_context=True)
def import_page(context, model_admin):
    """Where rows of a list are imported from a file; "" where they are not (opsi.importing)."""
    url = getattr(model_admin, "import_url", None)
    return url(context["request"]) if url else ""


@register.simple_tag(takes_context=True)
def when_empty(context, model_admin):
    """What a list says that has nothing in it: `when_empty` of its ModelAdmin and where it leads."""
    return {
        "text": getattr(model_admin, "when_empty", ""),
        "links": getattr(model_admin, "when_empty_links", ()),
        "import_url": import_page(context, model_admin),
    }


@register.simple_tag
def labelled(field, row):
    """The BoundField `field` of a row of a table, named after its column and, where there is one, its `row`."""
    name = capfirst(str(field.label))
    return field.as_widget(attrs={"aria-label": f"{name}: {row}" if row else name})

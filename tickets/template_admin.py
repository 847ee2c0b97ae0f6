"""Reply templates in the admin, with what can be filled in and how it then reads."""

from django.contrib import admin, messages
from django.template.defaultfilters import linebreaksbr
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from opsi.audit_admin import Audited
from opsi.models import Customer, User
from tickets import prepared_texts
from tickets.models import Queue, TextTemplate, Ticket


def tags_listed():
    """What can stand in a text, a line each."""
    rows = (("{{" + name + "}}", label) for name, (label, _value) in prepared_texts.TAGS.items())
    return format_html('<ul class="tags">{}</ul>', format_html_join("", "<li><code>{}</code> {}</li>", rows))


def as_it_reads(text: str) -> str:
    """`text` filled in for a made-up ticket."""
    ticket = Ticket(
        number="2026010100000001", title=_("The printer prints nothing"), queue=Queue(name=_("Service desk"))
    )
    ticket.customer = Customer(name="Acme")
    ticket.customer_user = User(full_name="Cora Castor", customer_id=0)
    agent = User(full_name="Uma Ogawa")
    return prepared_texts.fill(text, prepared_texts.Writer(agent, ticket, for_customer=False))


def warn_of_unknown_tags(request, text):
    if unknown := prepared_texts.unknown_tags(text):
        said = _("Nothing is filled in for %(tags)s: “-” will stand there.")
        messages.warning(request, said % {"tags": ", ".join("{{" + tag + "}}" for tag in unknown)})


@admin.register(TextTemplate)
class TextTemplateAdmin(Audited, admin.ModelAdmin):
    list_display = ("name", "use", "in_queues", "is_valid")
    list_filter = ("is_valid", "use", "queues")
    search_fields = ("name", "text")
    filter_horizontal = ("queues",)
    readonly_fields = ("tags", "example")
    save_as = True
    fieldsets = (
        (None, {"fields": ("name", "use", "is_valid", "queues")}),
        (
            gettext_lazy("Text"),
            {
                "fields": ("text", "tags", "example"),
                "description": gettext_lazy(
                    "Agents choose it while they write, and can change what it brings before they send it."
                ),
            },
        ),
    )

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("queues")

    @admin.display(description=gettext_lazy("queues"))
    def in_queues(self, template):
        return ", ".join(queue.name for queue in template.queues.all()) or pgettext("filter", "all")

    @admin.display(description=gettext_lazy("What can be filled in"))
    def tags(self, template):
        return tags_listed()

    @admin.display(description=gettext_lazy("How it reads (as saved)"))
    def example(self, template):
        return linebreaksbr(as_it_reads(template.text), autoescape=True) if template.text else None

    def save_model(self, request, template, form, change):
        super().save_model(request, template, form, change)
        warn_of_unknown_tags(request, template.text)

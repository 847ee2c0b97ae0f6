"""What a ticket notification says, a form for each language (domain §5)."""

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from notifications.models import DefinitionText


class TextForm(forms.ModelForm):
    class Meta:
        model = DefinitionText
        fields = ("language", "frame", "subject", "body")
        widgets = {
            # Where static/js/definition.js puts the tag that is chosen.
            "subject": forms.TextInput(attrs={"size": 90, "data-takes-tags": True}),
            "body": forms.Textarea(attrs={"rows": 12, "cols": 90, "data-takes-tags": True}),
        }

    def clean_body(self):
        # Browsers send \r\n: without this every text that is only looked at and saved would become a new version.
        return self.cleaned_data["body"].replace("\r\n", "\n").replace("\r", "\n")


class TextFormSet(BaseInlineFormSet):
    def __init__(self, *args, instance=None, **kwargs):
        # An empty form stands ready for each language that has no text yet; left empty, it asks nothing.
        kwargs["initial"] = [{"language": language} for language in _missing_languages(instance)]
        super().__init__(*args, instance=instance, **kwargs)

    def clean(self):
        super().clean()
        written = [form for form in self.forms if form.has_changed() or form.instance.pk]
        if not any(form not in self.deleted_forms for form in written):
            raise ValidationError(_("Write the text in at least one language."))


class TextInline(admin.StackedInline):
    model = DefinitionText
    form = TextForm
    formset = TextFormSet
    max_num = len(settings.LANGUAGES)
    fields = (("language", "frame"), "subject", "body")

    def get_extra(self, request, obj=None, **kwargs):
        return len(_missing_languages(obj))

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        # The form's own widgets, not the admin's.
        if db_field.name in {"subject", "body"}:
            return db_field.formfield(**kwargs)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


def _missing_languages(definition):
    written = (
        set(definition.texts.values_list("language", flat=True)) if definition and definition.pk else set()
    )
    return [code for code, _name in settings.LANGUAGES if code not in written]

"""A ticket notification as it stands on its form, saved or not: what is previewed (docs/definitions.md)."""

from dataclasses import dataclass

from django.conf import settings
from django.forms import ModelForm
from django.http import Http404, HttpRequest, QueryDict

from notifications.admin.definition_form import DefinitionForm
from notifications.choices import Frame
from notifications.models import Definition, DefinitionText

MOST_TEXTS = 20
TEXT_FIELDS = ("language", "frame", "subject", "body")
NAMED = ("named_users", "named_groups")


@dataclass(frozen=True)
class Written:
    """`posted` is what came of the form, for the next one to bring along; empty where that was not sent.

    `is_saved`: the definition says what is saved, but for its texts. Whom another one reaches cannot be tried yet.
    """

    definition: Definition
    texts: list[DefinitionText]
    posted: list[tuple[str, str]]
    is_saved: bool

    @property
    def words(self) -> list[DefinitionText]:
        """The texts as they were sent, else as they are saved."""
        if self.texts or self.definition.pk is None:
            return self.texts
        return list(self.definition.texts.all())


def written(request: HttpRequest, pk: int | None, form_class: type[ModelForm]) -> Written:
    """What `form_class` makes of the posted form, of a new definition without a `pk`; nothing is saved."""
    definition = Definition() if pk is None else Definition.objects.filter(pk=pk).first()
    if definition is None:
        raise Http404
    posted, is_saved = _posted(request.POST), pk is not None
    # Every form brings the name along, if an empty one.
    if "name" in request.POST:
        form = form_class(request.POST, instance=definition)
        # However wrong it is: what is right in it stands on the definition then.
        form.is_valid()
        definition = form.instance
        is_saved = pk is not None and _says_what_is_saved(form)
    return Written(definition, _texts(request.POST), posted, is_saved)


def _posted(sent: QueryDict) -> list[tuple[str, str]]:
    mine = (name for name in sent if name in DefinitionForm.base_fields or name.startswith("texts-"))
    return [(name, str(value)) for name in mine for value in sent.getlist(name)]


def _texts(sent: QueryDict) -> list[DefinitionText]:
    languages, found = dict(settings.LANGUAGES), []
    for number in range(MOST_TEXTS):
        said = {name: sent.get(f"texts-{number}-{name}", "") for name in TEXT_FIELDS}
        if said["language"] not in languages or not (said["subject"] or said["body"]):
            continue
        said["frame"] = said["frame"] if said["frame"] in Frame.values else Frame.DEFAULT
        if f"texts-{number}-DELETE" not in sent:
            found.append(DefinitionText(**said))
    return found


def _says_what_is_saved(form: ModelForm) -> bool:
    saved = Definition.objects.get(pk=form.instance.pk)
    fields = [field.attname for field in Definition._meta.concrete_fields]
    if any(_plain(getattr(form.instance, name)) != _plain(getattr(saved, name)) for name in fields):
        return False
    named = {name: {row.pk for row in form.cleaned_data.get(name, ())} for name in NAMED}
    return all(named[name] == set(getattr(saved, name).values_list("pk", flat=True)) for name in NAMED)


def _plain(value):
    """In which order things are named says nothing."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return sorted(map(str, value)) if isinstance(value, list) else value

"""What the tests of the list of changes share: ada's browser, and the entries that are new."""

import pytest
from django.db.models import Max
from django.urls import reverse

from opsi.models import AuditEntry

SECRET = "Tr0ub4dor&3"
FUNCTION = "/admin/notifications/notificationfunction/"
DEFINITIONS = "admin:notifications_definition_changelist"


@pytest.fixture
def site(ada, signed_in):
    return signed_in(ada)


@pytest.fixture
def new():
    """`new()`: the entries written since it was last asked, oldest first."""
    seen = AuditEntry.objects.aggregate(last=Max("pk"))["last"] or 0

    def written():
        nonlocal seen
        found = list(AuditEntry.objects.filter(pk__gt=seen).order_by("pk"))
        seen = found[-1].pk if found else seen
        return found

    return written


def changes(entries):
    return [change for entry in entries for change in entry.changes]


def as_it_is(site, definition):
    """What a browser sends when ada saves the definition as it is shown."""
    url = reverse("admin:notifications_definition_change", args=[definition.pk])
    shown = site.get(url).context["adminform"].form
    data = {name: shown[name].value() for name in shown.fields}
    data = {name: value for name, value in data.items() if value not in (None, False)}
    texts = list(definition.texts.all())
    data |= {"texts-TOTAL_FORMS": len(texts), "texts-INITIAL_FORMS": len(texts)}
    for number, text in enumerate(texts):
        data |= {f"texts-{number}-{name}": value for name, value in text.words().items()}
        data |= {
            f"texts-{number}-language": text.language,
            f"texts-{number}-id": text.pk,
            f"texts-{number}-definition": definition.pk,
        }
    return url, data

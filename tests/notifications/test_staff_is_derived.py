"""Who reaches the administration follows from the role alone, and ends with it (domain §1)."""

import pytest

from notifications.models import Definition
from opsi.models import User
from tests.notifications.comings import back_office as back_office
from tests.notifications.comings import begun as begun
from tests.notifications.comings import change
from tests.notifications.comings import network as network
from tests.notifications.comings import seen as seen
from tests.notifications.comings import told as told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.mark.parametrize("way", ["own role", "group's role", "customer", "disabled"])
def test_administration_ends_with_the_role_at_once(way, ada, mika, network, acme, signed_in):
    """In the very session that was signed in before."""
    if way == "group's role":
        change(network, agent_role="itsm_admin")
        mika.groups.add(network)
    person = mika if way == "group's role" else ada
    client = signed_in(person)
    assert client.get("/admin/").status_code == 200
    match way:
        case "own role":
            change(ada, agent_role="itsm_manager")
        case "group's role":
            network.members.clear()
        case "customer":
            change(ada, customer=acme)
        case "disabled":
            change(ada, is_active=False)
    for page in ("/admin/", "/admin/watchers/watchersettings/1/change/", "/admin/opsi/user/"):
        assert client.get(page).status_code in {302, 403}
    assert not User.objects.get(pk=person.pk).is_staff


def test_nobody_is_made_staff_by_hand(ada, mika):
    fields = {field.name for field in User._meta.get_fields()}
    assert not {"is_staff", "is_superuser"} & fields
    with pytest.raises(AttributeError):
        mika.is_staff = True
    assert not mika.is_staff
    assert ada.is_staff


def test_definitions_that_reach_a_role_stop_with_it(begun, told, vera, back_office):
    """vera is told as one of a role; without it she is none of them, and cannot read either."""
    back_office.grant_shipped()
    Definition.objects.update(validity="invalid")
    definition = Definition.objects.create(
        name="Viewers", events=["ArticleCreate"], recipients=[], roles=["itsm_viewer"],
        channels={"in_app": True, "email": True},
    )  # fmt: skip
    definition.texts.create(language="en", subject="{{ticket.number}}", body="{{event.change}}")
    definition.publish()
    ticket = begun()
    told(ticket)
    assert told.waits(vera)
    change(vera, agent_role="")
    assert told.fate(vera) == "no_access"

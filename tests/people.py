"""The people every test speaks of: the demo logins of the product, and a ticket or two for them."""

import pytest
from django.test import Client

from opsi.models import Customer, User
from opsi.roles import AgentRole, CustomerRole
from tickets.models import Queue, Ticket

PASSWORD = "demo"


def person(login, name, **fields):
    return User.objects.create_user(login, PASSWORD, full_name=name, email=f"{login}@example.com", **fields)


@pytest.fixture
def acme(db):
    return Customer.objects.create(name="Acme")


@pytest.fixture
def borealis(db):
    return Customer.objects.create(name="Borealis")


@pytest.fixture
def ada(db):
    return person("ada", "Ada Admin", agent_role=AgentRole.ADMIN)


@pytest.fixture
def mika(db):
    return person("mika", "Mika Manager", agent_role=AgentRole.MANAGER)


@pytest.fixture
def uma(db):
    return person("uma", "Uma Ogawa", agent_role=AgentRole.USER)


@pytest.fixture
def aiko(db):
    return person("aiko", "佐藤 愛子", agent_role=AgentRole.USER, language="ja", time_zone="Asia/Tokyo")


@pytest.fixture
def vera(db):
    return person("vera", "Vera Viewer", agent_role=AgentRole.VIEWER)


@pytest.fixture
def carl(acme):
    return person("carl", "Carl Castor", customer=acme, customer_role=CustomerRole.MANAGER)


@pytest.fixture
def cora(acme):
    return person("cora", "Cora Castor", customer=acme)


@pytest.fixture
def bo(borealis):
    return person("bo", "Bo Boreal", customer=borealis)


@pytest.fixture
def ray(db):
    return person("ray", "Ray Requester")


@pytest.fixture
def everyone(ada, mika, uma, aiko, vera, carl, cora, bo, ray):
    """{login: User} of all nine."""
    return {one.username: one for one in (ada, mika, uma, aiko, vera, carl, cora, bo, ray)}


@pytest.fixture
def service_desk(db):
    queue = Queue.objects.create(name="Service desk")
    queue.grant_shipped()
    return queue


@pytest.fixture
def make_ticket(service_desk, mika):
    """A ticket that mika registered, unless `by` or other fields of `Ticket.objects.register` say otherwise."""

    def make(**fields):
        fields = {
            "by": mika,
            "title": "Mail stops at the gateway",
            "queue": service_desk,
            "body": "Since this morning nothing leaves.",
        } | fields
        return Ticket.objects.register(**fields)

    return make


@pytest.fixture
def ticket(make_ticket, acme, uma):
    """An Acme ticket that mika registered and uma owns."""
    return make_ticket(customer=acme, owner=uma)


@pytest.fixture
def signed_in():
    """`signed_in(uma)`: a test client on which uma is signed in."""

    def sign_in(user):
        client = Client()
        client.force_login(user)
        return client

    return sign_in

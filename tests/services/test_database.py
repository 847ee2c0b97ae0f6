import os

import pytest
from django.db import connection

from tests.services import servers


@pytest.mark.django_db
def test_suite_runs_on_postgresql():
    assert connection.vendor == "postgresql"
    assert connection.pg_version >= 150000
    assert connection.settings_dict["NAME"].startswith(f"test_opsi_{os.environ['OPSI_TEST_SERVICES']}")


def test_databases_of_stacks_are_new_each_time():
    assert servers.new_database() != servers.new_database()

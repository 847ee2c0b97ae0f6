"""Breaking it on purpose: see docs/reliability.md for what is broken, and what must hold afterwards."""

import pytest

pytest.register_assert_rewrite("tests.faults.desk")

"""Whether anything in the database changed: a digest of every table, taken only where something was written."""

import hashlib
from contextlib import contextmanager

from django.apps import apps
from django.db import connection

WRITING = ("INSERT", "UPDATE", "DELETE", "REPLACE", "TRUNCATE", "ALTER", "DROP", "CREATE")


def digest(*but_not):
    """{table: digest}, of all tables but those named."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if table not in but_not:
            rows = sorted(repr(row) for row in model._base_manager.values_list())
            found[table] = hashlib.sha256("\n".join(rows).encode(errors="replace")).hexdigest()
    return found


class Unchanging:
    """`changed()`: the tables that differ from what they were when this was made, by then."""

    def __init__(self, *but_not):
        self.but_not = but_not
        self.before = digest(*but_not)
        self.wrote = False

    @contextmanager
    def watching(self):
        """Notice what is written meanwhile; without a writing statement nothing needs to be compared."""
        self.wrote = False
        with connection.execute_wrapper(self._notice):
            yield

    def _notice(self, execute, sql, params, many, context):
        self.wrote = self.wrote or sql.lstrip().upper().startswith(WRITING)
        return execute(sql, params, many, context)

    def changed(self):
        if not self.wrote:
            return []
        now = digest(*self.but_not)
        return [table for table, value in now.items() if value != self.before[table]]

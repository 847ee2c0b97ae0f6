"""Whether anything in the database changed: a digest of every table, taken again of those that were written to."""

import hashlib
import re
from contextlib import contextmanager

from django.apps import apps
from django.db import connection

WRITING = ("INSERT", "UPDATE", "DELETE", "REPLACE", "TRUNCATE", "ALTER", "DROP", "CREATE")
WRITTEN = re.compile(
    r'\s*(?:(?:INSERT(?: OR \w+)?|REPLACE) INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?\s', re.IGNORECASE
)


def _tables():
    """{table: model}, those of many-to-many fields too."""
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}


def digest(tables):
    """{table: digest}"""
    models = _tables()
    found = {}
    for table in tables:
        rows = sorted(repr(row) for row in models[table]._base_manager.values_list())
        found[table] = hashlib.sha256("\n".join(rows).encode(errors="replace")).hexdigest()
    return found


class Unchanging:
    """`changed()`: the tables, but for those named, that differ from what they were when this was made, by then."""

    def __init__(self, *but_not):
        self.before = digest(_tables().keys() - set(but_not))
        self.written = set()

    @contextmanager
    def watching(self):
        """Notice what is written to meanwhile: nothing else needs to be compared."""
        self.written = set()
        with connection.execute_wrapper(self._notice):
            yield

    def _notice(self, execute, sql, params, many, context):
        if found := WRITTEN.match(sql):
            self.written.add(found[1])
        elif sql.lstrip().upper().startswith(WRITING):
            self.written |= self.before.keys()  # into what, it does not say as we know it
        return execute(sql, params, many, context)

    def changed(self):
        now = digest(self.written & self.before.keys())
        return [table for table, value in now.items() if value != self.before[table]]

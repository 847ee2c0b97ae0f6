"""Titles are searched by index on PostgreSQL (tickets/searching.py), in any language: none needs breaks between words."""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

from opsi.postgres import OnPostgreSQL


class Migration(migrations.Migration):

    dependencies = [
        ("tickets", "0011_words_of_the_admin"),
    ]

    operations = [
        # An account that may not create extensions needs an administrator to do it first (docs/operations.md).
        TrigramExtension(),
        OnPostgreSQL(
            "CREATE INDEX ticket_title_trigrams ON tickets_ticket USING gin (upper(title) gin_trgm_ops)",
            "DROP INDEX ticket_title_trigrams",
        ),
        OnPostgreSQL(
            r"CREATE INDEX ticket_title_pairs ON tickets_ticket"
            r" USING gin (regexp_replace(upper(title), '(.)', '\1\1', 'g') gin_trgm_ops)",
            "DROP INDEX ticket_title_pairs",
        ),
    ]

"""The index by which people are searched by the beginning of their name.

It is no index of the model's: each database needs one of its own kind. PostgreSQL compares
`UPPER(name) LIKE`, SQLite `name LIKE` without regard to ASCII case. A migration that makes the
table anew on SQLite loses it, and must make it again: `tests/contacts/test_name_search.py`.
"""

from django.db import migrations

POSTGRESQL = """
CREATE INDEX CONCURRENTLY contact_name_prefix ON contacts_contact (UPPER(name) text_pattern_ops)
"""
SQLITE = """
CREATE INDEX IF NOT EXISTS contact_name_prefix ON contacts_contact (name COLLATE NOCASE)
"""


def make_index(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            # One that was interrupted is left invalid.
            cursor.execute("DROP INDEX CONCURRENTLY IF EXISTS contact_name_prefix")
            cursor.execute(POSTGRESQL)
        else:
            cursor.execute(SQLITE)


def drop_index(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("DROP INDEX IF EXISTS contact_name_prefix")


class Migration(migrations.Migration):
    atomic = False  # an index is built without stopping writes only outside a transaction
    dependencies = [("contacts", "0001_initial")]
    operations = [migrations.RunPython(make_index, drop_index)]

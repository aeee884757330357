"""Triggers that refuse to put another entry in the place of one, on SQLite.

There `REPLACE INTO` deletes the row whose key it takes, and the triggers of deleting are not asked.
PostgreSQL has no such statement: its `ON CONFLICT DO UPDATE` is an update.
"""

from typing import Any

from django.db import migrations

SENTENCE = "The audit trail is append-only."
#: The tables, with the columns that are unique.
TABLES = {"audit_auditentry": ("id", "key"), "audit_auditchange": ("id",)}


def add_triggers(apps: Any, schema_editor: Any) -> None:
    """Create the triggers."""
    if schema_editor.connection.vendor != "sqlite":
        return
    for table, columns in TABLES.items():
        taken = " OR ".join(f"{column} = NEW.{column}" for column in columns)
        schema_editor.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken}) "
            f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END",
            params=None,
        )


def remove_triggers(apps: Any, schema_editor: Any) -> None:
    """Drop the triggers."""
    if schema_editor.connection.vendor == "sqlite":
        for table in TABLES:
            schema_editor.execute(f"DROP TRIGGER {table}_no_replace", params=None)


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_entries_about_a_row")]
    operations = [migrations.RunPython(add_triggers, remove_triggers)]

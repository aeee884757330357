"""Adds the index by which the entries about one row are found."""

from typing import Any

from django.db import migrations, models

INDEX = "auditentry_object"


def make_index(apps: Any, schema_editor: Any) -> None:
    """Create the index; PostgreSQL does it without stopping writes."""
    how = "CONCURRENTLY" if schema_editor.connection.vendor == "postgresql" else ""
    with schema_editor.connection.cursor() as cursor:
        # One that was interrupted is left invalid.
        cursor.execute(f"DROP INDEX {how} IF EXISTS {INDEX}")
        cursor.execute(
            f"CREATE INDEX {how} {INDEX} ON audit_auditentry (object_type, object_id, id)"
        )


def drop_index(apps: Any, schema_editor: Any) -> None:
    """Drop the index."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {INDEX}")


class Migration(migrations.Migration):
    atomic = False  # an index is built without stopping writes only outside a transaction
    dependencies = [("audit", "0003_entries_of_django")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(make_index, drop_index)],
            state_operations=[
                migrations.AddIndex(
                    model_name="auditentry",
                    index=models.Index(
                        fields=["object_type", "object_id", "id"], name="auditentry_object"
                    ),
                )
            ],
        )
    ]

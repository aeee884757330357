"""Adds the index by which friendships that ended are searched by UIN."""

from typing import Any

from django.db import migrations, models

INDEX = "friend_ended"


def make_index(apps: Any, schema_editor: Any) -> None:
    """Create the index; PostgreSQL does it without stopping writes."""
    how = "CONCURRENTLY" if schema_editor.connection.vendor == "postgresql" else ""
    with schema_editor.connection.cursor() as cursor:
        # One that was interrupted is left invalid.
        cursor.execute(f"DROP INDEX {how} IF EXISTS {INDEX}")
        cursor.execute(
            f"CREATE INDEX {how} {INDEX} ON accounts_friend (uin) WHERE ended_at IS NOT NULL"
        )


def drop_index(apps: Any, schema_editor: Any) -> None:
    """Drop the index."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {INDEX}")


class Migration(migrations.Migration):
    atomic = False  # an index is built without stopping writes only outside a transaction
    dependencies = [("accounts", "0006_status_schedules")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(make_index, drop_index)],
            state_operations=[
                migrations.AddIndex(
                    model_name="friend",
                    index=models.Index(
                        fields=["uin"],
                        name="friend_ended",
                        condition=models.Q(ended_at__isnull=False),
                    ),
                )
            ],
        )
    ]

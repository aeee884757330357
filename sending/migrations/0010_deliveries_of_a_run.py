"""Replaces the index on a delivery's run by one that has the run's deliveries in their order."""

from django.db import migrations, models
import django.db.models.deletion

NEW, OLD = "delivery_of_run", "sending_delivery_run_id_71280f97"


def change_indexes(apps, schema_editor):
    _replace(schema_editor, OLD, NEW, "(run_id, id)")


def change_back(apps, schema_editor):
    _replace(schema_editor, NEW, OLD, "(run_id)")


def _replace(schema_editor, old, new, columns):
    # PostgreSQL does it without stopping writes.
    how = "CONCURRENTLY" if schema_editor.connection.vendor == "postgresql" else ""
    with schema_editor.connection.cursor() as cursor:
        # One that was interrupted is left invalid.
        cursor.execute(f"DROP INDEX {how} IF EXISTS {new}")
        cursor.execute(f"CREATE INDEX {how} {new} ON sending_delivery {columns}")
        cursor.execute(f"DROP INDEX {how} IF EXISTS {old}")


class Migration(migrations.Migration):
    atomic = False  # an index is built without stopping writes only outside a transaction
    dependencies = [("sending", "0009_run_waits_for_presence")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(change_indexes, change_back)],
            state_operations=[
                migrations.AddIndex(
                    model_name="delivery",
                    index=models.Index(fields=["run", "id"], name="delivery_of_run"),
                ),
                migrations.AlterField(
                    model_name="delivery",
                    name="run",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="sending.run",
                        verbose_name="run",
                    ),
                ),
            ],
        )
    ]

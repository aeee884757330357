"""Leaves room in the pages of deliveries and attempts, which are changed soon after they are made.

On PostgreSQL the new version of a row then stays in its page. It costs nothing at once: only rows
that are written from now on are placed so.
"""

from django.db import migrations

TABLES, PERCENT = ("sending_delivery", "sending_attempt"), 70


def leave_room(apps, schema_editor):
    _each(schema_editor, f"SET (fillfactor = {PERCENT})")


def fill_pages(apps, schema_editor):
    _each(schema_editor, "RESET (fillfactor)")


def _each(schema_editor, change):
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f"ALTER TABLE {table} {change}")


class Migration(migrations.Migration):
    dependencies = [("sending", "0010_deliveries_of_a_run")]
    operations = [migrations.RunPython(leave_room, fill_pages)]

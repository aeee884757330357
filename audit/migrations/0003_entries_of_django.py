"""Takes over the entries of Django's own log, which is not written any more."""

from typing import Any

from django.db import migrations

#: Entries that are written at once.
CHUNK = 1_000
VERBS = {1: "add", 2: "change", 3: "delete"}


def take_over(apps: Any, schema_editor: Any) -> None:
    """Copy the entries, the oldest first."""
    alias = schema_editor.connection.alias
    old = apps.get_model("admin", "LogEntry").objects.using(alias)
    entries = apps.get_model("audit", "AuditEntry").objects.using(alias)
    rows = old.select_related("user", "content_type").order_by("pk").iterator(chunk_size=CHUNK)
    made: list[Any] = []
    for row in rows:
        is_command = row.user.username == "command-line"
        kind = row.content_type
        # A list is Django's names of the changed fields.
        message = "" if row.change_message.startswith("[") else row.change_message
        made.append(
            entries.model(
                key=f"log-{row.pk}",
                at=row.action_time,
                user_id=None if is_command else row.user_id,
                who=row.user.username[:200],
                channel="command" if is_command else "browser",
                verb=VERBS.get(row.action_flag, "change"),
                object_type=f"{kind.app_label}.{kind.model}" if kind is not None else "",
                object_id=(row.object_id or "")[:64],
                object_name=row.object_repr[:200],
                sentence=message[:800],
            )
        )
        if len(made) >= CHUNK:
            entries.bulk_create(made)
            made = []
    entries.bulk_create(made)


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_append_only"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]
    operations = [migrations.RunPython(take_over, migrations.RunPython.noop)]

"""Triggers that refuse to change or delete entries, except under a permit of the same transaction.

`audit.permits` writes the permit, and removes it before the commit. So no other transaction ever
sees one.
"""

from typing import Any

from django.db import migrations

TABLES = ("audit_auditentry", "audit_auditchange")
SENTENCE = "The audit trail is append-only."


def add_triggers(apps: Any, schema_editor: Any) -> None:
    """Create the triggers in the language of the database."""
    for statement in _statements(schema_editor.connection.vendor):
        schema_editor.execute(statement, params=None)


def remove_triggers(apps: Any, schema_editor: Any) -> None:
    """Drop the triggers."""
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for table in TABLES:
        for name in ("update", "delete", "truncate") if is_postgresql else ("update", "delete"):
            on = f" ON {table}" if is_postgresql else ""
            schema_editor.execute(f"DROP TRIGGER {table}_no_{name}{on}", params=None)
    if is_postgresql:
        schema_editor.execute("DROP FUNCTION audit_refuse()", params=None)


def _statements(vendor: str) -> list[str]:
    if vendor == "postgresql":
        found = [
            f"""
            CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NOT EXISTS (SELECT 1 FROM audit_auditpermit) THEN
                    RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'insufficient_privilege';
                END IF;
                IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                RETURN NEW;
            END $$
            """
        ]
        for table in TABLES:
            found += [
                f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
                f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
            ]
        return found
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        "WHEN NOT EXISTS (SELECT 1 FROM audit_auditpermit) "
        f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
        for table in TABLES
        for verb in ("UPDATE", "DELETE")
    ]


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_audit_trail")]
    operations = [migrations.RunPython(add_triggers, remove_triggers)]

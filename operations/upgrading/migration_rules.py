"""Which migrations are safe while workers of the previous version still run.

A migration runs first, the processes are restarted after it. In between, the previous version reads
and writes the new tables: it does not know new columns, and still uses the old ones.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED

from foundation.create_models import CreateModels

#: What the previous version would miss.
_GONE: dict[type[Operation], str] = {
    migrations.RemoveField: "removes a column",
    migrations.RenameField: "renames a column",
    migrations.DeleteModel: "removes a table",
    migrations.RenameModel: "renames a table",
    migrations.AlterModelTable: "renames a table",
}
#: What the previous version may break.
_NEW_RULES: dict[type[Operation], str] = {
    migrations.AddConstraint: "adds a constraint",
    migrations.AlterUniqueTogether: "adds a constraint",
}


def problems(migration: Migration, before: ProjectState) -> list[str]:
    """Return why a migration is not safe beside the previous version; an empty list if it is.

    Args:
        migration: the migration.
        before: the state of all models before it.
    """
    state = before.clone()
    made: set[str] = set()
    found: list[str] = []
    for operation in _flat(migration.operations):
        model = str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower()
        if isinstance(operation, migrations.CreateModel):
            made.add(operation.name.lower())
        elif model not in made and not _allows_more(operation, before, migration.app_label):
            sentence = _problem(operation, state, migration.app_label)
            if sentence:
                found.append(f"{sentence} ({operation.describe()})")
        operation.state_forwards(migration.app_label, state)
    return found


def state_before(loader: MigrationLoader, app: str, name: str) -> ProjectState:
    """Return the state of all models before a migration."""
    parents = [parent.key for parent in loader.graph.node_map[app, name].parents]
    return loader.project_state(parents) if parents else ProjectState()


def _flat(operations: Iterable[Operation]) -> Iterable[Operation]:
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from _flat(operation.database_operations)
        elif isinstance(operation, CreateModels):
            yield from operation.models
        else:
            yield operation


def _problem(operation: Operation, before: ProjectState, app: str) -> str:
    for kind, sentence in (*_GONE.items(), *_NEW_RULES.items()):
        if isinstance(operation, kind):
            return sentence
    if isinstance(operation, migrations.RunSQL):
        return "runs SQL, which has to be looked at"
    if isinstance(operation, migrations.AddField):
        return _added(operation.field)
    if isinstance(operation, migrations.AlterField):
        fields = before.models[app, operation.model_name_lower].fields
        return _altered(fields[operation.name], operation.field)
    return ""


def _allows_more(operation: Operation, before: ProjectState, app: str) -> bool:
    """Return whether a constraint takes the place of one of its name that allowed fewer values."""
    if not isinstance(operation, migrations.AddConstraint):
        return False
    options = before.models[app, operation.model_name.lower()].options
    named = {one.name: one for one in options.get("constraints", ())}
    old, new = _allowed(named.get(operation.constraint.name)), _allowed(operation.constraint)
    return old is not None and new is not None and old[0] == new[0] and old[1] <= new[1]


def _allowed(constraint: models.BaseConstraint | None) -> tuple[str, frozenset[str]] | None:
    """Return the lookup and the values of a constraint like `state__in`; None for any other."""
    if not isinstance(constraint, models.CheckConstraint):
        return None
    children = constraint.condition.children if isinstance(constraint.condition, models.Q) else []
    if len(children) != 1 or not isinstance(children[0], tuple):
        return None
    lookup, values = children[0]
    return (lookup, frozenset(values)) if lookup.endswith("__in") else None


def _added(field: models.Field) -> str:  # type: ignore[type-arg]
    if isinstance(field, models.ManyToManyField):
        return ""
    if not field.null and field.db_default is NOT_PROVIDED:
        return "adds a column that must have a value, without a default of the database"
    return "adds a unique column" if field.unique and not field.null else ""


def _altered(old: models.Field, new: models.Field) -> str:  # type: ignore[type-arg]
    if old.null and not new.null:
        return "forbids NULL, which the previous version may write"
    if old.db_default is not NOT_PROVIDED and new.db_default is NOT_PROVIDED and not new.null:
        return "removes the database's default, on which the previous version may rely"
    if new.unique and not old.unique:
        return "makes a column unique"
    if old.get_internal_type() != new.get_internal_type():
        return "changes the type of a column"
    shorter = (old.max_length or 0) > (new.max_length or 0)
    return "shortens a column" if new.max_length is not None and shorter else ""

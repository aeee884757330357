"""An operation for migrations: many tables in one step, so that a first start takes seconds.

Django makes the models of all apps anew after each operation of a migration. With 130 tables that
point at each other, an empty database took 24 s of CPU to migrate; in one step each app's tables
take one such round (decision 0058). Migrations import this, so it does not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import CreateModel
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState


class CreateModels(Operation):
    """Creates several tables with their indexes and constraints; they may point at each other.

    Args:
        models: one `CreateModel` each. A table that others inherit from stands before them.
    """

    category = OperationCategory.ADDITION
    serialization_expand_args = ["models"]

    def __init__(self, models: Sequence[CreateModel]) -> None:
        self.models = models

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__qualname__, [], {"models": self.models}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        # Models that are made already would be made again for each table. They are made when used.
        state.__dict__.pop("apps", None)
        for operation in self.models:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for operation in self.models:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for operation in reversed(self.models):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create {len(self.models)} tables"

    @property
    def migration_name_fragment(self) -> str:
        return "_".join(operation.name_lower for operation in self.models)

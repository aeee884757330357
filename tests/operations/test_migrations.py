"""Migrations are safe beside workers of the previous version, and import no code that changes."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from operations.upgrading.migration_rules import problems, state_before
from tests.running_stack import ROOT

pytestmark = pytest.mark.one_database

OWN = [name for name in settings.INSTALLED_APPS if (ROOT / name / "migrations").is_dir()]
#: What a migration may import of ours: classes of columns, which are data about tables, and the
#: operation that makes many tables at once.
IMPORTED = {
    "foundation.create_models",
    "foundation.encrypted_field",
    "foundation.named_model",
    "foundation.sentence_field",
}


@pytest.fixture(scope="module")
def loader() -> MigrationLoader:
    return MigrationLoader(None)


@pytest.mark.parametrize("app", OWN)
def test_a_migration_is_safe_beside_the_previous_version(app: str, loader: MigrationLoader) -> None:
    found = {}
    for key, migration in (loader.disk_migrations or {}).items():
        if key[0] != app:
            continue
        found[f"{app}.{key[1]}"] = problems(migration, state_before(loader, *key))
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize("file", sorted(ROOT.glob("*/migrations/0*.py")), ids=lambda f: f.stem)
def test_a_migration_imports_no_code_that_will_change(file: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or ".")
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    ours = {name for name in imported if name.partition(".")[0] in packages}
    assert ours <= IMPORTED


TABLE: list[tuple[str, Any]] = [
    ("id", models.BigAutoField(primary_key=True)),
    ("a", models.CharField(max_length=9)),
]


@pytest.mark.parametrize(
    ("operation", "is_safe"),
    [
        (migrations.AddField("one", "b", models.IntegerField(null=True)), True),
        (migrations.AddField("one", "b", models.IntegerField(db_default=0)), True),
        (migrations.AddField("one", "b", models.IntegerField(default=0)), False),
        (migrations.RemoveField("one", "a"), False),
        (migrations.RenameField("one", "a", "b"), False),
        (migrations.DeleteModel("one"), False),
        (migrations.RenameModel("one", "two"), False),
        (migrations.AlterField("one", "a", models.CharField(max_length=20)), True),
        (migrations.AlterField("one", "a", models.CharField(max_length=8)), False),
        (migrations.AlterField("one", "a", models.CharField(max_length=9, unique=True)), False),
        (migrations.AlterField("one", "a", models.IntegerField()), False),
        (migrations.AddConstraint("one", models.UniqueConstraint(fields=["a"], name="u")), False),
        (migrations.AddIndex("one", models.Index(fields=["a"], name="i")), True),
        (migrations.RunSQL("SELECT 1"), False),
        (migrations.CreateModel("two", TABLE), True),
    ],
)
def test_the_rules(operation: Operation, is_safe: bool) -> None:
    before = ProjectState()
    migrations.CreateModel("one", list(TABLE)).state_forwards("labels", before)
    migration: Any = Migration("0002_x", "labels")
    migration.operations = [operation]
    assert (problems(migration, before) == []) is is_safe


def test_a_table_that_the_same_migration_makes_may_change_in_it() -> None:
    migration: Any = Migration("0002_x", "labels")
    migration.operations = [
        migrations.CreateModel("two", list(TABLE)),
        migrations.AddConstraint("two", models.UniqueConstraint(fields=["a"], name="u")),
        migrations.RemoveField("two", "a"),
    ]
    assert problems(migration, ProjectState()) == []


@pytest.mark.parametrize(
    ("values", "is_safe"), [(["x", "y", "z"], True), (["x"], False), (["x", "z"], False)]
)
def test_a_constraint_may_only_come_to_allow_more(values: list[str], is_safe: bool) -> None:
    def known(of: list[str]) -> models.CheckConstraint:
        return models.CheckConstraint(condition=models.Q(a__in=of), name="known")

    before = ProjectState()
    migrations.CreateModel("one", list(TABLE)).state_forwards("labels", before)
    migrations.AddConstraint("one", known(["x", "y"])).state_forwards("labels", before)
    migration: Any = Migration("0002_x", "labels")
    migration.operations = [
        migrations.RemoveConstraint("one", "known"),
        migrations.AddConstraint("one", known(values)),
    ]
    assert (problems(migration, before) == []) is is_safe

"""Several tables in one step of a migration: they may point at each other, and go again."""

from __future__ import annotations

import pytest
from django.db import connection, models
from django.db.migrations import CreateModel
from django.db.migrations.state import ProjectState
from django.db.migrations.writer import OperationWriter

from foundation.create_models import CreateModels


def operation() -> CreateModels:
    def key() -> models.Field[int, int]:
        return models.BigAutoField(primary_key=True)

    to_egg = models.ForeignKey("labels.Egg", on_delete=models.CASCADE, null=True)
    to_hen = models.ForeignKey("labels.Hen", on_delete=models.CASCADE)
    one_each = models.UniqueConstraint(fields=["hen"], name="one_egg_each")
    return CreateModels(
        [
            CreateModel("Hen", [("id", key()), ("egg", to_egg)]),
            CreateModel("Egg", [("id", key()), ("hen", to_hen)], {"constraints": [one_each]}),
        ]
    )


@pytest.mark.django_db(transaction=True)
def test_tables_that_point_at_each_other_are_made_and_removed() -> None:
    before = ProjectState()
    assert before.apps  # made already, as after an earlier operation
    after = before.clone()
    created = operation()
    created.state_forwards("labels", after)
    with connection.schema_editor() as editor:
        created.database_forwards("labels", editor, before, after)
    hen, egg = after.apps.get_model("labels", "Hen"), after.apps.get_model("labels", "Egg")
    first = hen.objects.create()
    hen.objects.update(egg=egg.objects.create(hen=first))
    assert egg.objects.filter(hen__egg__isnull=False).count() == 1
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, "labels_egg")
    assert constraints["one_egg_each"]["unique"]
    with connection.schema_editor() as editor:
        created.database_backwards("labels", editor, after, before)
    left = connection.introspection.table_names()
    assert {"labels_hen", "labels_egg"}.isdisjoint(left)


def test_it_is_written_and_described() -> None:
    text = "\n".join(OperationWriter(operation(), indentation=0).serialize()[0].splitlines())
    assert text.startswith("foundation.create_models.CreateModels(")
    assert "'one_egg_each'" in text
    assert operation().describe() == "Create 2 tables"
    assert operation().migration_name_fragment == "hen_egg"

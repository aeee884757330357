"""One entry for each act, with what was different before and after; append-only."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from audit.models import AuditChange, AuditEntry, OpenAct
from audit.permits import permitted
from audit.prune import prune_entries
from contacts.models import ContactList
from foundation.acts import COMMAND, acting, say

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def test_an_act_makes_one_entry_with_before_and_after() -> None:
    row = ContactList.objects.create(name="Friends")
    assert not AuditEntry.objects.exists()  # nobody acts
    with acting(channel=COMMAND, who="ann", verb="list rename"):
        ContactList.objects.filter(pk=row.pk).update(name="Old friends")
        ContactList.objects.filter(pk=row.pk).update(name="Oldest friends")
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.channel, entry.verb) == ("ann", "command", "list rename")
    assert (entry.object_type, entry.object_name) == ("contacts.contactlist", "Oldest friends")
    change = entry.changes.get()
    assert (change.before, change.after) == ({"name": "Friends"}, {"name": "Oldest friends"})
    assert not OpenAct.objects.exists()


def test_rows_that_are_added_and_deleted_keep_their_values() -> None:
    with acting(channel=COMMAND, who="ann"):
        row = ContactList.objects.create(name="Friends")
    with acting(channel=COMMAND, who="ann"):
        row.delete()
    added, deleted = AuditEntry.objects.order_by("pk")
    assert (added.verb, deleted.verb) == ("add", "delete")
    assert added.changes.get().after["name"] == "Friends"
    assert deleted.changes.get().before["name"] == "Friends"


def test_what_is_rolled_back_is_no_change() -> None:
    with acting(channel=COMMAND, who="ann"), transaction.atomic():
        ContactList.objects.create(name="Friends")
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()
    assert not OpenAct.objects.exists()


def test_many_rows_make_one_entry_with_their_number() -> None:
    with acting(channel=COMMAND, who="ann", verb="import"):
        ContactList.objects.bulk_create(
            ContactList(name=f"L{n}", name_key=f"l{n}") for n in range(300)
        )
        ContactList.objects.update(description="x")
    entry = AuditEntry.objects.get()
    assert entry.facts["rows"] == {"contacts.contactlist": {"added": 300, "changed": 300}}
    assert not AuditChange.objects.exists()


def test_an_act_inside_an_act_is_the_same_act() -> None:
    with (
        acting(channel=COMMAND, who="ann") as outer,
        acting(channel="api", who="program", address="::1") as inner,
    ):
        assert inner is outer
        say("Done.", verb="thing")
    entry = AuditEntry.objects.get()
    assert (entry.channel, entry.who, entry.address, entry.sentence) == (
        "api", "program", "::1", "Done.",
    )  # fmt: skip


@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
@pytest.mark.parametrize("table", ["audit_auditentry", "audit_auditchange"])
def test_the_database_refuses_to_change_or_delete_entries(table: str, verb: str) -> None:
    with acting(channel=COMMAND, who="ann"):
        ContactList.objects.create(name="Friends")
    statement = f"DELETE FROM {table}" if verb == "DELETE" else f"UPDATE {table} SET object_name=''"
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    with permitted(purpose="test"), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET object_name=''")
        assert cursor.rowcount == 1
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditChange.objects.all().delete()


@pytest.mark.parametrize("model", [AuditEntry, AuditChange])
def test_no_entry_is_put_in_the_place_of_another(model: Any) -> None:
    """SQLite does not ask the triggers of deleting when REPLACE deletes a row."""
    with acting(channel=COMMAND, who="ann"):
        ContactList.objects.create(name="Friends")
    row = model.objects.get()
    changed = {"who": "eve"} if model is AuditEntry else {"object_name": "eve"}
    for name, value in changed.items():
        setattr(row, name, value)
    copies = [row]
    if model is AuditEntry:  # the same request under another number
        copies.append(AuditEntry.objects.get())
        copies[1].pk, copies[1].who = row.pk + 1, "eve"
    for copy in copies:
        columns = [field.column for field in model._meta.concrete_fields]
        values = [
            field.get_db_prep_save(getattr(copy, field.attname), connection)
            for field in model._meta.concrete_fields
        ]
        marks = ", ".join(["%s"] * len(columns))
        statement = (
            f"INSERT OR REPLACE INTO {model._meta.db_table} ({', '.join(columns)}) VALUES ({marks})"
            if connection.vendor == "sqlite"
            else f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) VALUES ({marks}) "
            f"ON CONFLICT (id) DO UPDATE SET {next(iter(changed))} = 'eve'"
        )
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        model.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["id"], update_fields=[*changed]
        )
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        row.save()
    assert not model.objects.filter(**changed).exists()
    assert model.objects.count() == 1


def test_pruning_by_age_gets_through() -> None:
    with acting(channel=COMMAND, who="ann"):
        ContactList.objects.create(name="Friends")
    assert prune_entries() == 0
    assert prune_entries(keep_days=-1) == 1
    assert not AuditChange.objects.exists()


def test_a_command_makes_one_entry(capsys: Any) -> None:
    call_command("label", "create", "VIP")
    entry = AuditEntry.objects.get()
    assert (entry.channel, entry.verb, entry.object_name) == ("command", "label create", "VIP")
    call_command("label", "list")
    assert AuditEntry.objects.count() == 1

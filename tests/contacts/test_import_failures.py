"""An import that fails is marked as failed at once, and does not stop others."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from contacts.imports.files import stored_file
from contacts.imports.lifecycle import queue_import
from contacts.imports.maintenance import FORGOTTEN_AFTER
from contacts.imports.undo import request_undo
from contacts.models import Contact, ContactImport, ContactList
from contacts.tasks import remove_old_files, run_import
from tabular.upload_files import import_folder
from tests.console.sample_data import make_operator
from tests.contacts.people import imported, uploaded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def _refuse(table: str, event: str) -> str:
    """Return the SQL that makes the database refuse rows of a table with a data error."""
    if connection.vendor == "postgresql":
        return f"""
            CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'SECRET' USING ERRCODE = '22000'; END $$;
            CREATE TRIGGER refuse BEFORE {event} ON {table}
            FOR EACH ROW EXECUTE FUNCTION refuse();
        """
    # On SQLite, RAISE(ABORT) would be a constraint error. Invalid JSON is an error of the
    # statement, as on PostgreSQL.
    return (
        f"CREATE TRIGGER refuse BEFORE {event} ON {table} "
        "BEGIN SELECT json_extract('{', '$.SECRET'); END"
    )


def _allow(table: str) -> str:
    return "DROP TRIGGER refuse" + (f" ON {table}" if connection.vendor == "postgresql" else "")


def test_an_import_with_a_program_error_fails_with_a_sentence(
    caplog: pytest.LogCaptureFixture, client: Client
) -> None:
    bad = uploaded("uin,name\n10001,One\n")
    queue_import(contact_import=bad)
    with connection.cursor() as cursor:
        cursor.execute(_refuse("contacts_contact", "INSERT"))
        run_import(bad.pk)
        cursor.execute(_allow("contacts_contact"))
    bad.refresh_from_db()
    assert bad.state == "failed"
    assert "Program error" in bad.problem
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "load.py" in said
    assert "SECRET" not in said
    client.force_login(make_operator())
    assert f"/contacts/contactimport/{bad.pk}/page/" in client.get("/").content.decode()


def test_a_missing_file_fails_the_import() -> None:
    bad = uploaded("uin\n10001\n")
    queue_import(contact_import=bad)
    stored_file(bad).unlink()
    run_import(bad.pk)
    bad.refresh_from_db()
    assert bad.state == "failed"
    assert bad.problem


def test_a_failed_undo_can_be_requested_again() -> None:
    done = imported("uin\n10001\n")
    request_undo(contact_import=done)
    with connection.cursor() as cursor:
        cursor.execute(_refuse("contacts_membership", "DELETE"))
        run_import(done.pk)
        cursor.execute(_allow("contacts_membership"))
    done.refresh_from_db()
    assert (done.state, Contact.objects.count()) == ("failed", 1)
    request_undo(contact_import=done)
    run_import(done.pk)
    done.refresh_from_db()
    assert (done.state, Contact.objects.count()) == ("undone", 0)


def test_a_database_that_takes_no_writes_fails_no_import() -> None:
    waiting = uploaded("uin\n10001\n")
    queue_import(contact_import=waiting)
    is_postgresql = connection.vendor == "postgresql"
    setting = "SET default_transaction_read_only = " if is_postgresql else "PRAGMA query_only = "
    with connection.cursor() as cursor:
        cursor.execute(setting + ("on" if is_postgresql else "1"))
        run_import(waiting.pk)
        cursor.execute(setting + ("off" if is_postgresql else "0"))
    waiting.refresh_from_db()
    assert waiting.state == "queued"
    run_import(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == "done"


def test_an_old_file_that_cannot_be_removed_does_not_stop_the_others() -> None:
    old = timezone.now() - 2 * FORGOTTEN_AFTER
    stale = [uploaded(f"uin\n{uin}\n") for uin in (10001, 10002)]
    ContactImport.objects.update(created_at=old)
    _make_a_folder_of(stored_file(stale[0]))
    stubborn = import_folder() / "rejected-1.csv"
    _make_a_folder_of(stubborn)
    other = import_folder() / "rejected-2.csv"
    other.touch()
    for path in (stubborn, other):
        os.utime(path, (time.time() - 90 * 86400,) * 2)
    remove_old_files()
    assert list(ContactImport.objects.all()) == [stale[0]]
    assert not other.exists()
    assert ContactList.objects.exists()


def _make_a_folder_of(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()

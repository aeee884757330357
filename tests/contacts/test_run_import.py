"""Running an import: it can be resumed, fenced off and cancelled, and follows its policy."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from contacts.imports import (
    changes_postgresql,
    chunks,
    existing_on_sqlite,
    load_sqlite,
    maintenance,
)
from contacts.imports import run as running
from contacts.imports.files import rejects_file, stored_file
from contacts.imports.lifecycle import cancel_import, queue_import
from contacts.imports.load import load_people
from contacts.imports.merge import applied, merge
from contacts.imports.pieces import read_piece
from contacts.imports.progress import progress_of
from contacts.imports.run import run_import
from contacts.imports.staging import PackedPeople
from contacts.imports.undo import request_undo, undo_import
from contacts.models import Attribute, Contact, ContactImport, ContactList, ImportChange, Membership
from contacts.states import ImportPolicy, ImportState
from foundation.refusals import Refusal
from tests.contacts.people import CHANGING, csv_of, imported, uploaded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK_ROWS", {"sqlite": 10, "postgresql": 10})


def _age(contact_import: ContactImport) -> None:
    ContactImport.objects.filter(pk=contact_import.pk).update(
        heartbeat_at=timezone.now() - timedelta(hours=1)
    )


def test_every_row_of_many_chunks_is_loaded_once(small_chunks: None) -> None:
    rows = csv_of(range(10_000, 10_095)) + "10007,late,c\nx,bad,c\n"
    done = imported(rows)
    assert (done.state, done.cursor, done.created, done.added, done.rejected) == (
        ImportState.DONE,
        97,
        95,
        95,
        2,
    )
    reasons = [error["reason"] for error in done.first_problems]
    assert reasons == ["duplicate of line 9", "not a number: x"]
    assert set(Contact.objects.values_list("uin", flat=True)) == set(range(10_000, 10_095))
    assert progress_of(done).fraction == 1.0


class _Crash(Exception):
    """Stands for the death of the worker."""


@pytest.mark.parametrize("at", [1, 3, 5])
def test_a_crashed_import_is_resumed_without_loading_a_row_twice(
    small_chunks: None, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    # Each chunk has a bad row, and one with the UIN of a row in an earlier chunk.
    bad, again = dict.fromkeys(range(3, 60, 10), "x"), dict.fromkeys(range(5, 60, 10), 20000)
    uins = [str(bad.get(n) or again.get(n) or 20_000 + n) for n in range(61)]
    contact_import = uploaded("uin,name,city\n" + "".join(f"{uin},p,c\n" for uin in uins))
    queue_import(contact_import=contact_import)
    loaded = load_people
    calls: list[int] = []

    def crash(*arguments: object, **options: object) -> object:
        calls.append(1)
        done = loaded(*arguments, **options)  # type: ignore[arg-type]
        if len(calls) == at:
            raise _Crash
        return done

    monkeypatch.setattr(running, "load_people", crash)
    with pytest.raises(_Crash):
        run_import(import_id=contact_import.pk)
    assert not run_import(import_id=contact_import.pk), "its worker may still be alive"
    _age(contact_import)
    assert run_import(import_id=contact_import.pk)
    contact_import.refresh_from_db()
    whole = len(set(uins) - {"x"})
    assert contact_import.state == ImportState.DONE
    assert (contact_import.cursor, contact_import.created) == (61, whole)
    assert contact_import.rejected == 61 - whole
    assert Contact.objects.count() == Membership.objects.count() == whole
    with rejects_file(contact_import).open(encoding="utf-8-sig", newline="") as file:
        rejected = list(csv.reader(file))
    assert len(rejected) == 1 + contact_import.rejected
    assert len({row[-2] for row in rejected}) == len(rejected), "each once"


@pytest.mark.slow
def test_an_import_survives_the_kill_of_its_process(tmp_path: Path) -> None:
    """The process is killed with SIGKILL; the tick wakes another worker."""
    count = 60_000
    contact_import = uploaded(csv_of(range(10_000, 10_000 + count)))
    queue_import(contact_import=contact_import)
    name = connection.settings_dict["NAME"]
    program = (
        "import sys, django; django.setup()\n"
        "from django.conf import settings; from django.db import connection\n"
        "connection.settings_dict['NAME'] = sys.argv[1]; settings.QQCAMPAIGN_HOME = sys.argv[2]\n"
        "from contacts.imports import run as running\n"
        "running.CHUNK_ROWS = {'sqlite': 500, 'postgresql': 500}\n"
        "running.run_import(import_id=int(sys.argv[3]))\n"
    )
    home = str(django_settings.QQCAMPAIGN_HOME)
    worker = subprocess.Popen(
        [sys.executable, "-c", program, str(name), home, str(contact_import.pk)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and worker.poll() is None:
        contact_import.refresh_from_db()
        if contact_import.cursor:
            break
        time.sleep(0.01)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    contact_import.refresh_from_db()
    assert 0 < contact_import.cursor < count, "killed in the middle"
    _age(contact_import)
    woken: list[int] = []
    assert maintenance.maintain_imports(wake=woken.append) == 1
    assert woken == [contact_import.pk]
    assert run_import(import_id=woken[0])
    contact_import.refresh_from_db()
    assert (contact_import.state, contact_import.created) == (ImportState.DONE, count)
    assert Contact.objects.count() == Membership.objects.count() == count


def test_a_worker_that_lost_its_import_commits_nothing_more(
    small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_import = uploaded(csv_of(range(10_000, 10_050)))
    queue_import(contact_import=contact_import)
    loaded = load_people

    def overtaken(*arguments: object, **options: object) -> object:
        if Contact.objects.count() == 20:
            ContactImport.objects.filter(pk=contact_import.pk).update(token=99)
        return loaded(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(running, "load_people", overtaken)
    assert run_import(import_id=contact_import.pk)
    assert Contact.objects.count() == 20
    contact_import.refresh_from_db()
    assert contact_import.cursor == 20


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_worker_that_reads_for_long_shows_that_it_lives(
    monkeypatch: pytest.MonkeyPatch, is_lost: bool
) -> None:
    """As after a crash, when the rows that were loaded are skipped."""
    contact_import = uploaded(csv_of(range(10_000, 10_050)))
    queue_import(contact_import=contact_import)
    is_shown = threading.Event()
    show_life = running._Run._show_life

    def shown(self: Any) -> None:
        _age(contact_import)
        if is_lost:
            ContactImport.objects.update(token=99)
        try:
            show_life(self)
            assert not ContactImport.objects.abandoned().exists()
        finally:
            is_shown.set()

    def slow(*arguments: Any) -> Any:
        assert is_shown.wait(30)
        return read_piece(*arguments)

    monkeypatch.setattr(running, "HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr(running._Run, "_show_life", shown)
    monkeypatch.setattr(chunks, "read_piece", slow)
    assert run_import(import_id=contact_import.pk)
    assert is_shown.is_set()
    assert Contact.objects.count() == (0 if is_lost else 50)


def test_cancelling_stops_after_the_chunk_and_loaded_chunks_can_be_undone(
    small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_import = uploaded(csv_of(range(10_000, 10_050)))
    queue_import(contact_import=contact_import)
    load = running._Run._load

    def cancelled(self: object, *arguments: object) -> None:
        if Contact.objects.count() == 20:
            cancel_import(contact_import=ContactImport.objects.get(pk=contact_import.pk))
        load(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(running._Run, "_load", cancelled)
    run_import(import_id=contact_import.pk)
    contact_import.refresh_from_db()
    assert (contact_import.state, Contact.objects.count()) == (ImportState.CANCELLED, 20)
    with pytest.raises(Refusal):
        stored_file(contact_import)
    request_undo(contact_import=contact_import)
    assert undo_import(import_id=contact_import.pk)
    assert not Contact.objects.exists()


def test_a_finished_import_cannot_be_cancelled_or_started_again() -> None:
    done = imported(csv_of(range(10_000, 10_003)))
    with pytest.raises(Refusal, match="nothing to cancel"):
        cancel_import(contact_import=done)
    with pytest.raises(Refusal, match="started before"):
        queue_import(contact_import=done)
    assert not run_import(import_id=done.pk)


def test_an_import_that_kills_its_workers_is_failed() -> None:
    contact_import = uploaded(csv_of(range(10_000, 10_003)))
    queue_import(contact_import=contact_import)
    ContactImport.objects.filter(pk=contact_import.pk).update(token=running.MOST_TAKES)
    assert run_import(import_id=contact_import.pk)
    contact_import.refresh_from_db()
    assert contact_import.state == ImportState.FAILED
    assert "10 times" in contact_import.problem


@pytest.mark.parametrize(
    ("policy", "first", "second", "updated"),
    [
        (ImportPolicy.SKIP, ("", {"city": "Bern", "old": "x"}), ("Two", {}), 0),
        (
            ImportPolicy.FILL,
            ("One", {"city": "Bern", "old": "x", "level": "3"}),
            ("Two", {}),
            1,
        ),
        (
            ImportPolicy.OVERWRITE,
            ("One", {"city": "Basel", "old": "x", "level": "3"}),
            ("Zwei", {}),
            2,
        ),
    ],
)
def test_the_policy_decides_what_changes_in_existing_contacts(
    known: ContactList, policy: str, first: object, second: object, updated: int
) -> None:
    done = imported(CHANGING, into="after", policy=policy)
    found = {p.uin: (p.name, p.attributes) for p in Contact.objects.all()}
    assert found[10001] == first
    assert found[10002] == second
    assert found[10003] == ("Three", {"city": "Chur", "level": "1"})
    assert (done.created, done.updated, done.unchanged, done.added) == (1, updated, 2 - updated, 3)


@pytest.mark.parametrize("policy", ImportPolicy.values)
@pytest.mark.parametrize(
    "held",
    [
        {},
        {"city": "Basel"},
        {"city": "Basel", "level": "3", "old": "x"},
        {"city": "", "level": None},
        {"city": ["Basel"], "level": 3},
        {"city": {"Basel": 1}},
        {"city": "Bern", 'a "key"': "\\n"},
        ["city", "Basel"],
    ],
)
@pytest.mark.parametrize("name", ["", "One", "Two"])
def test_existing_contacts_change_as_merge_says(policy: str, held: Any, name: str) -> None:
    """Each database has its own statement; the result must be that of `merge`."""
    person = Contact.objects.create(uin=10001, name=name, attributes=held)
    had = held if isinstance(held, dict) else {}
    new = {"city": "Basel", "level": "3"}
    changes = merge(policy=policy, name=name, attributes=had, new_name="One", new_attributes=new)
    done = imported("uin,name,city,level\n10001,One,Basel,3\n", policy=policy)
    person.refresh_from_db()
    expected = applied(changes, name=name, attributes=had) if changes else (name, held)
    assert (person.name, person.attributes) == expected
    assert done.updated == bool(changes)
    notes = ImportChange.objects.values_list("contact_id", "changes")
    assert list(notes) == ([(person.pk, changes)] if changes else [])


@pytest.mark.skipif("connection.vendor != 'postgresql'")
@pytest.mark.parametrize("policy", [ImportPolicy.FILL, ImportPolicy.OVERWRITE])
def test_both_statements_change_people_alike(policy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """That which names the attributes of a file, and that for files with many of them."""
    Attribute.objects.create(name="level", kind="number")
    held: list[Any] = [
        {"city": "Basel", "level": "3"},
        {"city": "", "level": "2", "old": "x"},
        {"level": 3, "city": None},
        {"level": ["3"]},
        ["city"],
        {"city": "Bern", "level": "7"},
    ]
    text = "uin,name,city,level\n" + "".join(
        f"{10_001 + at},One,Basel,{3 if at % 2 else ''}\n" for at in range(len(held))
    )
    results = []
    for most in (changes_postgresql.MOST_NAMED, 0):
        monkeypatch.setattr(changes_postgresql, "MOST_NAMED", most)
        Contact.objects.all().delete()
        for at, attributes in enumerate(held):
            Contact.objects.create(uin=10_001 + at, name="Two" * (at % 2), attributes=attributes)
        assert imported(text, policy=policy).updated
        people = Contact.objects.order_by("uin")
        changes = ImportChange.objects.order_by("contact__uin")
        results.append(
            (
                list(people.values_list("uin", "name", "attributes", "readings")),
                list(changes.values_list("contact__uin", "changes")),
            )
        )
    assert results[0] == results[1]
    assert any(readings for *_rest, readings in results[0][0])


def test_unchanged_people_are_not_written(small_chunks: None) -> None:
    """One of thirty people in three chunks changes; no row and no ImportChange of the others."""
    imported(csv_of(range(10_000, 10_030)))
    before = dict(Contact.objects.values_list("uin", "updated_at"))
    done = imported(csv_of(range(10_000, 10_030)).replace("10017,p10017,", "10017,new,"))
    after = dict(Contact.objects.values_list("uin", "updated_at"))
    assert (done.updated, done.unchanged, done.added) == (1, 29, 0)
    assert {uin for uin in before if before[uin] != after[uin]} == {10017}
    assert list(ImportChange.objects.values_list("contact__uin", "changes")) == [
        (10017, {"name": ["p10017", "new"]})
    ]


def test_a_chunk_of_large_rows_is_full_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "PIECE_ROWS", 2)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 15_000)
    loaded, sizes = load_people, []

    def counted(people: PackedPeople, **options: Any) -> object:
        sizes.append(people.count)
        return loaded(people, **options)

    monkeypatch.setattr(running, "load_people", counted)
    text = "uin,note\n" + "".join(f"{10_000 + n},{'x' * 5_000}\n" for n in range(10))
    assert imported(text).created == 10
    assert sizes == [4, 4, 2]


def test_a_list_deleted_meanwhile_gets_no_members(monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite the keys are not checked during an import: it must look itself."""
    contact_import = uploaded(csv_of(range(10_000, 10_020)))
    queue_import(contact_import=contact_import)

    def deleted() -> None:
        ContactList.objects.filter(name="all").delete()

    monkeypatch.setattr(running, "commit_lazily", deleted)
    assert run_import(import_id=contact_import.pk)
    contact_import = ContactImport.objects.filter(pk=contact_import.pk).get()
    assert contact_import.state == ImportState.FAILED
    assert contact_import.problem == "The list of this import has been deleted."
    assert not Membership.objects.exists()


@pytest.mark.usefixtures("small_chunks")
def test_new_people_among_known_ones_are_created_once() -> None:
    """After a chunk of known people, the next ones are looked up before they are created."""
    imported(csv_of(range(10_000, 10_025)), into="old")
    contact_import = imported(csv_of(range(10_000, 10_050)), into="new")
    assert (contact_import.created, contact_import.updated) == (25, 0)
    assert (contact_import.unchanged, contact_import.added) == (25, 50)
    assert Contact.objects.count() == 50
    again = imported(csv_of(range(10_010, 10_060), name="q"), into="new")
    assert (again.created, again.updated, again.unchanged, again.added) == (10, 40, 0, 10)
    assert Membership.objects.filter(contact_list__name="new").count() == 60


@pytest.mark.one_database  # PostgreSQL has one form
@pytest.mark.parametrize("policy", ImportPolicy.values)
def test_people_change_alike_in_one_pass_and_in_two(
    monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    """Known people, changed or not, in the list or not, and new ones."""
    loaded = load_people
    old = csv_of(range(10_000, 10_020))
    text = csv_of(range(10_005, 10_030)).replace("p10007,", "new,").replace("p10012,", "q,")
    results = []
    for one_pass in (False, True):

        def forced(people: PackedPeople, one_pass: bool = one_pass, **options: Any) -> object:
            return loaded(people, **options | {"are_changed": one_pass})

        Contact.objects.all().delete()
        ContactImport.objects.all().delete()
        imported(old, into="old")
        imported(csv_of(range(10_000, 10_010)), into="new")
        with monkeypatch.context() as patch:
            patch.setattr(running, "load_people", forced)
            patch.setattr(running, "CHUNK_ROWS", {"sqlite": 10, "postgresql": 10})
            done = imported(text, into="new", policy=policy)
        changes = ImportChange.objects.order_by("contact__uin")
        results.append(
            (
                (done.created, done.updated, done.unchanged, done.added),
                list(Contact.objects.order_by("uin").values_list("uin", "name", "attributes")),
                list(changes.values_list("contact__uin", "changes")),
                sorted(
                    Membership.objects.filter(contact_list__name="new").values_list(
                        "contact__uin", flat=True
                    )
                ),
            )
        )
    assert results[0] == results[1]
    assert results[0][0][0] == 10
    assert results[0][0][1] == (2 if policy == ImportPolicy.OVERWRITE else 0)
    assert len(results[0][3]) == 30


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_sqlite_begins_with_the_people_of_the_chunk() -> None:
    """Else it reads all contacts for each chunk, because the result is in their order."""
    values: dict[str, int | str] = {"import": 1, "list": 1, "now": "2026-01-01"}
    with connection.cursor() as cursor:
        PackedPeople("sqlite").stage(cursor)
        for statement in (
            load_sqlite._MEMBERS,
            load_sqlite._LEFT_TO_DO,
            existing_on_sqlite._KNOWN,
            existing_on_sqlite._EVERYBODY,
        ):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            plan = [str(row[-1]) for row in cursor.fetchall()]
            assert plan[0] == "SCAN stage_people", plan
            assert plan[1].startswith("SEARCH person USING"), plan

"""Which tests a run asks for, in which order, and when the migrated database is made anew."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import is_asked_for, shortness
from tests.examples import examples
from tests.migrated_database import ROOT, code_hash


class Item:
    """A test with these markers and fixtures."""

    def __init__(self, *markers: str, fixtures: tuple[str, ...] = ()) -> None:
        self._markers, self.fixturenames = markers, fixtures

    def get_closest_marker(self, name: str) -> str | None:
        """Return the marker, None if the test does not have it."""
        return name if name in self._markers else None


#: First run, first run with --all, second run, second run with --all.
ASKED_FOR = [
    (Item(), "yes yes no no"),
    (Item("django_db"), "yes yes no yes"),
    (Item(fixtures=("stack",)), "yes yes no yes"),
    (Item("django_db", "one_database"), "yes yes no no"),
    (Item("django_db", "both_databases"), "yes yes yes yes"),
    (Item("both_databases"), "yes yes no no"),
    (Item("django_db", "both_databases", "one_database"), "yes yes no no"),
    (Item("django_db", "exhaustive"), "no yes no yes"),
    (Item("django_db", "both_databases", "exhaustive"), "no yes no yes"),
    (Item("exhaustive"), "no yes no no"),
    (Item("partial"), "yes no no no"),
    (Item("django_db", "both_databases", "partial"), "yes no yes no"),
]


@pytest.mark.parametrize(("item", "runs"), ASKED_FOR)
def test_a_run_asks_for_what_its_options_say(item: Any, runs: str) -> None:
    asked = [
        is_asked_for(item, is_all=is_all, is_second=is_second)
        for is_second in (False, True)
        for is_all in (False, True)
    ]
    assert ["yes" if one else "no" for one in asked] == runs.split()


def test_long_tests_come_first() -> None:
    items: list[Any] = [Item(), Item("slow"), Item("browser", "slow"), Item("stack", "slow")]
    assert sorted(items, key=shortness) == items[::-1]


def test_hypothesis_tries_fewer_examples_unless_all_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.examples.is_all", False)
    assert (examples(400), examples(25)) == (100, 10)
    monkeypatch.setattr("tests.examples.is_all", True)
    assert (examples(400), examples(25)) == (400, 25)


def test_the_migrated_database_is_made_anew_when_code_changes(tmp_path: Path) -> None:
    copied = tmp_path / "code"
    for name in ("webhooks", "clocks"):
        shutil.copytree(ROOT / name, copied / name)
    (copied / "tests").mkdir()
    (copied / "requirements.txt").write_text("Django==5\n")

    def change(name: str) -> bool:
        before = code_hash(copied)
        code_hash.cache_clear()
        with (copied / name).open("a") as file:
            file.write("\n# changed\n")
        return code_hash(copied) != before

    try:
        assert change("webhooks/migrations/0001_endpoints_and_messages.py")
        assert change("clocks/shared.py")
        assert change("requirements.txt")
        assert not change("tests/test_new.py")
        assert not change("webhooks/notes.log")
    finally:
        code_hash.cache_clear()

"""Fixtures of the tests of contacts: a folder of imports for each test, and two known people."""

from __future__ import annotations

from pathlib import Path

import pytest

from contacts.models import ContactList
from tests.contacts.people import imported


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: object) -> Path:
    """Use a new QQCAMPAIGN_HOME, and return its path."""
    folder = tmp_path / "home"
    settings.QQCAMPAIGN_HOME = folder  # type: ignore[attr-defined]
    return folder


@pytest.fixture
def known() -> ContactList:
    """A list of two people, imported before the import that is tested."""
    imported("uin,name,city,old\n10001,,Bern,x\n10002,Two,,\n", into="before")
    return ContactList.objects.get(name="before")

"""What commands change is in the audit trail."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import AuditEntry
from contacts.models import Segment
from contacts.people.attributes import record_attribute_names
from tests.campaigns.factories import make_list
from tests.commandline import manage
from tests.console.sample_data import make_operator

pytestmark = pytest.mark.django_db(transaction=True)


def entries() -> list[tuple[str, str]]:
    """Return what was done and what it was about, oldest first; all by the command line."""
    found = AuditEntry.objects.order_by("pk")
    assert {one.channel for one in found} <= {"command"}
    return [(one.verb, f"{one.object_type} {one.object_name}") for one in found]


def test_suppressions(tmp_path: Path) -> None:
    make_list("members")
    manage("suppressions", "add", 100_001, 100_002, "--list", "members")
    manage("suppressions", "remove", 100_002, "--list", "members")
    file = tmp_path / "more.csv"
    file.write_text("uin\n100003\n")
    manage("suppressions", "import", file)
    manage("suppressions", "export", "--out", tmp_path / "all.csv")
    by_hand = "(entered by an operator)"
    assert [verb for verb, _about in entries()] == [
        "suppressions add",
        "suppressions remove",
        "suppressions import",
        "suppressions export",
    ]
    added, removed, imported, exported = AuditEntry.objects.order_by("pk")
    names = {f"{uin} {by_hand}" for uin in (100_001, 100_002)}
    assert set(added.changes.values_list("object_name", flat=True)) == names
    assert removed.changes.get().kind == "deleted"
    assert (imported.object_type, imported.object_name) == ("contacts.suppression", "more.csv")
    assert "1 new" in imported.sentence
    assert exported.facts["file"] == str(tmp_path / "all.csv")


def test_a_refusal_leaves_no_entry() -> None:
    assert manage("suppressions", "remove", 100_001).status == 1
    assert manage("segment", "create", "s", "--where", "city =").status == 1
    assert entries() == []


def test_segments_are_in_the_history_of_their_page(client: Client) -> None:
    manage("segment", "create", "s", "--where", "city = 昆明")
    manage("segment", "edit", "s", "--where", "city = 大理", "--name", "t")
    manage("segment", "archive", "t")
    manage("segment", "restore", "t")
    history = reverse("admin:contacts_segment_history", args=[Segment.objects.get().pk])
    client.force_login(make_operator())
    page = client.get(history).content.decode()
    assert page.count("segment edit") == 1
    manage("segment", "delete", "t")
    by_commands = AuditEntry.objects.filter(channel="command").order_by("pk")
    created, edited, _archived, _restored, deleted = by_commands
    change = edited.changes.get()
    assert (change.before["name"], change.after["name"]) == ("s", "t")
    assert "conditions" in change.after
    assert (created.object_name, deleted.verb) == ("s", "segment delete")


def test_attributes_and_new_lists(tmp_path: Path) -> None:
    record_attribute_names(contact_list=None, names=["a", "b"])
    manage("attributes", "type", "a", "number")
    manage("attributes", "merge", "b", "a")
    file = tmp_path / "people.csv"
    file.write_text("uin\n100003\n")
    manage("import_contacts", file, "--list", "new")
    manage("import_contacts", file, "--list", "new")
    assert [verb for verb, _about in entries()] == [
        "attributes type",
        "attributes merge",
        "import_contacts",
        "import_contacts",
    ]
    assert AuditEntry.objects.filter(object_name="a").count() == 2

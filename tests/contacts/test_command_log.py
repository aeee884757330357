"""What commands change is in the audit log, for tables that have no history of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth import authenticate, get_user_model
from django.test import Client
from django.urls import reverse

from contacts.models import Segment
from contacts.people.attributes import record_attribute_names
from foundation.command_log import COMMAND_LINE
from foundation.sentences import read
from tests.campaigns.factories import make_list
from tests.commandline import manage
from tests.console.sample_data import make_operator

pytestmark = pytest.mark.django_db(transaction=True)


def entries() -> list[tuple[str, int]]:
    """Return what was changed and how, oldest first; all by the command line."""
    found = LogEntry.objects.order_by("pk").select_related("content_type", "user")
    assert {one.user.username for one in found} <= {COMMAND_LINE}
    return [
        (f"{one.content_type.model} {one.object_repr}", one.action_flag)  # type: ignore[union-attr]
        for one in found
    ]


def test_suppressions(tmp_path: Path) -> None:
    make_list("members")
    manage("suppressions", "add", 100_001, 100_002, "--list", "members")
    manage("suppressions", "remove", 100_002, "--list", "members")
    file = tmp_path / "more.csv"
    file.write_text("uin\n100003\n")
    manage("suppressions", "import", file)
    by_hand, imported = "(entered by an operator)", ("suppression more.csv", CHANGE)
    added = {(f"suppression {uin} {by_hand}", ADDITION) for uin in (100_001, 100_002)}
    found = entries()
    assert set(found[:2]) == added
    assert found[2:] == [(f"suppression 100002 {by_hand}", DELETION), imported]
    assert "1 new" in read(LogEntry.objects.get(object_repr="more.csv").change_message)


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
    assert COMMAND_LINE in page
    assert "Changed name and conditions." in page
    manage("segment", "delete", "t")
    flags = [flag for _row, flag in entries()]
    assert flags == [ADDITION, CHANGE, CHANGE, CHANGE, DELETION]


def test_attributes_and_new_lists(tmp_path: Path) -> None:
    record_attribute_names(contact_list=None, names=["a", "b"])
    manage("attributes", "type", "a", "number")
    manage("attributes", "merge", "b", "a")
    file = tmp_path / "people.csv"
    file.write_text("uin\n100003\n")
    manage("import_contacts", file, "--list", "new")
    manage("import_contacts", file, "--list", "new")
    assert entries() == [
        ("attribute a", CHANGE),
        ("attribute a", CHANGE),
        ("contactlist new", ADDITION),
    ]


def test_nobody_signs_in_as_the_command_line() -> None:
    manage("suppressions", "add", 100_001)
    user = get_user_model().objects.get(username=COMMAND_LINE)
    assert not user.is_active
    assert not user.has_usable_password()
    assert authenticate(username=COMMAND_LINE, password="") is None

"""Taking an import back: it restores what the import changed and keeps what was changed later."""

from __future__ import annotations

import os
import threading
import time

import pytest
from django.db import connection, transaction
from django.utils import timezone

from contacts.imports import maintenance
from contacts.imports.files import rejects_file, stored_file
from contacts.imports.undo import request_undo, undo_import
from contacts.models import Contact, ContactImport, ContactList, ImportChange, Membership
from contacts.states import ImportPolicy, ImportState
from foundation.refusals import Refusal
from tests.contacts.people import CHANGING, csv_of, imported, uploaded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.mark.parametrize("policy", ImportPolicy.values)
def test_undoing_restores_the_state_before_the_import(known: ContactList, policy: str) -> None:
    before = list(Contact.objects.order_by("uin").values_list("uin", "name", "attributes"))
    done = imported(CHANGING, into="after", policy=policy)
    request_undo(contact_import=done)
    assert undo_import(import_id=done.pk)
    done.refresh_from_db()
    assert done.state == ImportState.UNDONE
    after = list(Contact.objects.order_by("uin").values_list("uin", "name", "attributes"))
    assert after == before
    assert not ContactList.objects.get(name="after").memberships.exists()
    assert known.memberships.count() == 2
    assert not ImportChange.objects.filter(contact_import=done).exists()


def test_undoing_keeps_later_changes_and_people_in_other_lists(known: ContactList) -> None:
    done = imported(CHANGING, into="after")
    Contact.objects.filter(uin=10001).update(name="by hand")
    other = ContactList.objects.create(name="by hand")
    other.contacts.add(Contact.objects.get(uin=10003))
    request_undo(contact_import=done)
    undo_import(import_id=done.pk)
    person = Contact.objects.get(uin=10001)
    assert (person.name, person.attributes) == ("by hand", {"city": "Bern", "old": "x"})
    assert list(other.contacts.values_list("uin", flat=True)) == [10003]


def test_undoing_is_refused_before_the_import_ends_and_after_it_was_undone() -> None:
    contact_import = uploaded(csv_of(range(10_000, 10_003)))
    with pytest.raises(Refusal):
        request_undo(contact_import=contact_import)
    done = imported(csv_of(range(10_000, 10_003)))
    request_undo(contact_import=done)
    undo_import(import_id=done.pk)
    with pytest.raises(Refusal):
        request_undo(contact_import=done)


def test_undoing_keeps_people_with_deliveries() -> None:
    from campaigns.models import Campaign, CampaignRun
    from sending.models import Delivery

    done = imported(csv_of(range(10_000, 10_003)))
    campaign = Campaign.objects.create(name="c", text="hi")
    run = CampaignRun.objects.create(campaign=campaign, number=1, text="hi", promise="never_twice")
    Delivery.objects.create(run=run, contact=Contact.objects.get(uin=10_001), uin=10_001)
    request_undo(contact_import=done)
    undo_import(import_id=done.pk)
    assert list(Contact.objects.values_list("uin", flat=True)) == [10_001]


def test_undoing_passes_over_people_who_were_deleted_by_hand(known: ContactList) -> None:
    """No key of the database keeps the rows for undoing."""
    done = imported(CHANGING, into="after")
    gone = Contact.objects.get(uin=10001)
    Membership.objects.filter(contact=gone).delete()
    Contact.objects.filter(pk=gone.pk)._raw_delete("default")
    request_undo(contact_import=done)
    assert undo_import(import_id=done.pk)
    done.refresh_from_db()
    assert done.state == ImportState.UNDONE
    assert not ImportChange.objects.exists()


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_undoing_keeps_people_whom_another_import_changes_meanwhile() -> None:
    """Their rows for undoing would be left without a person: no key of the database tells."""
    done = imported(csv_of(range(10_000, 10_003)))
    other = imported("uin\n20001\n", into="other")
    request_undo(contact_import=done)
    is_changed, may_commit = threading.Event(), threading.Event()

    def change() -> None:
        with transaction.atomic():
            person = Contact.objects.select_for_update().get(uin=10_001)
            ImportChange.objects.create(contact_import=other, contact=person, changes={})
            is_changed.set()
            assert may_commit.wait(30)
        connection.close()

    def undo() -> None:
        undo_import(import_id=done.pk)
        connection.close()

    changing, undoing = threading.Thread(target=change), threading.Thread(target=undo)
    changing.start()
    assert is_changed.wait(30)
    undoing.start()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not _waits_for_a_lock():
        time.sleep(0.02)
    may_commit.set()
    changing.join(30)
    undoing.join(30)
    assert list(Contact.objects.values_list("uin", flat=True).order_by("uin")) == [10_001, 20_001]
    assert ImportChange.objects.get().contact.uin == 10_001


def _waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def test_old_files_are_removed() -> None:
    waiting = uploaded(csv_of(range(10_000, 10_003)))
    path = stored_file(waiting)
    done = imported("uin\n10001\nx\n")
    os.utime(rejects_file(done), (0, 0))
    assert maintenance.remove_old_files() == 1
    assert path.exists()
    assert not rejects_file(done).exists()
    ContactImport.objects.filter(pk=waiting.pk).update(
        created_at=timezone.now() - maintenance.FORGOTTEN_AFTER
    )
    assert maintenance.remove_old_files() == 1
    assert not path.exists()

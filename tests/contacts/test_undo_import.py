"""Taking an import back: it restores what the import changed and keeps what was changed later."""

from __future__ import annotations

import os

import pytest
from django.utils import timezone

from contacts.imports import maintenance
from contacts.imports.files import rejects_file, stored_file
from contacts.imports.undo import request_undo, undo_import
from contacts.models import Contact, ContactImport, ContactList, ImportChange
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

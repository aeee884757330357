"""Merging two attributes, of which one is usually a misspelling of the other."""

from __future__ import annotations

from collections import defaultdict

from django.db import transaction

from contacts.models import Attribute, ContactImport
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def merge_attributes(*, source: Attribute, into: Attribute, is_target_kept: bool = True) -> None:
    """Begin to move the values of an attribute into another one, and then to remove it.

    `contacts.people.attribute_work` does it. Segments that name the source name the other one
    afterwards; texts are not changed.

    Args:
        source: the attribute that is removed.
        into: the attribute that stays.
        is_target_kept: for people who have both: keep the value of `into`, else that of `source`.

    Raises:
        Refusal: they are the same, one of them is being merged, or an import that uses the source
            is under way.
    """
    with transaction.atomic():
        ids = sorted([source.pk, into.pk])
        rows = {row.pk: row for row in Attribute.objects.select_for_update().filter(pk__in=ids)}
        if len(rows) < 2:
            raise Refusal(
                _("An attribute cannot be merged into itself, or it no longer exists."),
                code="nothing_to_merge",
            )
        is_busy = Attribute.objects.filter(merging_into_id__in=ids).exists()
        if is_busy or any(row.merging_into_id for row in rows.values()):
            raise Refusal(
                _("One of these attributes is being merged already. Wait until that has ended."),
                code="merging",
            )
        for contact_import in ContactImport.objects.unfinished():
            if f"attribute:{source.name}" in contact_import.mapping:
                raise Refusal(
                    _("The import of %(file)s uses %(name)s. Wait until it has ended.")
                    % {"file": contact_import.file_name, "name": source.name},
                    code="attribute_in_use",
                )
        Attribute.objects.filter(pk=source.pk).update(
            merging_into=into, is_target_kept=is_target_kept, merged_up_to=0, read_up_to=None
        )


def look_alikes() -> list[list[Attribute]]:
    """Return the groups of attributes whose names look alike."""
    groups: dict[str, list[Attribute]] = defaultdict(list)
    for row in Attribute.objects.order_by("pk"):
        groups[row.key].append(row)
    return [rows for rows in groups.values() if len(rows) > 1]

"""Saving a segment, once its conditions are understood."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from contacts.models import Segment
from contacts.segments.characters import shown
from contacts.segments.conditions import understood
from contacts.segments.references import missing_in, reference_to
from foundation.characters import is_storable
from foundation.names import clean_name
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def find_segment(name: str) -> Segment:
    """Return the segment of a name, or of one that looks the same.

    Raises:
        Refusal: there is none.
    """
    found = _found(name)
    if found is None:
        raise Refusal(
            _("There is no segment “%(name)s”.") % {"name": shown(name)}, code="segment_unknown"
        )
    return found


def create_segment(*, name: str, conditions: Any, description: str = "", by: Any = None) -> Segment:
    """Create a segment and return it.

    Args:
        name: its name.
        conditions: its JSON, see `contacts.segments.conditions`.
        description: a text for operators.
        by: the operator.

    Raises:
        Refusal: the name or the conditions are missing or wrong, or the name is taken.
    """
    cleaned = clean_name(name)
    tree = checked_conditions(conditions)
    taken = _found(cleaned)
    if taken is not None:
        raise _is_taken(taken.name)
    try:
        with transaction.atomic():
            return Segment.objects.create(
                name=cleaned, conditions=tree, description=description, created_by=by
            )
    except IntegrityError:  # another operator created it meanwhile
        raise _is_taken(cleaned) from None


def change_segment(
    *,
    segment: Segment,
    name: str | None = None,
    conditions: Any = None,
    description: str | None = None,
) -> Segment:
    """Change a segment and return it; what is None stays as it is.

    Raises:
        Refusal: the name or the conditions are wrong, the name is taken, or the segment is gone.
    """
    with transaction.atomic():
        rows = Segment.objects.select_for_update()
        found: Segment | None = rows.filter(pk=segment.pk).first()
        if found is None:
            raise Refusal(_("This segment has been deleted."), code="segment_gone")
        changed = []
        if name is not None:
            cleaned = clean_name(name)
            taken = _found(cleaned, other_than=found.pk)
            if taken is not None:
                raise _is_taken(taken.name)
            found.name = cleaned
            changed.append("name")
        if conditions is not None:
            found.conditions = checked_conditions(conditions, before=found.conditions)
            changed.append("conditions")
        if description is not None:
            found.description = description
            changed.append("description")
        found.save(update_fields=changed)
    return found


def checked_conditions(conditions: Any, *, before: Any = None) -> Any:
    """Return a segment's JSON in its normal form.

    Args:
        conditions: the JSON.
        before: the segment's JSON until now: what it refers to and was deleted may stay in it.

    Raises:
        Refusal: there is no condition, one is not understood, or it refers to something that does
            not exist.
    """
    if not conditions:
        raise Refusal(_("Give at least one condition."), code="no_condition")
    tree = understood(conditions).conditions
    stayed = {(missing.key, missing.id) for missing in missing_in(before)}
    for missing in missing_in(tree):
        is_new = (missing.key, missing.id) not in stayed
        if is_new and reference_to(missing.key).is_named:
            raise Refusal(
                _("There is no %(what)s %(name)s.") % {"what": missing.noun, "name": missing.name},
                code=f"{missing.key}_unknown",
            )
    return tree


def _found(name: str, *, other_than: int | None = None) -> Segment | None:
    if not is_storable(name):
        return None
    found: Segment | None = Segment.objects.named(name)
    return None if found is None or found.pk == other_than else found


def _is_taken(name: str) -> Refusal:
    return Refusal(
        _("There is a segment “%(name)s” already.") % {"name": name}, code="segment_exists"
    )

"""Saving a segment, once its conditions are understood."""

from __future__ import annotations

from typing import Any

from contacts.models import Segment
from contacts.segments.conditions import condition_of
from foundation.names import clean_name, has_visible_character, name_key
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def save_segment(*, name: str, conditions: Any, description: str = "", by: Any = None) -> Segment:
    """Create a segment, or change the one of this name; return it.

    Args:
        name: a name by `foundation.names`; a segment whose name looks like it is this one.
        conditions: the segment's JSON, see `contacts.segments.conditions`.
        description: a text for operators.
        by: the operator; stored when the segment is created.

    Raises:
        Refusal: the name or the condition is missing, or a condition is not understood.
    """
    if not has_visible_character(name) or not conditions:
        raise Refusal(_("A segment needs a name and a condition."), code="segment_empty")
    name = clean_name(name)
    condition_of(conditions)
    segment, _made = Segment.objects.update_or_create(
        name_key=name_key(name),
        defaults={"conditions": conditions, "description": description},
        create_defaults={
            "name": name,
            "conditions": conditions,
            "description": description,
            "created_by": by,
        },
    )
    return segment

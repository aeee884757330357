"""The names of attributes in the conditions of segments."""

from __future__ import annotations

from typing import Any

from contacts.models import Segment


def rename_in_segments(*, before: str, after: str) -> int:
    """Replace the name of an attribute in all segments; return how many changed."""
    changed = 0
    for segment in Segment.objects.select_for_update().order_by("pk"):
        conditions = _renamed(segment.conditions, before, after)
        if conditions != segment.conditions:
            Segment.objects.filter(pk=segment.pk).update(conditions=conditions)
            changed += 1
    return changed


def segments_with_attribute(name: str) -> list[Segment]:
    """Return the segments whose conditions name an attribute."""
    return [
        segment
        for segment in Segment.objects.order_by("name")
        if _renamed(segment.conditions, name, name + "\0") != segment.conditions
    ]


def _renamed(node: Any, before: str, after: str) -> Any:
    if isinstance(node, dict):
        if node.get("kind") == "attribute" and node.get("name") == before:
            return {**node, "name": after}
        return {key: _renamed(part, before, after) for key, part in node.items()}
    if isinstance(node, list):
        return [_renamed(part, before, after) for part in node]
    return node

"""What a file changes in a person we already know, by policy; and how to take it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contacts.states import ImportPolicy


def merge(
    *,
    policy: str,
    name: str,
    attributes: Mapping[str, Any],
    new_name: str,
    new_attributes: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what changes, as it is kept for undoing; empty when nothing does.

    What the file leaves empty never erases anything, whatever the policy; attributes merge.

    Args:
        policy: an ImportPolicy.
        name: what we have.
        attributes: what we have.
        new_name: what the file says.
        new_attributes: what the file says; no empty values.

    Returns:
        {"name": [before, after], "attributes": {key: [before or None, after]}}; either may be
        missing.
    """
    if policy == ImportPolicy.SKIP:
        return {}
    overwrites = policy == ImportPolicy.OVERWRITE
    changes: dict[str, Any] = {}
    if new_name and new_name != name and (overwrites or not name):
        changes["name"] = [name, new_name]
    changed = {
        key: [attributes.get(key), value]
        for key, value in new_attributes.items()
        if attributes.get(key) != value and (overwrites or attributes.get(key) in (None, ""))
    }
    if changed:
        changes["attributes"] = changed
    return changes


def applied(
    changes: Mapping[str, Any], *, name: str, attributes: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return name and attributes with changes made."""
    merged = dict(attributes)
    for key, (_before, after) in changes.get("attributes", {}).items():
        merged[key] = after
    return changes["name"][1] if "name" in changes else name, merged


def taken_back(
    changes: Mapping[str, Any], *, name: str, attributes: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return name and attributes with changes taken back, where nobody changed them since."""
    restored = dict(attributes)
    for key, (before, after) in changes.get("attributes", {}).items():
        if restored.get(key) != after:
            continue
        if before is None:
            del restored[key]
        else:
            restored[key] = before
    if "name" in changes and changes["name"][1] == name:
        name = changes["name"][0]
    return name, restored

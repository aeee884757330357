"""What a row changes in an existing contact, by policy, and how a change is undone."""

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
    """Return the changes that a row makes in a contact; empty if there are none.

    Attributes are merged one by one. An empty cell never deletes a value, whatever the policy.

    Args:
        policy: an ImportPolicy.
        name: the contact's name.
        attributes: the contact's attributes.
        new_name: the name in the file.
        new_attributes: the attributes in the file, without empty values.

    Returns:
        {"name": [before, after], "attributes": {key: [before or None, after]}}; either key may be
        missing. `ImportChange` stores it.
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
    """Return name and attributes after changes."""
    merged = dict(attributes)
    for key, (_before, after) in changes.get("attributes", {}).items():
        merged[key] = after
    return changes["name"][1] if "name" in changes else name, merged


def taken_back(
    changes: Mapping[str, Any], *, name: str, attributes: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return name and attributes with changes undone; values changed since then stay."""
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

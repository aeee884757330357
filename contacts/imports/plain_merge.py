"""Merging a row into a contact as text, for the attributes that nearly all people have.

Both are JSON objects of texts with the same keys in the same order, as one import wrote them and
the next one brings them. They are taken apart at their quotation marks, in a quarter of the time
that reading, merging and writing JSON takes. `contacts.imports.merge` says what the result is; all
other people are merged there.
"""

from __future__ import annotations

from json.encoder import encode_basestring as _encoded

from contacts.states import ImportPolicy


def merge_plain(
    *, policy: str, name: str, attributes: str, new_name: str, new_attributes: str
) -> tuple[str, str, str, list[str]] | None:
    r"""Return what a row makes of a contact, or None if that takes reading the JSON.

    Args:
        policy: an ImportPolicy, not that which skips people.
        name: the contact's name.
        attributes: the contact's attributes as JSON.
        new_name: the name in the file.
        new_attributes: the attributes in the file, as `PersonReader` writes them.

    Returns:
        The name and the attributes as JSON after the change, the changes as JSON ("" if there are
        none), and the names of the attributes that change.
    """
    if "\\" in attributes or "\\" in new_attributes:
        return None
    held, given = attributes.split('"'), new_attributes.split('"')
    # What stands between texts, and the keys: if they are alike, the contact has texts alone, and
    # no other attributes than the row.
    if held[::2] != given[::2] or held[1::4] != given[1::4]:
        return None
    overwrites = policy == ImportPolicy.OVERWRITE
    keys, changes, merged = [], "", new_attributes
    if attributes != new_attributes:
        members = []
        for at in range(3, len(given), 4):
            before, after = held[at], given[at]
            if before == after:
                continue
            if not overwrites and before:
                given[at] = before
                continue
            keys.append(held[at - 2])
            members.append(f'"{held[at - 2]}":["{before}","{after}"]')
        if members:
            changes = '"attributes":{' + ",".join(members) + "}"
        if not overwrites:
            merged = '"'.join(given)
    if new_name and new_name != name and (overwrites or not name):
        renamed = f'"name":[{_encoded(name)},{_encoded(new_name)}]'
        changes = f"{renamed},{changes}" if changes else renamed
        name = new_name
    return name, merged, f"{{{changes}}}" if changes else "", keys

"""A row merged into a contact as text gives what merging its JSON gives."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.imports.merge import applied, merge
from contacts.imports.plain_merge import merge_plain
from contacts.states import ImportPolicy

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
NAMES = st.sampled_from(["", "王五", 'say "hi"', "back\\slash"])
KEYS = st.lists(st.sampled_from(["城市", "a", "b:", ","]), unique=True, min_size=1)
TEXTS = st.sampled_from(["", "x", "北京", ",", ":", "{", 'say "hi"', "\n"])
HELD = st.one_of(TEXTS, st.none(), st.integers(0, 3), st.just(["x"]), st.just({"a": "x"}))


@given(
    policy=st.sampled_from([ImportPolicy.FILL, ImportPolicy.OVERWRITE]),
    name=NAMES,
    new_name=NAMES,
    keys=KEYS,
    other_keys=st.one_of(st.none(), KEYS),
    data=st.data(),
)
def test_the_texts_are_merged_as_their_json_is(
    policy: str,
    name: str,
    new_name: str,
    keys: list[str],
    other_keys: list[str] | None,
    data: st.DataObject,
) -> None:
    values = TEXTS if data.draw(st.booleans()) else HELD
    held = {key: data.draw(values) for key in (keys if other_keys is None else other_keys)}
    given_ = {key: data.draw(TEXTS.filter(bool)) for key in keys}
    found = merge_plain(
        policy=policy,
        name=name,
        attributes=_encode(held),
        new_name=new_name,
        new_attributes=_encode(given_),
    )
    if found is None:
        return
    changes = merge(
        policy=policy, name=name, attributes=held, new_name=new_name, new_attributes=given_
    )
    expected_name, expected = applied(changes, name=name, attributes=held)
    merged_name, merged, changed, keys_changed = found
    assert (merged_name, json.loads(merged)) == (expected_name, expected)
    assert (json.loads(changed) if changed else {}) == changes
    assert keys_changed == list(changes.get("attributes", {}))


@pytest.mark.parametrize(
    ("held", "is_plain"),
    [
        ({"a": "1", "b": "2"}, True),
        ({"a": "", "b": "2"}, True),
        ({"a": "1"}, False),
        ({"b": "2", "a": "1"}, False),
        ({"a": "1", "b": 2}, False),
        ({"a": "1", "b": None}, False),
        ({"a": "1", "b": ["2"]}, False),
        ({"a": "1", "b": 'say "hi"'}, False),
        (["a", "b"], False),
    ],
)
def test_what_is_merged_as_text(held: object, is_plain: bool) -> None:
    """People with the attributes of the file, all of them plain texts."""
    found = merge_plain(
        policy=ImportPolicy.OVERWRITE,
        name="",
        attributes=_encode(held),
        new_name="",
        new_attributes='{"a":"3","b":"4"}',
    )
    assert (found is not None) == is_plain


@pytest.mark.parametrize(
    ("policy", "merged", "changed"),
    [
        (ImportPolicy.FILL, {"a": "1", "b": "4", "c": "5"}, {"b": ["", "4"]}),
        (
            ImportPolicy.OVERWRITE,
            {"a": "3", "b": "4", "c": "5"},
            {"a": ["1", "3"], "b": ["", "4"]},
        ),
    ],
)
def test_a_value_is_kept_or_overwritten_as_the_policy_says(
    policy: str, merged: dict[str, str], changed: dict[str, list[str]]
) -> None:
    found = merge_plain(
        policy=policy,
        name="One",
        attributes=_encode({"a": "1", "b": "", "c": "5"}),
        new_name="One",
        new_attributes=_encode({"a": "3", "b": "4", "c": "5"}),
    )
    assert found is not None
    name, text, changes, keys = found
    assert (name, json.loads(text), keys) == ("One", merged, list(changed))
    assert json.loads(changes) == {"attributes": changed}

"""Hypothesis strategies: trees of conditions in their normal form, and texts of any kind."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from contacts.segments.comparisons import ATTRIBUTE_PHRASES, NAME_PHRASES

#: Any text that both databases can store; words and signs of the where-language among them.
TEXTS = st.one_of(
    st.sampled_from(
        ["and", "not", "昆明", "a b", '"', "\\", "in list:VIP", "“x”", "100%", "_", "#3"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
)
NUMBERS = st.sampled_from(["0", "-2.5", "18", "1,200", "80%"])
DAYS = st.sampled_from(["2026-03-01", "2024-02-29", "1999-12-31"])


def conditions(lists: list[tuple[int, str]]) -> st.SearchStrategy[Any]:
    """Return trees of conditions in their normal form.

    Args:
        lists: (id, name) of the lists that they may refer to.
    """
    leaves = st.one_of(
        _compared(ATTRIBUTE_PHRASES).flatmap(
            lambda node: TEXTS.map(lambda name: {"kind": "attribute", "name": name, **node})
        ),
        _compared(NAME_PHRASES).map(lambda node: {"kind": "name", **node}),
        st.lists(st.sampled_from(lists), min_size=1, unique=True).map(
            lambda chosen: {
                "kind": "list",
                "lists": [number for number, _name in chosen],
                "names": [name for _number, name in chosen],
            }
        ),
        st.just({"kind": "suppressed"}),
        st.sampled_from(["ever", "never"]).map(lambda word: {"kind": "replied", "is": word}),
        st.integers(0, 100_000).map(
            lambda days: {"kind": "known_since", "is": "more_than", "days": days}
        ),
    )
    return st.recursive(
        leaves,
        lambda parts: st.one_of(
            st.lists(parts, min_size=1, max_size=3).map(lambda found: {"all": found}),
            st.lists(parts, min_size=1, max_size=3).map(lambda found: {"any": found}),
            parts.map(lambda part: {"not": part}),
        ),
        max_leaves=8,
    )


def _compared(phrases: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from([phrase for phrase in phrases if not phrase.is_synonym]).flatmap(_filled)


def _filled(phrase: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Return the keys of a condition that a phrase writes."""
    slots = phrase.slots
    keys: dict[str, st.SearchStrategy[Any]] = {"is": st.just(phrase.fixed["is"])}
    is_order = phrase.fixed["is"] in ("above", "at_least", "below", "at_most")
    if "value" in slots:
        keys["value"] = st.one_of(NUMBERS, DAYS) if is_order else TEXTS
    if "values" in slots:
        keys["value"] = st.lists(TEXTS, min_size=1, max_size=4)
    if "from" in slots:
        keys["value"] = st.sampled_from([["-2.5", "18"], ["1999-12-31", "2026-03-01"]])
    if "days" in slots:
        keys["days"] = st.one_of(st.integers(0, 100_000), st.just(0.5))
    if "years" in slots:
        keys["years"] = st.integers(0, 200)
    return st.fixed_dictionaries(keys)

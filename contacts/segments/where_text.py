"""Conditions written in the where-language, so that reading them gives the same tree again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contacts.segments.conditions import understand
from contacts.segments.kinds import Kind, Phrase, kind_named, kinds, phrase_of
from contacts.segments.references import last_names, names_in, reference_to
from contacts.segments.where_slots import CONNECTIVES
from contacts.segments.where_tokens import is_plain, quoted


def where_text(conditions: Any) -> str | None:
    """Return a segment's JSON in the where-language.

    Lists, accounts and campaigns have their present names. A deleted one has its former name in
    quotation marks, and its id: list:"VIP"#3.

    Returns:
        the text, "" for no conditions; None if the JSON is not understood.
    """
    if not conditions:
        return ""
    found = understand(conditions)
    if found.problems:
        return None
    return _Writer().text(found.conditions)


class _Writer:
    """The writing of one tree."""

    def __init__(self) -> None:
        self._reserved = CONNECTIVES | {
            word
            for kind in kinds()
            for phrase in kind.phrases
            for part in phrase.parts
            for word in part.words
        } | {"all", "any"}  # fmt: skip

    def text(self, node: Mapping[str, Any]) -> str:
        for group, word in (("all", " and "), ("any", " or ")):
            if group in node:
                parts = node[group]
                if len(parts) == 1:
                    return f"{group} ({self.text(parts[0])})"
                return word.join(map(self._part, parts))
        if "not" in node:
            return f"not {self._part(node['not'])}"
        kind = kind_named(node["kind"])
        assert kind is not None
        phrase = phrase_of(kind, node)
        assert phrase is not None
        return self._condition(kind, phrase, node)

    def _part(self, node: Mapping[str, Any]) -> str:
        """Return a part of a group or of "not": in brackets if it is a group itself."""
        is_group = any(len(node.get(group, ())) > 1 for group in ("all", "any"))
        return f"({self.text(node)})" if is_group else self.text(node)

    def _condition(self, kind: Kind, phrase: Phrase, node: Mapping[str, Any]) -> str:
        written = ""
        for part in phrase.parts:
            if part.is_optional:
                continue
            word = self._slot(part.slot, kind, node) if part.slot else part.words[0]
            # A colon stands between its neighbours without blanks: list:VIP.
            joined = not written or word == ":" or written.endswith(":")
            written += word if joined else f" {word}"
        return written

    def _slot(self, slot: str, kind: Kind, node: Mapping[str, Any]) -> str:
        if slot in ("name", "value"):
            return self._word(node[slot])
        if slot in ("from", "to"):
            return self._word(node["value"][slot == "to"])
        if slot == "values":
            return f"({', '.join(map(self._word, node['value']))})"
        if slot in ("hours", "days", "years"):
            return f"{node[slot]:.6f}".rstrip("0").rstrip(".")
        names = self._names(kind, node)
        return names[0] if len(names) == 1 else f"({', '.join(names)})"

    def _names(self, kind: Kind, node: Mapping[str, Any]) -> list[str]:
        reference = reference_to(kind.refers_to)
        if not reference.is_named:
            return [str(number) for number in node[kind.refers_to]]
        kept = last_names(node, reference)
        return [
            f"{quoted(kept.get(number, f'#{number}'))}#{number}"
            if name is None
            else self._word(name)
            for number, name in names_in(node, reference).items()
        ]

    def _word(self, text: str) -> str:
        is_word = is_plain(text) and text.casefold() not in self._reserved
        return text if is_word else quoted(text)

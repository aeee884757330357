"""The where-language: conditions as operators write them, read into the tree of JSON.

    city = 昆明 and not (in list:VIP or written to in the last 30 days)

    where     = either {"or" either}
    either    = part {"and" part}
    part      = "not" part | ("all" | "any") "(" where ")" | "(" where ")" | condition
    condition = a phrase of a kind of condition, see `contacts.segments.kinds`

A name or value is a word or a text in quotation marks. A quoted text is never a word of the
language, so an attribute called "not" is written in quotation marks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contacts.segments.conditions import DEEPEST
from contacts.segments.kinds import Kind, Part, Phrase, kinds
from contacts.segments.where_slots import Mismatch, Slots, names_before
from contacts.segments.where_tokens import Token, tokens_of, visible, wrong_at
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def parse_where(text: str, *, before: Any = None) -> dict[str, Any]:
    """Return a where-text as the JSON of a segment.

    Args:
        text: the condition.
        before: the segment's JSON before it was edited as text: what it refers to and was deleted
            is found by the name it had.

    Raises:
        Refusal: the text is not understood; the sentence says where and what was expected.
    """
    return _Parser(text, before).where()


class _Parser:
    """A recursive descent through the tokens of one text."""

    def __init__(self, text: str, before: Any) -> None:
        self._text = text
        self._tokens = tokens_of(text)
        self._at = 0
        self._gone = names_before(before)
        self._phrases = _phrases()

    def where(self) -> dict[str, Any]:
        if not self._tokens:
            raise Refusal(_("Give at least one condition."), code="no_condition")
        tree = self._either(DEEPEST)
        if self._at < len(self._tokens):
            raise self._expected(_("“and”, “or” or the end"))
        return tree

    def _either(self, depth: int) -> dict[str, Any]:
        return self._joined("or", "any", self._every, depth)

    def _every(self, depth: int) -> dict[str, Any]:
        return self._joined("and", "all", self._part, depth)

    def _joined(
        self, word: str, group: str, read: Callable[[int], dict[str, Any]], depth: int
    ) -> dict[str, Any]:
        parts = [read(depth)]
        while self._is(word):
            self._at += 1
            parts.append(read(depth))
        return parts[0] if len(parts) == 1 else {group: parts}

    def _part(self, depth: int) -> dict[str, Any]:
        if depth == 0:
            raise self._wrong(
                _("the conditions are nested too deeply, at most %(deep)d levels")
                % {"deep": DEEPEST},
            )
        if self._is("not"):
            self._at += 1
            return {"not": self._part(depth - 1)}
        for group in ("all", "any"):
            if self._is(group) and self._is("(", ahead=1):
                self._at += 1
                return {group: [self._in_brackets(depth)]}
        if self._is("("):
            return self._in_brackets(depth)
        return self._condition()

    def _in_brackets(self, depth: int) -> dict[str, Any]:
        self._at += 1
        tree = self._either(depth - 1)
        if not self._is(")"):
            raise self._expected(_("“and”, “or” or “)”"))
        self._at += 1
        return tree

    def _condition(self) -> dict[str, Any]:
        """Read the phrase that stands here; the one that fits furthest says what is wrong."""
        start, furthest = self._at, list[Mismatch]()
        for kind, phrase, parts in self._phrases:
            try:
                node, at = self._matched(kind, phrase, parts)
            except Mismatch as mismatch:
                if not furthest or mismatch.at > furthest[0].at:
                    furthest = [mismatch]
                elif mismatch.at == furthest[0].at:
                    furthest.append(mismatch)
                continue
            self._at = at
            return node
        self._at = furthest[0].at
        expected = list(dict.fromkeys(mismatch.expected for mismatch in furthest))
        if furthest[0].at == start:
            raise self._expected(_("a condition, such as city = 昆明 or in list:VIP"))
        raise self._expected(", ".join(expected[:12]))

    def _matched(
        self, kind: Kind, phrase: Phrase, parts: tuple[Part, ...]
    ) -> tuple[dict[str, Any], int]:
        """Return the condition that a phrase reads here, and the position behind it.

        Raises:
            Mismatch: the phrase does not stand here.
        """
        slots = Slots(self._tokens, self._gone)
        at = self._at
        for part in parts:
            if part.slot:
                at = slots.read(part.slot, at)
            elif self._is_one_of(part, at):
                at += 1
            elif not part.is_optional:
                raise Mismatch(at, _shown(part))
        node: dict[str, Any] = {"kind": kind.name}
        if "name" in slots.found:
            node["name"] = slots.found.pop("name")
        return node | dict(phrase.fixed) | slots.found, at

    def _token(self, at: int) -> Token | None:
        """Return the token at a position, None behind the last."""
        return self._tokens[at] if at < len(self._tokens) else None

    def _is(self, word: str, *, ahead: int = 0) -> bool:
        token = self._token(self._at + ahead)
        return token is not None and token.word == word

    def _is_one_of(self, part: Part, at: int) -> bool:
        token = self._token(at)
        return token is not None and not token.is_quoted and token.word in part.words

    def _expected(self, what: str) -> Refusal:
        token = self._token(self._at)
        if token is None:
            return self._wrong(_("%(what)s expected") % {"what": what})
        found = visible(self._text[token.start : token.end])
        return self._wrong(
            _(
                "%(what)s expected, not %(found)s. A name or value with blanks or with another "
                "meaning stands in quotation marks"
            )
            % {"what": what, "found": found}
        )

    def _wrong(self, what: str) -> Refusal:
        token = self._token(self._at)
        return wrong_at(len(self._text) if token is None else token.start, what)


def _phrases() -> list[tuple[Kind, Phrase, tuple[Part, ...]]]:
    """Return all phrases; those that begin with the name of an attribute come last."""
    found = [(kind, phrase, phrase.parts) for kind in kinds() for phrase in kind.phrases]
    return sorted(found, key=lambda one: one[2][0].slot == "name")


def _shown(part: Part) -> str:
    return f"“{part.words[0]}”"

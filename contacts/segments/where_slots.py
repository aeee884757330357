"""The slots of a phrase of the where-language: names, values, numbers, and what has a name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from contacts.segments.references import last_names, leaves, reference_keys, reference_to
from contacts.segments.where_tokens import Token, visible, wrong_at
from foundation.sentences import Sentence as _

#: The words that combine conditions.
CONNECTIVES = frozenset({"and", "or", "not"})
_SIGNS = frozenset("()<>=,:#") | {"<=", ">=", "<>", "!=", "==", "≤", "≥", "≠"}
_AMOUNT = re.compile(r"[0-9]{1,7}(\.[0-9]{1,6})?", re.ASCII)


class Mismatch(Exception):
    """A phrase does not stand here."""

    def __init__(self, at: int, expected: str) -> None:
        super().__init__(expected)
        self.at, self.expected = at, expected


class Slots:
    """The slots of one phrase.

    Args:
        tokens: the tokens of the text.
        gone: the ids of what was deleted, by key and name.

    Attributes:
        found: the keys of the condition that were read.
    """

    def __init__(self, tokens: Sequence[Token], gone: Mapping[tuple[str, str], int]) -> None:
        self._tokens, self._gone = tokens, gone
        self.found: dict[str, Any] = {}

    def read(self, slot: str, at: int) -> int:
        """Fill a slot from the token at a position; return the position behind what it took."""
        if slot in ("name", "value", "from", "to"):
            token = self._text(at, is_name=slot == "name")
            if slot in ("from", "to"):
                self.found.setdefault("value", []).append(token.text)
            else:
                self.found[slot] = token.text
            return at + 1
        if slot in ("hours", "days", "years"):
            return self._amount(slot, at)
        return self._several(slot, at)

    def _text(self, at: int, *, is_name: bool = False) -> Token:
        token = self._token(at)
        what = _("the name of an attribute") if is_name else _("a value")
        if token is None or (
            not token.is_quoted and (token.text in _SIGNS or token.word in CONNECTIVES)
        ):
            raise Mismatch(at, what)
        return token

    def _amount(self, slot: str, at: int) -> int:
        token = self._token(at)
        if token is None or _AMOUNT.fullmatch(token.word) is None:
            raise Mismatch(at, _("a number"))
        number = float(token.word)
        self.found[slot] = int(number) if number.is_integer() else number
        return at + 1

    def _several(self, slot: str, at: int) -> int:
        """Read one name, or several in brackets; values always stand in brackets."""
        token = self._token(at)
        is_bracket = token is not None and token.word == "("
        if not is_bracket:
            if slot == "values":
                raise Mismatch(at, "“(”")
            return self._one(slot, at)
        closing = self._token(at + 1)
        if slot == "values" and closing is not None and closing.word == ")":
            raise wrong_at(
                closing.start,
                _("“one of” has no values and would select nobody; give at least one"),
            )
        while True:
            at = self._one(slot, at + 1)
            token = self._token(at)
            if token is not None and token.word == ")":
                return at + 1
            if token is None or token.word != ",":
                raise Mismatch(at, "“,” “)”")

    def _one(self, slot: str, at: int) -> int:
        token = self._text(at)
        if slot == "values":
            self.found.setdefault("value", []).append(token.text)
            return at + 1
        number, behind = self._id_named(slot, token, at)
        ids = self.found.setdefault(slot, [])
        if number not in ids:
            ids.append(number)
        reference = reference_to(slot)
        if reference.is_named:
            names = self.found.setdefault("names", [])
            if len(names) < len(ids):
                names.append(reference.names_of([number]).get(number, token.text))
        return behind

    def _id_named(self, key: str, token: Token, at: int) -> tuple[int, int]:
        """Return the id of the row with this name, and the position behind the name.

        Raises:
            Refusal: there is no such row.
        """
        reference = reference_to(key)
        digits = self._token(at + 2)
        sign = self._token(at + 1)
        if sign is not None and sign.word == "#" and digits is not None:
            if re.fullmatch("[0-9]{1,18}", digits.word, re.ASCII) is None:
                raise wrong_at(digits.start, _("a number is expected after #"))
            return int(digits.word), at + 3
        found = reference.find(token.text)
        if found is None:
            found = self._gone.get((key, token.text))
        if found is None and not reference.is_named and _is_number(token.text):
            found = int(token.text)  # the segment shows it as missing
        if found is None:
            raise wrong_at(
                token.start,
                _("there is no %(what)s %(name)s")
                % {"what": reference.noun, "name": visible(token.text)},
            )
        return found, at + 1

    def _token(self, at: int) -> Token | None:
        return self._tokens[at] if at < len(self._tokens) else None


def names_before(conditions: Any) -> dict[tuple[str, str], int]:
    """Return the ids of all names that a segment's JSON keeps."""
    return {
        (key, name): number
        for node in leaves(conditions)
        for key in reference_keys()
        if isinstance(node.get(key), list)
        for number, name in last_names(node, reference_to(key)).items()
    }


def _is_number(text: str) -> bool:
    return re.fullmatch("[0-9]{1,10}", text, re.ASCII) is not None

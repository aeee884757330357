"""The sentence: words for an operator that are stored, and read in the language of the reader.

A worker does not know who will read what it writes. So what is stored is the message and its
values, and whoever loads it gets it in the language that is active there (decision 0014).

    from foundation.sentences import Sentence as _

    detail = _("Paused by %(who)s.") % {"who": name}

is a string like the one `gettext` gives, which also remembers how it was made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, override, trans_real

#: How a stored message with values begins; nothing else does (`stored` sees to that).
MARK = '{"m":'
#: Values are not cut below this many characters to make a sentence fit.
SHORTEST_VALUE = 20
#: What two sentences one after the other are made of.
_PAIR = "%(one)s%(two)s"


class Sentence(str):
    """A translated string that knows the message and the values it was made from.

    It is the text itself, in the language that was active when it was made or read. `%` with a
    mapping fills in values, `+` puts two together; what else strings do gives plain strings.

    Attributes:
        message: the msgid of the catalogue.
        values: what stands in for its %(names)s: strings, numbers and sentences.
    """

    message: str
    values: Mapping[str, Any]

    def __new__(cls, message: str) -> Sentence:
        return cls._made(_translated(message), message, {})

    @classmethod
    def _made(cls, text: str, message: str, values: Mapping[str, Any]) -> Sentence:
        self = super().__new__(cls, text)
        self.message, self.values = message, values
        return self

    def __mod__(self, values: Mapping[str, Any]) -> Sentence:
        # A translation that does not fit the values gives way to the message, and that to itself
        # unfilled: no row can make a page fail.
        known = {name: _as_value(value) for name, value in values.items()}
        for template in (str(self), self.message):
            try:
                return self._made(template % known, self.message, known)
            except (KeyError, TypeError, ValueError):
                continue
        return self._made(self.message, self.message, known)

    def __add__(self, other: str) -> Sentence:
        return Sentence(_PAIR) % {"one": self, "two": other}

    def __radd__(self, other: str) -> Sentence:
        return Sentence(_PAIR) % {"one": other, "two": self}


def sentence_of(text: str) -> str:
    """Return words that carry their message and values (`qqhttp`'s) as a sentence; others as is."""
    message, values = getattr(text, "message", None), getattr(text, "values", {})
    if isinstance(text, Sentence) or not isinstance(message, str):
        return text
    sentence = Sentence(message)
    return sentence % values if values else sentence


def stored(text: str, *, longest: int | None = None) -> str:
    """Return the form in which a sentence, or any text, is stored.

    A message without values is stored as it is in the sources, any other text unchanged, and a
    message with values as compact JSON. What does not fit has its longest values cut, and is
    English plain text if that does not do.

    Args:
        text: a sentence, words that can be one, or a plain string.
        longest: how many characters there is room for.
    """
    form = _form(text)
    if isinstance(form, str):
        return form if longest is None else form[:longest]
    written = _written(form)
    if longest is not None and len(written) > longest:
        written = _shortened(form, longest) or _in_english(form)[:longest]
    return written


def read(text: str) -> str:
    """Return what was stored as a sentence in the active language.

    Text that is no message, such as that of rows from before there were messages, is as it was.
    """
    if text.startswith(MARK):
        try:
            form = json.loads(text)
            return _from_form(form)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            pass  # cut, or not ours: shown as it is
    return Sentence(text) if text else text


def messages_with(term: str) -> list[str]:
    """Return the messages whose translation in the active language has a term in it."""
    wanted, language = term.casefold(), get_language()
    if not wanted or language is None:
        return []
    catalogue = trans_real.translation(language)._catalog  # type: ignore[attr-defined]
    return [
        message
        for message, said in catalogue.items()
        if isinstance(message, str) and message and wanted in said.casefold()
    ]


def escaped(text: str) -> str:
    """Return how a text is spelled inside a stored message."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _translated(message: str) -> str:
    return gettext(message) if message else ""  # of nothing, gettext returns the catalogue's head


def _as_value(value: Any) -> Any:
    """Return what can stand in a sentence and in JSON: a sentence, a number, or plain text."""
    if isinstance(value, Promise):
        with override(None):  # a lazy translation is its message while no language is active
            message = str(value)
        return Sentence(message)
    if isinstance(value, str):
        known = sentence_of(value)
        return known if isinstance(known, Sentence) else str(known)
    return value if isinstance(value, int | float) else str(value)


def _form(text: str) -> str | dict[str, Any]:
    text = sentence_of(text)
    if isinstance(text, Sentence) and text.values:
        return _json_form(text)
    plain = text.message if isinstance(text, Sentence) else str(text)
    return {"m": "%(text)s", "v": {"text": plain}} if plain.startswith(MARK) else plain


def _json_form(sentence: Sentence) -> dict[str, Any]:
    if not sentence.values:
        return {"m": sentence.message}
    values = {
        name: _json_form(value) if isinstance(value, Sentence) else value
        for name, value in sentence.values.items()
    }
    return {"m": sentence.message, "v": values}


def _from_form(form: Mapping[str, Any]) -> Sentence:
    message = form["m"]
    if not isinstance(message, str):
        raise TypeError(message)
    values = {
        name: _from_form(value) if isinstance(value, dict) else value
        for name, value in form.get("v", {}).items()
    }
    return Sentence(message) % values if values else Sentence(message)


def _written(form: Mapping[str, Any]) -> str:
    return json.dumps(form, ensure_ascii=False, separators=(",", ":"))


def _in_english(form: Mapping[str, Any]) -> str:
    with override(None):
        return str(_from_form(form))


def _shortened(form: dict[str, Any], longest: int) -> str:
    """Cut the longest values until the form fits; return "" when it cannot."""
    while (excess := len(_written(form)) - longest) > 0:
        text, name, values = max(
            _texts_of(form), key=lambda found: len(found[0]), default=("", "", {})
        )
        if len(text) <= SHORTEST_VALUE:
            return ""
        # Half of it at a time: what is escaped counts twice.
        values[name] = text[: max(SHORTEST_VALUE - 1, len(text) - excess // 2 - 2)] + "…"
    return _written(form)


def _texts_of(form: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the texts among the values, at any depth: the text, its name, and where it stands."""
    values: dict[str, Any] = form.get("v", {})
    found = [(text, name, values) for name, text in values.items() if isinstance(text, str)]
    for value in values.values():
        if isinstance(value, dict):
            found += _texts_of(value)
    return found

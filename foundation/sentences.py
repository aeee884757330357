"""Sentences for operators that are stored, and translated when they are read.

A worker does not know the language of the operator who will read its sentence. So the message and
its values are stored. They are translated when the row is loaded, into the language that is active
then (decision 0014).

    from foundation.sentences import Sentence as _

    detail = _("Paused by %(who)s.") % {"who": name}

returns a string, as `gettext` does, that also keeps the message and the values.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, override, trans_real

#: The beginning of a stored message with values. `stored` escapes other text that begins so.
PREFIX = '{"m":'
#: Values are not cut below this many characters to make a sentence fit.
SHORTEST_VALUE = 20
#: The message of two sentences, one after the other.
_PAIR = "%(one)s%(two)s"


class Sentence(str):
    """A translated string that keeps the message and the values it was made from.

    Its text is in the language that was active when it was made or read. `%` with a mapping fills
    in values and `+` joins two sentences; every other string operation returns a plain string.

    Attributes:
        message: the msgid in the catalogue.
        values: the values of its %(names)s: strings, numbers and sentences.
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
        # A stored row must not make a page fail. If the values do not fit the translation, they
        # are filled into the message, and if they do not fit that either, they are left out.
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
    """Return text with a message and values of its own (`qqhttp`'s) as a Sentence.

    Any other text is returned unchanged.
    """
    message, values = getattr(text, "message", None), getattr(text, "values", {})
    if isinstance(text, Sentence) or not isinstance(message, str):
        return text
    sentence = Sentence(message)
    return sentence % values if values else sentence


def stored(text: str, *, longest: int | None = None) -> str:
    """Return the form in which a sentence, or any text, is stored.

    A message without values is stored as its msgid, a message with values as compact JSON, and any
    other text unchanged. If the JSON is too long, its longest values are cut. If it is still too
    long, the English text is stored, cut to the length.

    Args:
        text: a sentence, text that can be one (see `sentence_of`), or a plain string.
        longest: the most characters that can be stored; None: no limit.
    """
    form = _form(text)
    if isinstance(form, str):
        return form if longest is None else form[:longest]
    written = _written(form)
    if longest is not None and len(written) > longest:
        written = _shortened(form, longest) or _in_english(form)[:longest]
    return written


def read(text: str) -> str:
    """Return the sentence of a stored form, in the active language.

    Text that is not a message of the catalogue is returned unchanged.
    """
    if text.startswith(PREFIX):
        try:
            form = json.loads(text)
            return _from_form(form)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            pass  # cut off, or written by another program: shown unchanged
    return Sentence(text) if text else text


def messages_with(term: str) -> list[str]:
    """Return the messages whose translation into the active language contains a term."""
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
    """Return a text as it is escaped inside a stored message."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _translated(message: str) -> str:
    return gettext(message) if message else ""  # gettext("") returns the catalogue's header


def _as_value(value: Any) -> Any:
    """Return a value as a sentence, a number or plain text, which JSON can hold."""
    if isinstance(value, Promise):
        with override(None):  # without a language, a lazy translation evaluates to its message
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
    return {"m": "%(text)s", "v": {"text": plain}} if plain.startswith(PREFIX) else plain


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
        # Cut half of the excess at a time, because an escaped character counts twice.
        values[name] = text[: max(SHORTEST_VALUE - 1, len(text) - excess // 2 - 2)] + "…"
    return _written(form)


def _texts_of(form: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the texts among the values, at any depth, as (text, name, the dict that holds it)."""
    values: dict[str, Any] = form.get("v", {})
    found = [(text, name, values) for name, text in values.items() if isinstance(text, str)]
    for value in values.values():
        if isinstance(value, dict):
            found += _texts_of(value)
    return found

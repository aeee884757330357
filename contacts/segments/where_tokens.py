"""The words of the where-language: names, values, signs, quoted texts, each with its position."""

from __future__ import annotations

import re
from dataclasses import dataclass

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: The most characters of a where-text.
LONGEST_TEXT = 1_000_000
#: What ends each kind of quotation.
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "「": "」", "《": "》"}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
#: Signs of a Chinese keyboard that mean the same as ASCII ones.
_WIDE = str.maketrans("（），、：＝＞＜！；", "(),,:=><!;")
_TOKEN = re.compile(
    r"""(?P<blank>[\s\u3000]+)
      |(?P<quote>["'“‘「《])
      |(?P<sign>[<＜][>＞=＝]|[>＞][=＝]|[!！][=＝]|[=＝]{1,2}|[<>＜＞≤≥≠(),:#（），、：])
      |(?P<word>[^\s"'“”‘’「」《》<>=!(),:#＜＞＝！≤≥≠（），、：]+)""",
    re.VERBOSE,
)
#: A word that stands for others.
_SEVERAL = {"不在": ("not", "in"), "且": ("and",), "并且": ("and",), "或": ("or",), "或者": ("or",),
            "非": ("not",), "不": ("not",), "在": ("in",)}  # fmt: skip
#: A text that needs no quotation marks.
_PLAIN = re.compile(r"[\w.%+\-/]+")
_SPECIAL = re.compile(r'["\\\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufeff]')


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a sign or a quoted text.

    Attributes:
        text: what it says.
        start, end: its first character, and the one behind its last.
        is_quoted: whether it was in quotation marks, so that it is never a word of the language.
    """

    text: str
    start: int
    end: int
    is_quoted: bool = False

    @property
    def word(self) -> str:
        """The token as a word of the language, "" if it is none."""
        return "" if self.is_quoted else self.text.casefold()


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a where-text.

    Raises:
        Refusal: it is too long, a quotation does not end, or a character has no meaning there.
    """
    if len(text) > LONGEST_TEXT:
        raise Refusal(
            _("The condition is too long, at most %(most)d characters.") % {"most": LONGEST_TEXT},
            code="where_too_long",
        )
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise wrong_at(at, _("%(text)s means nothing here") % {"text": visible(text[at])})
        if match["quote"]:
            token = _quoted(text, at)
            found.append(token)
            at = token.end
            continue
        if match["sign"]:
            found.append(Token(match["sign"].translate(_WIDE), at, match.end()))
        elif match["word"]:
            words = _SEVERAL.get(match["word"], (match["word"],))
            found += [Token(word, at, match.end()) for word in words]
        at = match.end()
    return found


def quoted(text: str) -> str:
    """Return a text in quotation marks, as `tokens_of` reads it."""
    return '"' + _SPECIAL.sub(_escaped, text) + '"'


def wrong_at(at: int, what: str) -> Refusal:
    """Return the refusal of a where-text, with the position counted from 1."""
    return Refusal(
        _("The condition is not understood at character %(at)d: %(what)s.")
        % {"at": at + 1, "what": what},
        code="where",
        position=at + 1,
    )


def visible(text: str) -> str:
    """Return a piece of a where-text for use in a sentence."""
    short = text if len(text) <= 60 else f"{text[:60]}…"
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in short)
    return f"“{shown}”"


def _quoted(text: str, start: int) -> Token:
    end_mark = _QUOTES[text[start]]
    found: list[str] = []
    at = start + 1
    while at < len(text):
        character = text[at]
        if character == end_mark:
            return Token("".join(found), start, at + 1, is_quoted=True)
        if character == "\\":
            piece, at = _unescaped(text, at)
            found.append(piece)
        else:
            found.append(character)
            at += 1
    raise wrong_at(
        start,
        _("the quotation that begins here does not end; %(mark)s is missing")
        % {"mark": visible(end_mark)},
    )


def _unescaped(text: str, at: int) -> tuple[str, int]:
    """Return the character of an escape, and the position behind it."""
    code = text[at + 1 : at + 2]
    if code == "u":
        digits = text[at + 2 : at + 6]
        if re.fullmatch("[0-9a-fA-F]{4}", digits):
            return chr(int(digits, 16)), at + 6
        raise wrong_at(at, _("four hexadecimal digits are expected after \\u"))
    if not code:
        raise wrong_at(at, _("a character is expected after the backslash"))
    return _ESCAPES.get(code, code), at + 2


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character in '"\\':
        return "\\" + character
    if character in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[character]
    return f"\\u{ord(character):04x}"


def is_plain(text: str) -> bool:
    """Return whether a text is one word that needs no quotation marks, whatever it means."""
    return _PLAIN.fullmatch(text) is not None and text not in _SEVERAL

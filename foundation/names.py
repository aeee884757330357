"""The rule for the names that operators give, and how names are compared.

It holds for lists, segments, campaigns, templates, attributes and labels.
A name is one line of visible characters. Two names that look alike are the same name: they differ
only in case, width, blanks or invisible characters, and so have the same `name_key`.
"""

from __future__ import annotations

import re
import unicodedata

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: The most characters of a name.
LONGEST_NAME = 128

# Characters that show nothing although their category is a letter, mark or symbol: fillers of
# Hangul and Khmer, the blank of Braille, and the combining grapheme joiner.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
#: The characters that join emoji into one and choose their look: kept inside such a sequence.
_JOINER, _TEXT_STYLE, _EMOJI_STYLE = "\u200d", "\ufe0e", "\ufe0f"
_BLANKS = re.compile(r"\s+")


def clean_name(text: str, *, longest: int = LONGEST_NAME) -> str:
    """Return a name as it is stored: NFC, on one line, blanks folded, nothing invisible.

    Args:
        text: what the operator gave.
        longest: the most characters of the result.

    Raises:
        Refusal: no visible character is left (`name_missing`), a character cannot be part of a
            name (`name_malformed`), or the name is too long (`name_too_long`).
    """
    name = _BLANKS.sub(" ", unicodedata.normalize("NFC", _visible(text))).strip()
    for character in name:
        if unicodedata.category(character) in ("Cc", "Cs"):
            raise Refusal(
                _(
                    "A name is one line of readable characters; this one contains %(code)s. "
                    "Type it again without that character."
                )
                % {"code": f"U+{ord(character):04X}"},
                code="name_malformed",
            )
    if not has_visible_character(name):
        raise Refusal(
            _("The name is empty: type at least one visible character."), code="name_missing"
        )
    if len(name) > longest:
        raise Refusal(
            _("The name has %(length)s characters; the limit is %(longest)s.")
            % {"length": len(name), "longest": longest},
            code="name_too_long",
        )
    return name


def name_key(text: str) -> str:
    """Return the key by which names are compared: the same for names that look alike."""
    folded = unicodedata.normalize("NFKC", _visible(text)).casefold()
    # Folding can leave a decomposed letter, and compatibility forms can hold blanks.
    folded = _BLANKS.sub(" ", unicodedata.normalize("NFKC", folded)).strip()
    for style in (_JOINER, _TEXT_STYLE, _EMOJI_STYLE):
        folded = folded.replace(style, "")
    return folded


def has_visible_character(text: str) -> bool:
    """Return whether a text shows anything at all."""
    return any(
        not character.isspace() and not _is_invisible(character) and not _is_control(character)
        for character in text
    )


def _visible(text: str) -> str:
    """Return the text without invisible characters, except those that join emoji."""
    kept: list[str] = []
    for number, character in enumerate(text):
        if not _is_invisible(character):
            kept.append(character)
        elif character in (_JOINER, _TEXT_STYLE, _EMOJI_STYLE) and kept:
            is_last = number + 1 == len(text)
            after_emoji = _is_symbol(kept[-1]) or kept[-1] == _EMOJI_STYLE
            if after_emoji and not (character == _JOINER and is_last):
                kept.append(character)
    return "".join(kept)


def _is_invisible(character: str) -> bool:
    """Return whether a character shows nothing: format and bidi controls, fillers, styles."""
    return (
        unicodedata.category(character) == "Cf"
        or character in _INVISIBLE
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )


def _is_symbol(character: str) -> bool:
    return unicodedata.category(character) in ("So", "Sk", "Sm") or character in "#*0123456789"


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs")

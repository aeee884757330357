"""The rule for the names that operators give, and how names are compared.

It holds for lists, segments, campaigns, templates, egresses, attributes and labels; decision 0020.
A name is one line of visible characters. Two names that look alike are the same name: they differ
only in case, width, blanks or invisible characters, and so have the same `name_key`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: The most characters of a name.
LONGEST_NAME = 128
#: The most characters of a key. One compatibility character can stand for 18; a longer key would
#: not fit into an index page of PostgreSQL.
LONGEST_KEY = 255

#: Blanks of any width; the blank of Braille is a symbol by its category.
_BLANKS = re.compile(r"[\s\u2800]+")
#: Characters that show nothing although they are letters or marks by their category: the combining
#: grapheme joiner, fillers of Hangul and Khmer, and the selectors of variants.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
_NON_JOINER, _JOINER = "\u200c", "\u200d"
_STYLES = "\ufe0e\ufe0f"
#: The flag of a region, such as England's: a black flag, the region in tags, and the end tag.
_REGION_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
#: Rounds of folding until a text stays as it is; two suffice for every single character.
_MOST_ROUNDS = 5
#: Clients of the API take these parts of an address away before they ask, however they are escaped.
_STEPS = (".", "..")


def clean_name(text: str, *, longest: int = LONGEST_NAME, is_addressed: bool = True) -> str:
    """Return a name as it is stored: NFC, on one line, blanks folded, nothing invisible.

    Kept are the invisible characters that words and emoji need: joiners between letters of Arabic
    and Indic scripts, joiners and styles of emoji, and the tags of a region's flag.

    Args:
        text: what the operator gave.
        longest: the most characters of the result.
        is_addressed: whether the name has to work in addresses of the API. Those of attributes
            are columns of files, and kept as they are.

    Raises:
        Refusal: no visible character is left (`name_missing`), a character cannot be part of a
            name (`name_malformed`), or the name is too long (`name_too_long`).
    """
    name = _one_line(text)
    for character in name:
        if _is_control(character) or _is_noncharacter(character):
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
    if is_addressed and name in _STEPS:
        raise Refusal(
            _("“%(name)s” is no name: in an address it leads elsewhere. Add a letter or a number.")
            % {"name": name},
            code="name_malformed",
        )
    if len(name) > longest:
        raise Refusal(
            _("The name has %(length)s characters; the limit is %(longest)s.")
            % {"length": len(name), "longest": longest},
            code="name_too_long",
            length=len(name),
            most=longest,
        )
    return name


def name_key(text: str) -> str:
    """Return the key by which names are compared: the same for names that look alike.

    The key of any text can be stored and searched for: it has no control characters and at most
    LONGEST_KEY characters. The key of a key is itself.
    """
    key = _folded(text)
    for _round in range(_MOST_ROUNDS):
        again = _folded(key)
        if again == key:
            break
        key = again
    if len(key) > LONGEST_KEY:
        digest = hashlib.sha256(key.encode()).hexdigest()
        key = key[: LONGEST_KEY - len(digest) - 1].rstrip() + "#" + digest
    return key


def has_visible_character(text: str) -> bool:
    """Return whether a text shows anything at all."""
    return any(
        not _BLANKS.match(character) and not _is_invisible(character) and not _is_control(character)
        for character in text
    )


def blank_if_invisible(text: str) -> str:
    """Return a text about a person as it is, or "" if it shows nothing."""
    # The common cases first, because imports and rehearsals of a million people call this for each.
    if "\u4e00" <= text[:1] <= "\u9fff" or (text.isascii() and text.isalnum()):
        return text
    return text if has_visible_character(text) else ""


def shown_name(text: str) -> str:
    """Return a name that an operator gave, for a sentence: readable, and not too long."""
    cut = text[:LONGEST_NAME]
    shown = "".join("\ufffd" if _is_control(character) else character for character in cut)
    return shown + ("…" if len(text) > LONGEST_NAME else "")


def without_controls(text: str) -> str:
    """Return a text that a database can be searched for: without NUL and lone surrogates."""
    return "".join(character for character in text if not _is_control(character))


def _one_line(text: str) -> str:
    """Return a text in NFC, on one line, without invisible characters."""
    line = text
    for _round in range(_MOST_ROUNDS):  # a removed character can leave a joiner without neighbours
        before = line
        line = _BLANKS.sub(" ", unicodedata.normalize("NFC", _visible(line))).strip()
        if line == before:
            break
    return line


def _folded(text: str) -> str:
    """Return a text with case and width folded, without invisible characters."""
    plain = unicodedata.normalize("NFKC", _visible(text))
    # Upper case first: a Turkish dotless i and an i have the same capital.
    folded = unicodedata.normalize("NFKC", plain.upper().casefold()).replace("i\u0307", "i")
    shown = "".join(
        character
        for character in _BLANKS.sub(" ", folded)
        if character not in _STYLES + _NON_JOINER + _JOINER and not _is_control(character)
    )
    return _BLANKS.sub(" ", shown).strip()


def _visible(text: str) -> str:
    """Return the text without invisible characters, except those that words and emoji need."""
    if text.isascii():
        return text
    kept: list[str] = []
    end_of_flag = 0
    for number, character in enumerate(text):
        flag = _REGION_FLAG.match(text, number) if character == "\U0001f3f4" else None
        if flag is not None:
            end_of_flag = flag.end()
        is_shown = number < end_of_flag or not _is_invisible(character)
        before = text[number + 1 : number + 2]
        if is_shown or (kept and _is_needed(character, after=kept[-1], before=before)):
            kept.append(character)
    return "".join(kept)


def _is_needed(character: str, *, after: str, before: str) -> bool:
    """Return whether a joiner or style belongs between its neighbours."""
    if character in _STYLES:
        return _is_symbol(after)
    if character not in (_JOINER, _NON_JOINER) or not before:
        return False
    if character == _JOINER and (_is_symbol(after) or after in _STYLES):
        return _is_symbol(before)
    # Persian writes a non-joiner inside words, Indic scripts a joiner after a virama.
    return _joins(after) and unicodedata.category(before)[0] in "LM" and _joins(before)


def _joins(character: str) -> bool:
    """Return whether a character is of a script that joins its letters: Arabic to Mongolian."""
    return (
        "\u0600" <= character <= "\u08ff"
        or "\u0900" <= character <= "\u0dff"
        or "\u1000" <= character <= "\u109f"
        or "\u1780" <= character <= "\u18af"
        or "\ufb50" <= character <= "\ufdff"
        or "\ufe70" <= character <= "\ufefc"
    )


def _is_invisible(character: str) -> bool:
    """Return whether a character shows nothing: format and bidi controls, fillers, selectors."""
    return unicodedata.category(character) == "Cf" or bool(_INVISIBLE.match(character))


def _is_symbol(character: str) -> bool:
    """Return whether a character is an emoji, or begins one as digits do."""
    return (
        unicodedata.category(character) in ("So", "Sk", "Sm")
        or character in "#*0123456789\u20e3"
        # Emoji that are newer than this Python, and punctuation that is an emoji too.
        or "\U0001f000" <= character <= "\U0001faff"
        or character in "\u203c\u2049\u3030\u303d"
    )


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs")


def _is_noncharacter(character: str) -> bool:
    return "\ufdd0" <= character <= "\ufdef" or ord(character) & 0xFFFE == 0xFFFE

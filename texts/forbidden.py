"""Forbidden words: how a word is written and compared, and how a text is searched for them.

Words and texts are compared without case, width, blanks and invisible characters, so that a word is
found however it is spaced out. `?` stands for one character, `*` for up to STAR characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from foundation.characters import UNSTORABLE
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: The most characters of a word as it is written, and of its key: one character of a word can
#: become three in the key.
LONGEST_WORD, LONGEST_KEY = 100, 255
#: The most `*` in a word: each multiplies the number of ways in which the word can match.
MOST_STARS = 2
#: The most characters that a `*` stands for.
STAR = 20
#: Blanks, control characters and characters that show nothing; they do not separate a word.
_IGNORED = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-"
    "\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]+"
)
_TAGS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
#: Takes the place of a tag: no word contains it, and it is not ignored.
_TAG = "\x01"


@dataclass(frozen=True, slots=True)
class FoundWord:
    """A forbidden word in a text.

    Attributes:
        word: the word as the operator wrote it.
        index: where it begins in the text.
    """

    word: str
    index: int


class ForbiddenWords:
    """A list of words, ready to be looked for.

    The words are looked up by their first character. One regular expression of all words was 30
    times slower (decision 0032).
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = tuple(words)
        self._by_start: dict[str, list[str]] = {}
        for word in self._words:
            self._by_start.setdefault(word_key(word)[0], []).append(word)
        self._any_start = self._by_start.pop("?", [])

    def first_in(self, text: str) -> FoundWord | None:
        """Return the first forbidden word of a text, None if it has none."""
        plain = folded(text)
        for start, character in enumerate(plain):
            words = self._by_start.get(character)
            if words is None and not self._any_start:
                continue
            for word in (*(words or ()), *self._any_start):
                if _pattern(word).match(plain, start):
                    return FoundWord(word, _index_of(text, start))
        return None

    def all_in(self, text: str) -> list[str]:
        """Return every word of the list that a text holds, in the order of the list."""
        plain = folded(text)
        starts = set(plain)
        likely = [word for start in starts for word in self._by_start.get(start, ())]
        found = {word for word in (*likely, *self._any_start) if _pattern(word).search(plain)}
        return [word for word in self._words if word in found]


def compiled_words(words: Iterable[str]) -> ForbiddenWords | None:
    """Return a list of words compiled, None for an empty one. The latest lists are kept."""
    listed = tuple(words)
    return _compiled(listed) if listed else None


def folded(text: str) -> str:
    """Return a text as it is compared: NFKC, without case, blanks and invisible characters."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _IGNORED.sub("", unicodedata.normalize("NFKC", plain))


def word_key(word: str) -> str:
    """Return the key by which a word is compared; `*` at an end is removed: it has no effect."""
    return folded(word).strip("*")


def without_tags(text: str) -> str:
    """Return the text of a template with its tags replaced, so that every index stays the same."""
    return _TAGS.sub(lambda found: _TAG * len(found[0]), text)


def clean_word(text: str) -> str:
    """Return a word as it is stored: one line, without blanks around it.

    Raises:
        Refusal: it cannot be a forbidden word (`word_missing`, `word_malformed`, `word_too_long`,
            `word_stars`).
    """
    if UNSTORABLE.search(text[: LONGEST_WORD * 10]):
        raise Refusal(
            _("This word contains a character that cannot be stored. Type it again without it."),
            code="word_malformed",
        )
    word = " ".join(text[: LONGEST_WORD * 10].split()).strip("*＊ ")
    plain = word_key(word)
    if not plain.strip("*?"):
        raise Refusal(
            _("A forbidden word needs at least one character that is no wildcard."),
            code="word_missing",
        )
    if len(word) > LONGEST_WORD or len(plain) > LONGEST_KEY:
        raise Refusal(
            _("A forbidden word has at most %(most)d characters; this one has %(length)d.")
            % {"most": LONGEST_WORD, "length": len(word)},
            code="word_too_long",
        )
    if plain.count("*") > MOST_STARS:
        raise Refusal(
            _("A forbidden word has at most %(most)d “*”: write it as several words.")
            % {"most": MOST_STARS},
            code="word_stars",
        )
    return word


def _part(character: str) -> str:
    if character == "?":
        return f"[^{_TAG}]"
    if character == "*":
        return f"[^{_TAG}]{{0,{STAR}}}?"
    return re.escape(character)


@lru_cache(maxsize=4)
def _compiled(words: tuple[str, ...]) -> ForbiddenWords:
    return ForbiddenWords(words)


@lru_cache(maxsize=20_000)
def _pattern(word: str) -> re.Pattern[str]:
    return re.compile("".join(map(_part, word_key(word))))


def _index_of(text: str, start: int) -> int:
    """Return the index of the character of a text that `start` of the folded text stands for."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high) // 2
        if len(folded(text[: middle + 1])) > start:
            high = middle
        else:
            low = middle + 1
    return min(low, max(len(text) - 1, 0))

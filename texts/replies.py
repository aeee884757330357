"""Words that a reply consists of or begins with: how both are written and compared.

A reply and a word are compared without case, width, invisible characters, and without the blanks
and punctuation around them. A question is not found unless that is asked for: who asks how to
unsubscribe has not done so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Generic, TypeVar

from foundation.characters import UNSTORABLE
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: The most characters of a word as it is written, and of its key: one character of a word can
#: become three in the key.
LONGEST_WORD, LONGEST_KEY = 50, 150
#: A reply is compared up to this many characters.
LONGEST_REPLY = 1_000
#: Characters that show nothing. Blanks stay: they separate words.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+")
#: Around a word, after NFKC: blanks, quotes, brackets and the ends of statements. No question mark,
#: and nothing of which emoticons are made, such as a colon.
_AROUND = " \"'`“”‘’«»「」『』()[]{}<>〈〉《》【】〔〕.,!;~…。、·—"
#: After a word at the beginning of a reply: what begins the rest of it.
_SEPARATORS = _AROUND + ":?"
_QUESTION = re.compile("[?吗呢]|怎么|怎样|如何|为何|什么|哪里")
#: Chinese sets no blank between words. After a word, only these may follow without one: with them
#: it is still the whole statement.
_CLOSING = re.compile("(?:谢谢|謝謝|多谢|多謝|感谢|感謝|一下|你|您|吧|啊|呀|哦|喔|哈)+")

Value = TypeVar("Value")


class ReplyWords(Generic[Value]):
    """Words, each with a value, ready to be looked for in replies.

    Args:
        words: (word, whether a reply may go on after it, value) of each.
        are_in_questions: whether they are found in questions too.
    """

    def __init__(
        self, words: Iterable[tuple[str, bool, Value]], *, are_in_questions: bool = False
    ) -> None:
        self._are_in_questions = are_in_questions
        self._exact: dict[str, Value] = {}
        self._begins: list[tuple[str, Value]] = []
        for word, may_go_on, value in words:
            key = word_key(word)
            self._exact.setdefault(key, value)
            if may_go_on:
                self._begins.append((key, value))
        self._begins.sort(key=lambda one: -len(one[0]))  # "取消订阅" before "取消"

    def found_in(self, reply: str) -> Value | None:
        """Return the value of the word that a reply consists of, or begins with; None for none."""
        plain = plain_reply(reply)
        if self._are_in_questions:
            plain = plain.rstrip(_AROUND + "?")
        if plain in self._exact:
            return self._exact[plain]
        if _QUESTION.search(plain) and not self._are_in_questions:
            return None
        for key, value in self._begins:
            if plain.startswith(key) and _is_separate(plain[len(key) :]):
                return value
        return None


def plain_reply(reply: str) -> str:
    """Return a reply as it is compared."""
    text = unicodedata.normalize("NFKC", reply.strip()[:LONGEST_REPLY]).casefold()
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return " ".join(text.split()).strip(_AROUND)


def word_key(word: str) -> str:
    """Return the key by which a word is compared."""
    return plain_reply(word)


def clean_word(text: str) -> str:
    """Return a word as it is stored: one line, without blanks around it.

    Raises:
        Refusal: no reply could be taken for it (`word_missing`, `word_malformed`, `word_too_long`,
            `word_question`).
    """
    given = text[: LONGEST_WORD * 10]
    if UNSTORABLE.search(given):
        raise Refusal(
            _("This word contains a character that cannot be stored. Type it again without it."),
            code="word_malformed",
        )
    word = " ".join(given.split())
    key = word_key(word)
    if not any(character.isalnum() for character in key):
        raise Refusal(
            _("An opt-out word needs at least one letter, digit or Chinese character."),
            code="word_missing",
        )
    if len(word) > LONGEST_WORD or len(key) > LONGEST_KEY:
        raise Refusal(
            _("An opt-out word has at most %(most)d characters; this one has %(length)d.")
            % {"most": LONGEST_WORD, "length": len(word)},
            code="word_too_long",
        )
    if _QUESTION.search(key):
        raise Refusal(
            _("A question opts nobody out: write the word without the question mark."),
            code="word_question",
        )
    return word


def _is_separate(rest: str) -> bool:
    """Return whether what follows a word in a reply leaves it a word of its own."""
    if not rest or rest[0] in _SEPARATORS:
        return True
    closing = _CLOSING.match(rest)
    return closing is not None and (
        closing.end() == len(rest) or rest[closing.end()] in _SEPARATORS
    )

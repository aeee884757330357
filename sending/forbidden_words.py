"""Services: the forbidden words in force, and changes to their list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_noop

from sending.models import ForbiddenWord, WordAction
from sending.word_lists import WordList
from texts.forbidden import ForbiddenWords, clean_word, compiled_words, without_tags, word_key

#: The most words of the list: each text is searched for all of them.
MOST_WORDS = 20_000

FORBIDDEN_WORDS = WordList(
    model=ForbiddenWord,
    clean=clean_word,
    key_of=word_key,
    most=MOST_WORDS,
    too_many=gettext_noop("The list of forbidden words would have more than %(most)d words."),
    not_on_it=gettext_noop(
        "“%(word)s” is not on the list. manage.py forbidden_words list shows the words."
    ),
)


def refusing_words() -> ForbiddenWords | None:
    """Return the words that no text may hold, None if there are none."""
    return _words(WordAction.REFUSE)


def approval_words() -> ForbiddenWords | None:
    """Return the words for which a text needs an approval, None if there are none."""
    return _words(WordAction.APPROVE)


def has_word_to_approve(texts: Iterable[str]) -> bool:
    """Return whether one of the texts holds a word for which it needs an approval.

    Tags are not searched. The list is read once, whatever the number of texts.
    """
    words = approval_words()
    return words is not None and holds_one(words, texts)


def holds_one(words: ForbiddenWords, texts: Iterable[str]) -> bool:
    """Return whether one of the texts holds one of the words. Tags are not searched."""
    return any(words.first_in(without_tags(text)) is not None for text in texts)


class WatchedWords:
    """The words that no text may hold, read again when the list has changed."""

    def __init__(self) -> None:
        self._stamp = -1
        self._words: ForbiddenWords | None = None

    def current(self) -> ForbiddenWords | None:
        """Return the words. Asking again without a change returns the same object."""
        # Every change adds a row to the history. Ids would not do: of two transactions the one
        # with the higher id may commit first.
        stamp = ForbiddenWord.history.count()
        if stamp != self._stamp:
            self._stamp, self._words = stamp, refusing_words()
        return self._words


def add_words(
    *, words: Sequence[str], action: str = WordAction.REFUSE, note: str = "", by: Any = None
) -> tuple[int, int]:
    """Add words to the list; a word that is on it gets the action.

    Args:
        words: the words, with wildcards.
        action: what happens to a text that holds one (`WordAction`).
        note: why they are forbidden.
        by: the operator.

    Returns:
        how many are new, and how many were on the list.

    Raises:
        Refusal: a word cannot be one, or the list becomes too long (`too_many_words`); nothing was
            changed.
    """
    return FORBIDDEN_WORDS.add(words=words, values={"action": action}, note=note, by=by)


def _words(action: str) -> ForbiddenWords | None:
    rows = ForbiddenWord.objects.filter(action=action).order_by("pk")
    return compiled_words(rows.values_list("word", flat=True))

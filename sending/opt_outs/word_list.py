"""Services: the opt-out words in force, and changes to their list."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext_noop

from sending.models import OptDirection, OptOutWord, WordMatch
from sending.word_lists import WordList
from texts.replies import ReplyWords, clean_word, word_key

#: The most words of the list: each reply is compared with all of them.
MOST_WORDS = 500

OPT_OUT_WORDS = WordList(
    model=OptOutWord,
    clean=clean_word,
    key_of=word_key,
    most=MOST_WORDS,
    too_many=gettext_noop("The list of opt-out words would have more than %(most)d words."),
    not_on_it=gettext_noop(
        "“%(word)s” is not on the list. manage.py opt_out_words list shows the words."
    ),
)


def words_in_force() -> ReplyWords[OptOutWord]:
    """Return the words, ready to be looked for in replies."""
    return ReplyWords(
        (row.word, row.match == WordMatch.BEGINS, row) for row in OptOutWord.objects.order_by("pk")
    )


def add_words(
    *,
    words: Collection[str],
    match: str = WordMatch.EXACT,
    direction: str = OptDirection.OUT,
    note: str = "",
    by: Any = None,
) -> tuple[int, int]:
    """Add words to the list; a word that is on it gets the match and the direction.

    Args:
        words: the words as an operator writes them.
        match: a WordMatch.
        direction: an OptDirection.
        note: why, stored with new words.
        by: the operator.

    Returns:
        how many are new, and how many were on the list.

    Raises:
        Refusal: a word cannot be one, or the list becomes too long (`too_many_words`); nothing was
            changed.
    """
    values = {"match": match, "direction": direction}
    return OPT_OUT_WORDS.add(words=words, values=values, note=note, by=by)

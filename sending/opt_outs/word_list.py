"""Services: the opt-out words in force, and changes to their list."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.refusals import Refusal
from sending.models import OptDirection, OptOutWord, WordMatch
from texts.replies import ReplyWords, clean_word, word_key

#: The most words of the list: each reply is compared with all of them.
MOST_WORDS = 500


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
    cleaned = {word_key(word): word for word in map(clean_word, words)}
    new = 0
    with transaction.atomic():
        known = {row.key: row for row in OptOutWord.objects.filter(key__in=list(cleaned))}
        for key, word in cleaned.items():
            row = known.get(key)
            if row is None:
                new += 1
                row = OptOutWord(word=word, note=note[:255])
            elif (row.match, row.direction) == (match, direction):
                continue
            row.match, row.direction = match, direction
            _attribute(row, by)
            row.save()
        refuse_too_many(OptOutWord.objects.count())
    return new, len(cleaned) - new


def remove_words(*, words: Collection[str], by: Any = None) -> int:
    """Take words off the list; return how many. What replies with them did stays.

    Raises:
        Refusal: a word is not on the list (`word_unknown`); nothing was changed.
    """
    keys = {word_key(word[:1_000]): word for word in words}
    with transaction.atomic():
        found = {row.key: row for row in OptOutWord.objects.filter(key__in=list(keys))}
        missing = [word for key, word in keys.items() if key not in found]
        if missing:
            raise Refusal(
                _("“%(word)s” is not on the list. manage.py opt_out_words list shows the words.")
                % {"word": missing[0][:100]},
                code="word_unknown",
                word=missing[0][:100],
            )
        for row in found.values():
            _attribute(row, by)
            row.delete()
    return len(found)


def refuse_too_many(count: int) -> None:
    """Refuse a list with too many words.

    Raises:
        Refusal: there are more than MOST_WORDS (`too_many_words`).
    """
    if count > MOST_WORDS:
        raise Refusal(
            _("The list of opt-out words would have more than %(most)d words.")
            % {"most": MOST_WORDS},
            code="too_many_words",
        )


def _attribute(row: Any, by: Any) -> None:
    """Name the operator in the next entry of the row's history."""
    if by is not None:
        row._history_user = by

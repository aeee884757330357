"""Services: the forbidden words in force, and changes to their list."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.refusals import Refusal
from sending.models import ForbiddenWord, WordAction
from texts.forbidden import ForbiddenWords, clean_word, compiled_words, without_tags, word_key

#: The most words of the list: each text is searched for all of them.
MOST_WORDS = 20_000


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
    cleaned = {word_key(word): word for word in map(clean_word, words)}
    new = 0
    with transaction.atomic():
        known = {row.key: row for row in ForbiddenWord.objects.filter(key__in=list(cleaned))}
        for key, word in cleaned.items():
            row = known.get(key)
            if row is None:
                new += 1
                row = ForbiddenWord(word=word, action=action, note=note[:255])
            elif row.action == action:
                continue
            row.action = action
            _attribute(row, by)
            row.save()
        refuse_too_many(ForbiddenWord.objects.count())
    return new, len(cleaned) - new


def remove_words(*, words: Collection[str], by: Any = None) -> int:
    """Take words off the list; return how many.

    Raises:
        Refusal: a word is not on the list (`word_unknown`); nothing was changed.
    """
    keys = {word_key(word[:1_000]): word for word in words}
    with transaction.atomic():
        found = {row.key: row for row in ForbiddenWord.objects.filter(key__in=list(keys))}
        missing = [word for key, word in keys.items() if key not in found]
        if missing:
            raise Refusal(
                _("“%(word)s” is not on the list. manage.py forbidden_words list shows the words.")
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
            _("The list of forbidden words would have more than %(most)d words.")
            % {"most": MOST_WORDS},
            code="too_many_words",
        )


def _attribute(row: Any, by: Any) -> None:
    """Name the operator in the next entry of the row's history."""
    if by is not None:
        row._history_user = by


def _words(action: str) -> ForbiddenWords | None:
    rows = ForbiddenWord.objects.filter(action=action).order_by("pk")
    return compiled_words(rows.values_list("word", flat=True))

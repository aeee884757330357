"""Lists of words that operators keep: words are put on them and taken off, each time by whom."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from foundation.refusals import Refusal


@dataclass(frozen=True)
class WordList:
    """A list: a table with a history and the columns `word`, `key` and `note`.

    Attributes:
        model: the table.
        clean: returns a word as it is stored; raises Refusal for one that cannot be a word.
        key_of: returns what a word is compared by.
        most: the most words of the list.
        too_many: the sentence if there would be more, marked for translation, with `%(most)d`.
        not_on_it: that about a word that is not on the list, with `%(word)s`.
    """

    model: type[Any]
    clean: Callable[[str], str]
    key_of: Callable[[str], str]
    most: int
    too_many: str
    not_on_it: str

    def add(
        self, *, words: Collection[str], values: Mapping[str, str], note: str = "", by: Any = None
    ) -> tuple[int, int]:
        """Add words to the list; a word that is on it gets the values.

        Args:
            words: the words as an operator writes them.
            values: the other columns of each word.
            note: why, stored with new words.
            by: the operator.

        Returns:
            how many are new, and how many were on the list.

        Raises:
            Refusal: a word cannot be one, or the list becomes too long (`too_many_words`); nothing
                was changed.
        """
        cleaned = {self.key_of(word): word for word in map(self.clean, words)}
        new = 0
        with transaction.atomic():
            known = {row.key: row for row in self.model.objects.filter(key__in=list(cleaned))}
            for key, word in cleaned.items():
                row = known.get(key)
                if row is None:
                    new += 1
                    row = self.model(word=word, note=note[:255])
                elif all(getattr(row, name) == value for name, value in values.items()):
                    continue
                for name, value in values.items():
                    setattr(row, name, value)
                _attribute(row, by)
                row.save()
            self.refuse_too_many(self.model.objects.count())
        return new, len(cleaned) - new

    def remove(self, *, words: Collection[str], by: Any = None) -> int:
        """Take words off the list; return how many.

        Raises:
            Refusal: a word is not on the list (`word_unknown`); nothing was changed.
        """
        keys = {self.key_of(word[:1_000]): word for word in words}
        with transaction.atomic():
            found = {row.key: row for row in self.model.objects.filter(key__in=list(keys))}
            missing = [word for key, word in keys.items() if key not in found]
            if missing:
                word = missing[0][:100]
                raise Refusal(
                    gettext(self.not_on_it) % {"word": word}, code="word_unknown", word=word
                )
            for row in found.values():
                _attribute(row, by)
                row.delete()
        return len(found)

    def refuse_too_many(self, count: int) -> None:
        """Refuse a list with too many words.

        Raises:
            Refusal: there are more than `most` (`too_many_words`).
        """
        if count > self.most:
            raise Refusal(gettext(self.too_many) % {"most": self.most}, code="too_many_words")


def _attribute(row: Any, by: Any) -> None:
    """Name the operator in the next entry of the row's history."""
    if by is not None:
        row._history_user = by

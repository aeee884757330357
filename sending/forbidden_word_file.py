"""Reading forbidden words from a file: any table, or a text with a word on each line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.db import transaction

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.forbidden_words import MOST_WORDS, add_words
from sending.models import WordAction
from tabular import FileProblem, open_table, plain_title, titled_columns
from texts.forbidden import clean_word

_TITLES = {
    "word": (
        "word",
        "words",
        "forbidden word",
        "词",
        "词语",
        "敏感词",
        "违禁词",
        "关键词",
        "屏蔽词",
    ),
    "action": ("action", "动作", "处理", "处理方式"),
}
_ACTIONS = {
    WordAction.REFUSE: ("", "refuse", "拒绝", "禁止"),
    WordAction.APPROVE: ("approve", "hold", "审批", "审核", "待审"),
}


def import_words(
    *,
    path: Path,
    file_name: str = "",
    action: str = WordAction.REFUSE,
    by: Any = None,
) -> tuple[int, int]:
    """Add the words of a file to the list.

    Args:
        path: the file: a column with the words and, if wanted, a column `action` (refuse or
            approve). Without titles the first column has the words.
        file_name: what the operator calls the file.
        action: what happens to a text that holds a word without an action of its own.
        by: the operator.

    Returns:
        how many words are new, and how many were on the list.

    Raises:
        Refusal: the file cannot be read, a row is wrong, or has no words (`no_words`); nothing was
            changed.
    """
    by_action = _read(path, file_name or path.name, action)
    new = known = 0
    with transaction.atomic():
        for one, words in by_action.items():
            added, found = add_words(words=words, action=one, note=file_name or path.name, by=by)
            new, known = new + added, known + found
    return new, known


def _read(path: Path, file_name: str, action: str) -> dict[str, list[str]]:
    columns: dict[str, int] | None = None
    words: dict[str, list[str]] = {}
    count = 0
    try:
        for line, cells, problem in open_table(path, name=file_name).rows():
            if problem:
                raise _wrong(line, problem)
            if columns is None:
                columns = _columns(cells)
                if columns:
                    continue
                columns = {"word": 0}
            word = _cell(cells, columns.get("word"))
            if not word.strip():
                continue
            one = _action(_cell(cells, columns.get("action")), line, usual=action)
            try:
                words.setdefault(one, []).append(clean_word(word))
            except Refusal as refusal:
                raise _wrong(line, refusal.sentence) from None
            count += 1
            if count > MOST_WORDS:
                raise Refusal(
                    _("The file has more than %(most)d words.") % {"most": MOST_WORDS},
                    code="too_many_words",
                )
    except FileProblem as problem:
        raise Refusal(problem.sentence, code=problem.code) from None
    if not count:
        raise Refusal(
            _("The file has no words: write one on each line, or in a column “word”."),
            code="no_words",
        )
    return words


def _columns(cells: Sequence[str]) -> dict[str, int]:
    """Return the column of each part, found by its title; empty if the row is not a header."""
    columns = titled_columns(cells, _TITLES)
    return columns if columns is not None and "word" in columns else {}


def _cell(cells: Sequence[str], column: int | None) -> str:
    return cells[column] if column is not None and column < len(cells) else ""


def _action(text: str, line: int, *, usual: str) -> str:
    plain = plain_title(text[:100])
    if not plain:
        return usual
    for action, words in _ACTIONS.items():
        if plain in words:
            return action
    sentence = _("“%(text)s” is no action. Write refuse or approve.") % {"text": text[:50]}
    raise _wrong(line, sentence)


def _wrong(line: int, problem: Any) -> Refusal:
    return Refusal(
        _("Line %(line)d: %(problem)s") % {"line": line, "problem": problem},
        code="row_wrong",
        line=line,
    )

"""Reading opt-out words from a file: any table, or a text with a word on each line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import transaction

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.models import OptDirection, WordMatch
from sending.opt_outs.word_list import MOST_WORDS, add_words
from tabular import FileProblem, open_table, plain_title, titled_columns
from texts.replies import clean_word

_TITLES = {
    "word": ("word", "words", "opt-out word", "词", "词语", "退订词", "关键词"),
    "match": ("match", "compared with", "匹配", "匹配方式"),
    "direction": ("direction", "what it does", "方向", "作用"),
}
_MATCHES = {
    WordMatch.EXACT.value: ("exact", "完全匹配", "全等", "等于", "精确"),
    WordMatch.BEGINS.value: ("begins", "begins-with", "prefix", "开头", "前缀", "以此开头"),
}
_DIRECTIONS = {
    OptDirection.OUT.value: ("out", "opt-out", "退订"),
    OptDirection.IN.value: ("in", "opt-in", "恢复", "恢复订阅", "订阅"),
}


def import_words(
    *,
    path: Path,
    file_name: str = "",
    match: str = WordMatch.EXACT,
    direction: str = OptDirection.OUT,
    by: Any = None,
) -> tuple[int, int]:
    """Add the words of a file to the list.

    Args:
        path: the file: a column with the words and, if wanted, the columns `match` (exact or
            begins) and `direction` (out or in). Without titles the first column has the words.
        file_name: what the operator calls the file.
        match, direction: of a word without one of its own.
        by: the operator.

    Returns:
        how many words are new, and how many were on the list.

    Raises:
        Refusal: the file cannot be read, a row is wrong, or has no words (`no_words`); nothing was
            changed.
    """
    name = file_name or path.name
    new = known = 0
    with transaction.atomic():
        for (one, way), words in _read(path, name, match, direction).items():
            added, found = add_words(words=words, match=one, direction=way, note=name, by=by)
            new, known = new + added, known + found
    return new, known


def _read(
    path: Path, file_name: str, match: str, direction: str
) -> Mapping[tuple[str, str], list[str]]:
    columns: dict[str, int] | None = None
    words: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
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
            one = _choice(_cell(cells, columns.get("match")), _MATCHES, line, usual=match)
            way = _choice(
                _cell(cells, columns.get("direction")), _DIRECTIONS, line, usual=direction
            )
            try:
                words[one, way].append(clean_word(word))
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


def _choice(text: str, choices: Mapping[str, Sequence[str]], line: int, *, usual: str) -> str:
    plain = plain_title(text[:100])
    if not plain:
        return usual
    for choice, words in choices.items():
        if plain in [plain_title(word) for word in words]:
            return choice
    sentence = _("“%(text)s” is not one of %(known)s.") % {
        "text": text[:50],
        "known": ", ".join(choices),
    }
    raise _wrong(line, sentence)


def _wrong(line: int, problem: Any) -> Refusal:
    return Refusal(
        _("Line %(line)d: %(problem)s") % {"line": line, "problem": problem},
        code="row_wrong",
        line=line,
    )

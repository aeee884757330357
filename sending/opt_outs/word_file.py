"""Reading opt-out words from a file: any table, or a text with a word on each line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_noop

from sending.models import OptDirection, WordMatch
from sending.opt_outs.word_list import OPT_OUT_WORDS
from sending.word_files import WordColumn, WordFile

_WRONG = gettext_noop("“%(text)s” is not one of %(known)s.")
_FILE = WordFile(
    words=OPT_OUT_WORDS,
    titles=("word", "words", "opt-out word", "词", "词语", "退订词", "关键词"),
    columns={
        "match": WordColumn(
            titles=("match", "compared with", "匹配", "匹配方式"),
            choices={
                WordMatch.EXACT.value: ("exact", "完全匹配", "全等", "等于", "精确"),
                WordMatch.BEGINS.value: (
                    *("begins", "begins-with", "prefix"),
                    "开头",
                    "前缀",
                    "以此开头",
                ),
            },
            wrong=_WRONG,
        ),
        "direction": WordColumn(
            titles=("direction", "what it does", "方向", "作用"),
            choices={
                OptDirection.OUT.value: ("out", "opt-out", "退订"),
                OptDirection.IN.value: ("in", "opt-in", "恢复", "恢复订阅", "订阅"),
            },
            wrong=_WRONG,
        ),
    },
)


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
    usual = {"match": match, "direction": direction}
    return _FILE.add_to_list(path=path, file_name=file_name, usual=usual, by=by)

"""Reading forbidden words from a file: any table, or a text with a word on each line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_noop

from sending.forbidden_words import FORBIDDEN_WORDS
from sending.models import WordAction
from sending.word_files import WordColumn, WordFile

_FILE = WordFile(
    words=FORBIDDEN_WORDS,
    titles=(
        *("word", "words", "forbidden word"),
        *("词", "词语", "敏感词", "违禁词", "关键词", "屏蔽词"),
    ),
    columns={
        "action": WordColumn(
            titles=("action", "动作", "处理", "处理方式"),
            choices={
                WordAction.REFUSE.value: ("refuse", "拒绝", "禁止"),
                WordAction.APPROVE.value: ("approve", "hold", "审批", "审核", "待审"),
            },
            wrong=gettext_noop("“%(text)s” is no action. Write refuse or approve."),
        )
    },
)


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
    return _FILE.add_to_list(path=path, file_name=file_name, usual={"action": action}, by=by)

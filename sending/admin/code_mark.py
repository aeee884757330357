"""A result code on a page that says what it means: on hover, on focus and on a click."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from sending.code_meanings import code_meaning


def code_mark(code: str, words: Any = "") -> SafeString:
    """Return a result code as a part of a page that explains itself.

    Args:
        code: the code.
        words: what is shown; "": the code with its short meaning.
    """
    return format_html(
        '<button type="button" class="q-code" data-code="{}">{}</button>',
        code,
        words or code_meaning(code),
    )

"""The text of an answer: checked as it will be sent."""

from __future__ import annotations

from django.utils.translation import gettext as _

from foundation.characters import is_storable
from foundation.refusals import Refusal
from sending.forbidden_words import refusing_words
from texts.rendering import longest_text


def answer_text(text: str) -> str:
    """Return the text of an answer as it is sent, without blanks at its ends.

    It is sent as it is written: what looks like a variable is none.

    Raises:
        Refusal: it is empty (`answer_empty`), too long (`answer_too_long`), holds characters that
            cannot be sent (`unstorable`) or a forbidden word (`forbidden_word`).
    """
    said = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not said:
        raise Refusal(_("The answer is empty."), code="answer_empty")
    if len(said) > longest_text():
        raise Refusal(
            _("The answer has %(length)s characters; the limit is %(longest)s.")
            % {"length": f"{len(said):,}", "longest": f"{longest_text():,}"},
            code="answer_too_long",
        )
    if not is_storable(said):
        raise Refusal(_("The text holds characters that cannot be sent."), code="unstorable")
    words = refusing_words()
    found = words.first_in(said) if words is not None else None
    if found is not None:
        raise Refusal(
            _("The word “%(word)s” is forbidden. Write it differently.") % {"word": found.word},
            code="forbidden_word",
            word=found.word,
        )
    return said

"""Language tags: one spelling for each."""

from __future__ import annotations

import re

from campaigns.models.template_text import LONGEST_TAG
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

_TAG = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,8})*")


def language_tag(text: str) -> str:
    """Return a language tag in the spelling that is stored: lower case, with hyphens.

    Raises:
        Refusal: it is no language tag (`language_malformed`).
    """
    tag = text.strip().replace("_", "-").lower()
    if len(tag) > LONGEST_TAG or not _TAG.fullmatch(tag):
        raise Refusal(
            _("“%(text)s” is no language: write a tag such as zh-hans, en or pt-br.")
            % {"text": text.strip()[:50]},
            code="language_malformed",
        )
    return tag

"""The service that changes whether opt-outs are confirmed, and the text of the confirmation."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.forbidden_words import refusing_words
from sending.models import OptOutSettings
from sending.models.opt_out_settings import ONLY
from texts.rendering import longest_text


def change_settings(
    *, is_confirmed: bool | None = None, text: str | None = None, by: Any = None
) -> OptOutSettings:
    """Change whether people who opt out by a reply are told so, or the text; return the settings.

    Args:
        is_confirmed: whether they are; None: as it was.
        text: the message; None: as it was.
        by: the operator.

    Raises:
        Refusal: no message can have this text (see `clean_text`).
    """
    cleaned = None if text is None else clean_text(text)
    with transaction.atomic():
        OptOutSettings.objects.get_or_create(pk=ONLY)
        row: Any = OptOutSettings.objects.select_for_update().get(pk=ONLY)
        before = (row.is_confirmed, row.text)
        if is_confirmed is not None:
            row.is_confirmed = is_confirmed
        if cleaned is not None:
            row.text = cleaned
        if (row.is_confirmed, row.text) != before:
            if by is not None:
                row._history_user = by
            row.save()
    saved: OptOutSettings = row
    return saved


def clean_text(text: str) -> str:
    """Return the text of a confirmation, without blanks at its ends.

    Raises:
        Refusal: it is empty (`text_missing`), too long (`text_too_long`), or holds a forbidden word
            (`forbidden_word`).
    """
    cleaned = text.replace("\r\n", "\n").strip()
    if not cleaned:
        raise Refusal(_("The confirmation needs a text."), code="text_missing")
    if len(cleaned) > longest_text():
        raise Refusal(
            _("The text has %(length)s characters; the limit is %(longest)s.")
            % {"length": len(cleaned), "longest": longest_text()},
            code="text_too_long",
        )
    words = refusing_words()
    found = words.first_in(cleaned) if words is not None else None
    if found is not None:
        raise Refusal(
            _("The text contains the forbidden word “%(word)s”.") % {"word": found.word},
            code="forbidden_word",
        )
    return cleaned

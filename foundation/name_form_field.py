"""The form field of a name: it removes invisible characters and refuses an invalid name."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from foundation.names import LONGEST_NAME, clean_name, has_visible_character
from foundation.refusals import Refusal


class NameFormField(forms.CharField):
    """A name by the rule of `foundation.names`.

    The browser does not limit the number of characters, because pasted text may have blanks and
    invisible characters that are removed here.

    Args:
        max_length: the most characters of the cleaned name.
    """

    def __init__(self, *, max_length: int | None = LONGEST_NAME, **kwargs: Any) -> None:
        self.longest = max_length or LONGEST_NAME
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        """Return the cleaned name, or "" for one without a visible character.

        Raises:
            ValidationError: it cannot be a name.
        """
        text = str(value or "")
        if not has_visible_character(text):
            return ""
        try:
            return clean_name(text, longest=self.longest)
        except Refusal as refusal:
            raise ValidationError(refusal.sentence, code=refusal.code) from None

"""The form field of a template's texts by language: a row for each, and empty rows to add some."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.admin.text_widget import TextWidget, variable_groups
from campaigns.models.template_text import LONGEST_TAG
from campaigns.writing.languages import language_tag
from campaigns.writing.templates import MOST_LANGUAGES
from foundation.refusals import Refusal

#: Empty rows behind those that are filled in; they appear one by one.
EMPTY_ROWS = 5


class LanguageTexts(list[Any]):
    """Pairs of language and text, which are shown as texts."""

    def __str__(self) -> str:
        return "\n\n".join(f"{tag}: {text}" for tag, text in self)


class LanguageTextsWidget(forms.Widget):
    """Rows of a language and its text."""

    @property
    def media(self) -> Any:
        """The script of the texts."""
        return TextWidget().media

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the rows."""
        pairs = [*(value or []), *([["", ""]] * EMPTY_ROWS)][: MOST_LANGUAGES + EMPTY_ROWS]
        tag_field, text_field = UnfoldAdminTextInputWidget(), TextWidget(groups=variable_groups())
        rows = []
        for number, (tag, text) in enumerate(pairs):
            ids = {part: f"id_{name}-{number}-{part}" for part in ("language", "text")}
            tag_attrs = {"id": ids["language"], "maxlength": LONGEST_TAG, "placeholder": "zh-hans"}
            rows.append(
                {
                    "is_filled": bool(tag or text),
                    "ids": ids,
                    "tag": tag_field.render(f"{name}-{number}-language", tag, tag_attrs, renderer),
                    "text": text_field.render(
                        f"{name}-{number}-text", text, {"id": ids["text"], "rows": 5}, renderer
                    ),
                }
            )
        return render_to_string("console/campaign/languages.html", {"name": name, "rows": rows})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[list[str]] | None:
        """Return the rows that are not empty; None if the form did not have them."""
        if f"{name}-rows" not in data:
            return None
        rows = []
        for number in range(MOST_LANGUAGES + EMPTY_ROWS + 1):
            tag = str(data.get(f"{name}-{number}-language", ""))
            text = str(data.get(f"{name}-{number}-text", ""))
            if tag.strip() or text.strip():
                rows.append([tag, text])
        return rows

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Return whether the form did not have the rows."""
        return f"{name}-rows" not in data

    def id_for_label(self, id_: str) -> str:
        """Return the id of the first row's language."""
        return f"{id_}-0-language"


class LanguageTextsField(forms.Field):
    """Texts by language: a list of language and text."""

    widget = LanguageTextsWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def prepare_value(self, value: Any) -> Any:
        """Return the rows in a fixed order; none for a text, such as an address gives."""
        if isinstance(value, str):
            return LanguageTexts()
        return LanguageTexts(sorted([str(tag), str(text)] for tag, text in value or []))

    def to_python(self, value: Any) -> list[list[str]] | None:
        """Return the rows with normalised languages; None if the form did not have them.

        Raises:
            ValidationError: a language cannot be one or is doubled, or a row is half empty.
        """
        if value is None:
            return None
        rows: dict[str, str] = {}
        for tag, text in value:
            if not tag.strip():
                raise ValidationError(_("Name the language of each text, such as en."))
            try:
                plain = language_tag(tag)
            except Refusal as refusal:
                raise ValidationError(refusal.sentence, code=refusal.code) from None
            if not text.strip():
                raise ValidationError(
                    _("Write a text for “%(tag)s”, or empty its language too."),
                    params={"tag": plain},
                )
            if plain in rows:
                raise ValidationError(
                    _("There are two texts for the language “%(tag)s”."), params={"tag": plain}
                )
            rows[plain] = text.replace("\r\n", "\n")
        return [[tag, text] for tag, text in sorted(rows.items())]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the rows differ from the stored ones."""
        if data is None:
            return False
        try:
            return [list(one) for one in self.prepare_value(initial)] != self.to_python(data)
        except ValidationError:
            return True

"""The table of message templates: a row for each, with a column for the text of each language."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from import_export.fields import Field

from campaigns.models import MessageTemplate, TemplateText
from campaigns.writing.check import checked_text
from campaigns.writing.languages import language_tag
from campaigns.writing.templates import MOST_LANGUAGES, set_texts
from campaigns.writing.versions import current_version
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from labels.columns import LABELS, LabelledResource
from tabular import plain_title
from tabular.table_import import columns as cells
from tabular.table_import.columns import TableColumn
from tabular.table_import.named import NamedResource
from texts.checks import TextProblem

#: A title such as text:zh-hans.
_IN_LANGUAGE = re.compile(r"\s*(?:text|正文|内容|文本|內容)\s*[:：]\s*([a-zA-Z0-9_-]+)\s*")
_TEXTS = ("language", "text")
_NAME, _TEXT = (
    TableColumn(
        "name",
        cells.name,
        is_key=True,
        is_needed=True,
        titles=("name", "名称", "模板", "模板名称", "名稱", "template"),
    ),
    TableColumn(
        "text",
        cells.text(is_needed=True),
        is_needed=True,
        titles=("text", "正文", "内容", "文本", "內容"),
    ),
)


class LanguageField(Field):
    """The text of a template in one language, or the one that a file gives it."""

    def __init__(self, tag: str) -> None:
        super().__init__(column_name=f"text:{tag}")
        self.tag = tag

    def get_value(self, instance: Any) -> str:
        """Return the text; "" without one."""
        given: str | None = getattr(instance, _target(self.tag), None)
        if given is not None:
            return given
        if instance.pk is None:
            return ""
        return next((one.text for one in instance.texts.all() if one.language == self.tag), "")


class MessageTemplateResource(LabelledResource, NamedResource):
    """A row for each template."""

    columns: tuple[TableColumn, ...] = (_NAME, _TEXT, LABELS)

    class Meta:
        model = MessageTemplate
        fields = ("name", "text", "labels")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._languages: list[str] = []
        used = TemplateText.objects.order_by("language").values_list("language", flat=True)
        for tag in used.distinct():
            self._add_field(tag)

    def columns_for(self, titles: Sequence[str]) -> Sequence[TableColumn]:
        """Add a column for each language that the titles name, such as text:en."""
        self._languages = list(dict.fromkeys(filter(None, map(_language_of, titles))))
        for tag in self._languages:
            self._add_field(tag)
        more = [
            TableColumn(
                _field(tag),
                cells.text(),
                attribute=_target(tag),
                titles=tuple(plain_title(one) for one in titles if _language_of(one) == tag),
            )
            for tag in self._languages
        ]
        self.columns = (_NAME, _TEXT, *more, LABELS)
        return self.columns

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        """Read the texts of a page of rows at once."""
        return super().filter_export(queryset, **kwargs).prefetch_related("texts")

    def find_known(self, keys: Sequence[Hashable], *, is_locked: bool = False) -> dict[Any, Any]:
        """Return the rows with their texts, which every row is compared by."""
        found = super().find_known(keys, is_locked=is_locked)
        prefetch_related_objects(list(found.values()), "texts")
        return found

    def check(self, instance: Any) -> None:
        """Check the texts, as the form does."""
        texts = {"text": instance.text}
        for tag in self._languages:
            texts[_field(tag)] = getattr(instance, _target(tag), None) or ""
        for field, text in texts.items():
            if text == "" and field != "text":
                continue  # no text in this language
            try:
                checked_text(text)
            except TextProblem as problem:
                raise ValidationError({field: problem.sentence}) from None
        known = {one.language for one in instance.texts.all()} if instance.pk is not None else set()
        given = {tag for tag in self._languages if texts[_field(tag)]}
        if len(known | given) > MOST_LANGUAGES:
            raise Refusal(
                _("A template has at most %(most)d languages.") % {"most": MOST_LANGUAGES},
                code="too_many_languages",
            )

    def write_rows(
        self, new: Sequence[Any], changed: Sequence[tuple[Any, list[str]]], by: Any
    ) -> None:
        """Write the rows and their texts, with a version of each."""
        mine = {_target(tag) for tag in self._languages}
        plain = [(row, [name for name in names if name not in mine]) for row, names in changed]
        super().write_rows(new, [pair for pair in plain if pair[1]], by)
        for template in [*new, *(template for template, _names in changed)]:
            if self._languages:
                set_texts(template, self._texts_of(template))
            current_version(template=template, by=by)

    def _texts_of(self, template: Any) -> dict[str, str]:
        """Return the texts by language that a template has with those of the file."""
        # Read anew, not from what the plan read: a language that the file does not have stays.
        known = dict(TemplateText.objects.filter(template=template.pk).values_list(*_TEXTS))
        for tag in self._languages:
            given: str | None = getattr(template, _target(tag), None)
            if given is not None:
                known[tag] = given
        return {tag: text for tag, text in known.items() if text}

    def _add_field(self, tag: str) -> None:
        self.fields.setdefault(_field(tag), LanguageField(tag))


def _field(tag: str) -> str:
    return f"text:{tag}"


def _target(tag: str) -> str:
    """Return the attribute of a template that holds the text that a file gives it."""
    return f"text_in_{tag}"


def _language_of(title: str) -> str:
    """Return the language that a title names; "" if it names none."""
    found = _IN_LANGUAGE.fullmatch(title)
    try:
        return language_tag(found[1]) if found is not None else ""
    except Refusal:
        return ""

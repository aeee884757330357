"""Rows that are edited inside another row's form: what someone else changed is not overwritten.

Each row carries the values that the form showed. A row that the operator left alone is not saved,
so it keeps what someone else made of it. A row that both changed is told, and saved at the next
click.
"""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.forms.models import InlineForeignKeyField
from django.utils.translation import gettext as _

from foundation.admin.seen_values import encoded

#: The hidden field of each row.
SEEN = "seen"


class InlineEditedForm(forms.ModelForm):
    """The form of one row of an editable inline."""

    #: What the form showed. `LabelledInline` adds it to the fields that are sent.
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.initial[SEEN] = self._values(self.initial)

    def has_changed(self) -> bool:
        """Return whether the operator changed what the form showed."""
        if self.instance.pk is None or not self.is_bound:
            return bool(super().has_changed())
        # The hidden field differs when someone else changed the row, which is no change of ours.
        return self._posted() != str(self[SEEN].data or "") and bool(
            set(self.changed_data) - {SEEN}
        )

    def clean(self) -> dict[str, Any] | None:
        """Refuse a change of a row that someone else changed meanwhile; once."""
        data: dict[str, Any] | None = super().clean()
        if self.instance.pk is None or not self.has_changed():
            return data
        if str(self[SEEN].data or "") == self.initial[SEEN]:
            return data
        again: Any = self.data
        self.data = again = again.copy()
        again[self.add_prefix(SEEN)] = self.initial[SEEN]  # the next click saves it
        theirs = [self._in_words(name) for name in self._names()]
        raise forms.ValidationError(
            _(
                "Someone else changed this row while you were editing; nothing is saved yet. Now "
                "it is: %(theirs)s. Save again to put yours in its place."
            ),
            params={"theirs": ", ".join(words for words in theirs if words)},
            code="edited_meanwhile",
        )

    def _names(self) -> list[str]:
        """Return the fields of the row that the operator sees, without the row above it."""
        names = [name for name in self._meta.fields or () if name in self.fields and name != SEEN]
        return [name for name in names if not isinstance(self.fields[name], InlineForeignKeyField)]

    def _in_words(self, name: str) -> str:
        """Return a value of the row as it is stored now."""
        label = getattr(self.instance, f"get_{name}_display", None)
        value = label() if label is not None else getattr(self.instance, name)
        return "" if value is None else str(value)

    def _values(self, values: Any) -> str:
        """Return values of the row as the hidden field carries them."""
        shown = {name: self._encoded(name, values.get(name)) for name in self._names()}
        return json.dumps(shown, sort_keys=True, ensure_ascii=False)

    def _encoded(self, name: str, value: Any) -> Any:
        """Return a value as JSON holds it; a row chosen by its key is the same as the row."""
        if isinstance(self.fields[name], forms.ModelChoiceField):
            return "" if value is None else str(getattr(value, "pk", value))
        return encoded(value)

    def _posted(self) -> str:
        posted: dict[str, Any] = {}
        for name in self._names():
            try:
                posted[name] = self.fields[name].clean(self[name].data)
            except forms.ValidationError:
                posted[name] = None
        return self._values(posted)

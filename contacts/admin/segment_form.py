"""The forms of a segment: its name and description, and a row for each condition."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from contacts.admin.segment_rows import (
    COMPARISONS,
    DAYS,
    VALUELESS,
    WHATS,
    Row,
    conditions_of,
    rows_of,
    split_values,
)
from contacts.models import ContactList, Segment
from contacts.segments.conditions import condition_of, known_kinds
from foundation.display import EMPTY
from foundation.refusals import Refusal

#: The most rows of a form, and the number of empty ones it begins with.
MOST_ROWS, EMPTY_ROWS = 50, 1


def _whats() -> list[tuple[str, Any]]:
    known = set(known_kinds())
    return [("", EMPTY), *((what, words) for what, (words, _is) in WHATS.items() if what in known)]


class ConditionForm(forms.Form):
    """The row of one condition."""

    what = forms.ChoiceField(label=_("what"), choices=_whats, required=False)
    name = forms.CharField(label=_("attribute's name"), max_length=100, required=False)
    comparison = forms.ChoiceField(
        label=_("how"), choices=[("", EMPTY), *COMPARISONS.items()], required=False
    )
    value = forms.CharField(label=_("value"), max_length=2000, required=False)
    lists = forms.ModelMultipleChoiceField(
        label=_("lists"), queryset=ContactList.objects.all(), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs |= {
                "class": "q-input",
                "aria-label": str(field.label),
                "data-part": name,
            }
        self.fields["name"].widget.attrs |= {
            "list": "attribute-names",
            "placeholder": gettext("attribute's name"),
        }
        self.fields["lists"].widget.attrs["size"] = 3

    def clean(self) -> dict[str, Any]:
        """Add errors to the fields that are missing or wrong; a row without a subject is empty."""
        data: dict[str, Any] = super().clean() or {}
        what, comparison = data.get("what", ""), data.get("comparison", "")
        if not what or self.errors:
            return data
        if comparison not in WHATS[what][1]:
            wanted = ", ".join(str(COMPARISONS[word]) for word in WHATS[what][1])
            self.add_error("comparison", gettext("Choose one of: %(words)s.") % {"words": wanted})
        if what == "attribute" and not data["name"]:
            self.add_error("name", gettext("Which attribute?"))
        if what == "list" and not data["lists"]:
            self.add_error("lists", gettext("Choose at least one list."))
        self._check_value(what, comparison, data["value"])
        return data

    def _check_value(self, what: str, comparison: str, value: str) -> None:
        if what == "friend_of":
            if not all(uin.isdecimal() and len(uin) <= 10 for uin in split_values(value)):
                sentence = gettext(
                    "Enter QQ numbers of accounts, separated by commas. Leave it empty for any "
                    "account."
                )
                self.add_error("value", sentence)
        elif comparison in DAYS:
            if not (value.isascii() and value.isdigit() and int(value) <= 100_000):
                self.add_error("value", gettext("A number of days, from 0 to 100000."))
        elif what in ("attribute", "name") and comparison not in VALUELESS:
            self._check_text(comparison, value)

    def _check_text(self, comparison: str, value: str) -> None:
        if not value:
            self.add_error("value", gettext("Which value?"))
        elif comparison in ("above", "below"):
            try:
                float(value)
            except ValueError:
                self.add_error("value", gettext("A number, like 18 or 2.5."))

    def row(self) -> Row | None:
        """Return the row, or None if it is empty or marked for removal."""
        data = self.cleaned_data
        if not data.get("what") or data.get("DELETE"):
            return None
        return Row(
            what=data["what"],
            comparison=data["comparison"],
            name=data["name"],
            value=data["value"],
            lists=tuple(contact_list.pk for contact_list in data["lists"]),
        )


ConditionFormSet: type[BaseFormSet[ConditionForm]] = formset_factory(
    ConditionForm, extra=EMPTY_ROWS, can_delete=True, max_num=MOST_ROWS, absolute_max=MOST_ROWS
)


class SegmentForm(forms.ModelForm):
    """Name, description, and the conditions: as rows, or as text if rows cannot express them."""

    word = forms.ChoiceField(
        label=_("who meets"),
        choices=[("all", _("all of these conditions")), ("any", _("any of these conditions"))],
        required=False,
    )
    text = forms.CharField(
        label=_("conditions as text"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12, "spellcheck": "false"}),
        help_text=_(
            "These conditions cannot be shown as rows. Edit them as JSON: all, any and not combine "
            "conditions that each have a kind."
        ),
    )

    class Meta:
        model = Segment
        fields = ["name", "description"]
        widgets = {"name": UnfoldAdminTextInputWidget, "description": UnfoldAdminTextInputWidget}

    def __init__(self, data: Any, *, instance: Segment, is_text: bool) -> None:
        found = rows_of(instance.conditions)
        initial = {
            "word": found[0] if found else "all",
            "text": json.dumps(instance.conditions, indent=2, ensure_ascii=False),
        }
        super().__init__(data, instance=instance, initial=initial)
        self.fields["word"].widget.attrs["class"] = "q-input"
        del self.fields["word" if is_text else "text"]
        # Posted rows are read without initial values: a row that equals a saved one would count
        # as unchanged, and so as empty.
        shown = _typed(found) if data is None else None
        self.rows = None if is_text else ConditionFormSet(data, prefix="row", initial=shown)
        self.conditions: Any = {}

    def clean(self) -> dict[str, Any] | None:
        """Build the conditions, and add an error if they are not understood."""
        data = super().clean()
        where = "text" if self.rows is None else None
        try:
            self.conditions = self._conditions()
            if not self.conditions:
                raise Refusal(gettext("Give at least one condition."), code="no_condition")
            condition_of(self.conditions)
        except Refusal as refusal:
            self.add_error(where, refusal.sentence)
        except (ValueError, RecursionError):
            self.add_error(where, gettext("This is not valid JSON."))
        return data

    def _conditions(self) -> Any:
        if self.rows is None:
            return json.loads(self.cleaned_data.get("text", ""))
        if not self.rows.is_valid():
            raise Refusal(gettext("Correct the rows that are marked."), code="rows")
        rows = [form.row() for form in self.rows if hasattr(form, "cleaned_data")]
        found = [row for row in rows if row is not None]
        return conditions_of(self.cleaned_data.get("word") or "all", found)


def _typed(found: tuple[str, list[Row]] | None) -> list[dict[str, Any]]:
    return [
        {
            "what": row.what,
            "name": row.name,
            "comparison": row.comparison,
            "value": row.value,
            "lists": list(row.lists),
        }
        for row in (found[1] if found else [])
    ]

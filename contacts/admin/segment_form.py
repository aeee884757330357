"""The form of a segment: its name and description, and its conditions as rows or as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from contacts.admin.conditions_field import ConditionsField, loaded
from contacts.models import Segment
from contacts.segments.conditions import Problem, understand
from contacts.segments.save import checked_conditions
from contacts.segments.where import parse_where
from foundation.refusals import Refusal

CONDITIONS = "conditions"


class SegmentForm(forms.ModelForm):
    """Name, description and conditions: posted as "tree", the JSON of the rows, or "text".

    Attributes:
        conditions: the conditions in their normal form; empty if there are problems.
        problems: what is wrong with the rows, each with its place.
    """

    class Meta:
        model = Segment
        fields = ["name", "description"]
        widgets = {"name": UnfoldAdminTextInputWidget, "description": UnfoldAdminTextInputWidget}

    def __init__(
        self, data: Any, *, instance: Segment, is_text: bool, shown: Mapping[str, Any] | None = None
    ) -> None:
        """Make the form.

        Args:
            data: what was posted, None to show the segment.
            instance: the segment.
            is_text: whether the conditions are edited as text.
            shown: what is shown in place of the segment: name, description and conditions.
        """
        self.before = instance.conditions
        self._shown = self.before if shown is None else shown["conditions"]
        self.is_text = is_text
        self.conditions: Any = {}
        self.problems: list[Problem] = []
        super().__init__(
            data, instance=instance, initial={**(shown or {}), CONDITIONS: self._shown}
        )
        self.fields[CONDITIONS] = _text_field() if is_text else _rows_field()

    def add_prefix(self, field_name: str) -> str:
        """Return the name under which a field is posted: the conditions have one for each shape."""
        if field_name == CONDITIONS:
            return "text" if self.is_text else "tree"
        return super().add_prefix(field_name)

    @property
    def shown_tree(self) -> Any:
        """The rows to show: those that were posted, else those of the segment."""
        if not self.is_bound:
            return self._shown
        return self.conditions or loaded(str(self.data.get("tree", "")))

    def clean(self) -> dict[str, Any] | None:
        """Read the conditions, and add errors if they are not understood."""
        data = super().clean()
        try:
            tree = self._posted()
            if not self.problems:
                self.conditions = checked_conditions(tree, before=self.before)
        except Refusal as refusal:
            self.problems = [Problem((), refusal)]
        if self.problems:
            where = CONDITIONS if self.is_text else None
            for problem in self.problems:
                self.add_error(where, problem.refusal.sentence)
        return data

    def _posted(self) -> Any:
        if self.is_text:
            return parse_where(self.cleaned_data.get(CONDITIONS, ""), before=self.before)
        tree = loaded(self.cleaned_data.get(CONDITIONS, ""))
        if tree is None:
            raise Refusal(
                gettext("The conditions did not arrive whole. Load the page again."), code="tree"
            )
        if tree:
            self.problems = understand(tree).problems
        return tree


def _rows_field() -> ConditionsField:
    return ConditionsField(label=_("Conditions"), widget=forms.HiddenInput)


def _text_field() -> ConditionsField:
    return ConditionsField(
        label=_("Conditions"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_(
            "For example: city = 昆明 and not in list:VIP. Names and values with blanks stand in "
            "quotation marks. “and”, “or”, “not” and brackets combine conditions."
        ),
    )

"""The form of a segment: its name and description, and its conditions as rows or as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from contacts.models import Segment
from contacts.segments.conditions import Problem, understand
from contacts.segments.save import checked_conditions
from contacts.segments.where import parse_where
from contacts.segments.where_text import where_text
from foundation.refusals import Refusal


class SegmentForm(forms.ModelForm):
    """Name, description and conditions: `tree` is the JSON of the rows, `text` the where-text.

    Attributes:
        conditions: the conditions in their normal form; empty if there are problems.
        problems: what is wrong with the rows, each with its place.
    """

    tree = forms.CharField(required=False, widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Conditions"),
        required=False,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_(
            "For example: city = 昆明 and not in list:VIP. Names and values with blanks stand in "
            "quotation marks. “and”, “or”, “not” and brackets combine conditions."
        ),
    )

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
        initial = {**(shown or {}), "text": where_text(self._shown) or ""}
        super().__init__(data, instance=instance, initial=initial)
        self.is_text = is_text
        self.conditions: Any = {}
        self.problems: list[Problem] = []

    @property
    def shown_tree(self) -> Any:
        """The rows to show: those that were posted, else those of the segment."""
        if not self.is_bound:
            return self._shown
        return self.conditions or _loaded(str(self.data.get("tree", "")))

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
            where = "text" if self.is_text else None
            for problem in self.problems:
                self.add_error(where, problem.refusal.sentence)
        return data

    def _posted(self) -> Any:
        if self.is_text:
            return parse_where(self.cleaned_data.get("text", ""), before=self.before)
        tree = _loaded(self.cleaned_data.get("tree", ""))
        if tree is None:
            raise Refusal(
                gettext("The conditions did not arrive whole. Load the page again."), code="tree"
            )
        if tree:
            self.problems = understand(tree).problems
        return tree


def _loaded(text: str) -> Any:
    """Return the value of a JSON text; None if the text is not JSON."""
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None

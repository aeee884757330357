"""The fields of a campaign's form about the test of its variants on a share of the people."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from campaigns.creation.variant_test import (
    MOST_TEST,
    fitting_test,
    read_decide_after,
    refuse_test,
)
from campaigns.states import DecideBy
from foundation.admin.plain_numbers import PlainNumberWidget
from foundation.refusals import Refusal
from foundation.spans import span_text

_NAMES = ("test_share", "decide_by", "decide_after")


class VariantTestFields(forms.ModelForm):
    """The part of a campaign's form about the test of its variants."""

    test_share = forms.DecimalField(
        label=_("Test on (%)"),
        required=False,
        min_value=0,
        max_value=MOST_TEST,
        max_digits=4,
        decimal_places=1,
        widget=PlainNumberWidget,
        help_text=_(
            "The variants go to so many of a hundred people. The rest waits, and gets the variant "
            "that is chosen. 0: everybody gets their variant at once."
        ),
    )
    decide_by = forms.ChoiceField(
        label=_("Who chooses"),
        required=False,
        choices=DecideBy.choices,
        widget=UnfoldAdminSelectWidget,
    )
    decide_after = forms.CharField(
        label=_("Chosen after"),
        required=False,
        max_length=10,
        widget=UnfoldAdminTextInputWidget,
        help_text=_(
            "Only for the choice by replies: the time after the last message of the test, like "
            "90m, 4h or 2d. Empty: 4h."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "decide_after" in self.fields:
            self.initial["decide_after"] = span_text(self.instance.decide_after)

    def clean_test_share(self) -> Decimal:
        """Return the share; an empty field is none."""
        return self.cleaned_data.get("test_share") or Decimal(0)

    def clean_decide_by(self) -> str:
        """Return who chooses; an operator if nothing is chosen."""
        return self.cleaned_data.get("decide_by") or DecideBy.HAND.value

    def clean_decide_after(self) -> int | None:
        """Return the time after the test in seconds."""
        text: str = self.cleaned_data["decide_after"].strip()
        if not text:
            return None
        try:
            return read_decide_after(text)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence) from None

    def check_test(self, *, variants: int) -> None:
        """Refuse a test that no run could make, at its field.

        Args:
            variants: the number of variants of the form.
        """
        if self.errors.keys() & {*_NAMES, "variants"} or "test_share" not in self.fields:
            return
        try:
            test = fitting_test(
                share=self.cleaned_data["test_share"],
                decide_by=self.cleaned_data["decide_by"],
                decide_after=self.cleaned_data["decide_after"],
            )
            refuse_test(test, variants=variants)
        except Refusal as refusal:
            self.add_error(str(refusal.details["field"]), refusal.sentence)
            return
        self.cleaned_data["decide_by"] = test.decide_by
        self.cleaned_data["decide_after"] = test.decide_after

"""The fields by which a report's page and the form of a saved report choose what it is about."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from campaigns.models import Campaign, SavedReport
from campaigns.reports.report_filter import ReportFilter, in_order
from foundation.admin.key_fields import OnlyKeys
from labels.models import Label


class _Chooser(OnlyKeys, AutocompleteSelectMultiple):
    """Several rows, found by typing. The page has only the chosen ones."""

    def __init__(self, column: str, words: Any) -> None:
        super().__init__(
            SavedReport._meta.get_field(column),
            admin.site,
            attrs={"class": "unfold-filter-autocomplete"},
        )
        self._words = words

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        """Return the attributes, with the words that stand in it while nothing is chosen."""
        attrs: dict[str, Any] = super().build_attrs(base_attrs, extra_attrs)
        return {**attrs, "data-placeholder": str(self._words)}

    class Media:
        extra = "" if settings.DEBUG else ".min"
        js = (
            f"admin/js/vendor/jquery/jquery{extra}.js",
            "admin/js/vendor/select2/select2.full.js",
            "admin/js/jquery.init.js",
            "unfold/js/select2.init.js",
        )
        css = {"screen": ("admin/css/vendor/select2/select2.css", "admin/css/autocomplete.css")}


class FilterForm(forms.Form):
    """Labels, campaigns and accounts; the fields are called as the address has them."""

    label = forms.ModelMultipleChoiceField(
        label=_("Labels"),
        queryset=Label.objects.all(),
        required=False,
        widget=_Chooser("labels", _("all")),
    )
    campaign = forms.ModelMultipleChoiceField(
        label=_("Campaigns"),
        queryset=Campaign.objects.all(),
        required=False,
        widget=_Chooser("campaigns", _("all")),
    )
    account = forms.ModelMultipleChoiceField(
        label=_("Accounts"),
        queryset=Account.objects.all(),
        required=False,
        widget=_Chooser("accounts", _("all")),
    )

    def chosen(self) -> ReportFilter:
        """Return what is chosen; the form is valid."""
        data = self.cleaned_data
        return ReportFilter(
            in_order(data["label"]), in_order(data["campaign"]), in_order(data["account"])
        )


#: The names of its fields.
FILTERS = tuple(FilterForm.base_fields)

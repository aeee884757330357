"""The console's page of warm-up curves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.models import WarmUpCurve
from accounts.warm_ups import apply_curve, read_limits
from foundation.admin import ChangeHistoryMixin, ConsoleAdmin, NamedMixin
from foundation.refusals import Refusal


class WarmUpCurveForm(forms.ModelForm):
    """The messages of each day as a list of numbers."""

    limits = forms.CharField(
        label=_("Messages a day"),
        max_length=4_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_(
            "From the first day on: 10, 20, 40. After the last day only the account's own limits "
            "apply."
        ),
    )

    class Meta:
        model = WarmUpCurve
        fields = ["name", "limits", "worst_percent"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "limits" in self.fields and isinstance(self.instance.limits, list):
            self.initial["limits"] = ", ".join(map(str, self.instance.limits))

    def clean_limits(self) -> list[int]:
        """Return the messages of each day."""
        try:
            return read_limits(self.cleaned_data["limits"])
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence, code=refusal.code) from None


@admin.register(WarmUpCurve)
class WarmUpCurveAdmin(NamedMixin, ChangeHistoryMixin, SimpleHistoryAdmin, ConsoleAdmin):
    """Curves by which new accounts send more each day."""

    form = WarmUpCurveForm
    list_display = ["name", "day_count", "course", "worst_percent", "accounts"]
    search_fields = ["name"]
    ordering = ["name"]
    fieldsets = [(None, {"fields": ["name", "limits", "worst_percent"]})]
    empty_sentence = _(
        "A new account that sends many messages at once is soon restricted. On a curve it begins "
        "with few a day and sends more each day. Add one here."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WarmUpCurve]:
        """Return the curves with the number of accounts on them."""
        found: QuerySet[WarmUpCurve] = super().get_queryset(request)
        return found.annotate(account_count=Count("warm_ups"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and give the accounts on the curve their new limits."""
        super().save_model(request, obj, form, change)
        if change and "limits" in form.changed_data:
            apply_curve(obj)

    @display(description=_("days"))
    def day_count(self, curve: WarmUpCurve) -> int:
        """Return the number of days."""
        return curve.days

    @display(description=_("messages a day"))
    def course(self, curve: WarmUpCurve) -> str:
        """Return the first days and the last."""
        limits = [str(limit) for limit in curve.limits]
        shown = limits if len(limits) <= 8 else [*limits[:6], "…", limits[-1]]
        return ", ".join(shown)

    @display(description=_("accounts"), ordering="account_count")
    def accounts(self, curve: Any) -> Any:
        """Return the number of accounts that warm up by it, linked to them."""
        address = reverse("admin:accounts_account_changelist")
        return format_html(
            '<a class="q-link" href="{}?warm_up__curve__id__exact={}">{}</a>',
            address,
            curve.pk,
            number_format(curve.account_count, force_grouping=True),
        )

"""The action that puts accounts on a warm-up curve, or takes them off."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import Account, WarmUpCurve
from accounts.warm_ups import start_warm_up, stop_warm_up, warm_up_done
from foundation.admin import confirmation, require, show_refusals
from foundation.refusals import Refusal


class WarmUpForm(forms.Form):
    """The curve, or none."""

    curve = forms.ModelChoiceField(
        label=_("Warm-up curve"),
        queryset=WarmUpCurve.objects.order_by("name"),
        required=False,
        empty_label=_("none: end the warm-up"),
        widget=UnfoldAdminSelectWidget,
    )


class AccountWarmUp:
    """Mixed into the account's admin."""

    @admin.action(description=_("Warm up"), permissions=["change"])
    def act_warm_up(self, request: HttpRequest, queryset: QuerySet[Account]) -> Any:
        """Put the selected accounts on a curve, after it was chosen."""
        require(self.has_change_permission(request))  # type: ignore[attr-defined]
        accounts = list(queryset)
        form = WarmUpForm(request.POST if request.POST.get("is_confirmed") else None)
        if form.is_valid():
            self._warm_up(request, accounts, form.cleaned_data["curve"])
            return None
        title = ngettext("Warm up %(n)d account", "Warm up %(n)d accounts", len(accounts))
        site: Any = self
        return confirmation(
            request,
            site,
            title=title % {"n": len(accounts)},
            sentences=[
                gettext(
                    "An account that warms up sends at most the messages of its day on the curve. "
                    "It begins with the first day now."
                )
            ],
            verb=gettext("Warm up"),
            back=reverse("admin:accounts_account_changelist"),
            hidden=[
                ("action", "act_warm_up"),
                ("is_confirmed", "1"),
                *((ACTION_CHECKBOX_NAME, account.pk) for account in accounts),
            ],
            form=form,
        )

    def _warm_up(
        self, request: HttpRequest, accounts: list[Account], curve: WarmUpCurve | None
    ) -> None:
        refusals = []
        for account in accounts:
            try:
                if curve is None:
                    stop_warm_up(account=account, by=request.user)
                else:
                    start_warm_up(account=account, curve=curve, by=request.user)
            except Refusal as refusal:
                refusals.append(refusal)
        done = len(accounts) - len(refusals)
        if done:
            words = warm_up_done(done, curve=curve.name if curve is not None else "")
            messages.success(request, words)
        show_refusals(request, refusals)

"""The action that puts accounts, or all members of pools, on a schedule of statuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.keep_schedules import set_schedule
from accounts.models import Account, AccountPool
from accounts.pools import members_of
from accounts.status_schedules import LONGEST_TEXT, StatusSchedule, read_schedule
from foundation.admin import confirmation, require
from foundation.refusals import Refusal


class ScheduleForm(forms.Form):
    """The text of a schedule and its time zone; an empty text takes accounts off."""

    schedule = forms.CharField(
        label=_("Schedule"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=UnfoldAdminTextareaWidget(
            attrs={"rows": 4, "placeholder": "online mon-fri=09:00-18:00\notherwise logged-out"}
        ),
        help_text=_("One status a line, with its hours. Empty: the schedule is taken off."),
    )
    zone = forms.CharField(
        label=_("Time zone"),
        required=False,
        max_length=64,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Asia/Shanghai"}),
    )
    read: StatusSchedule | None = None

    def clean(self) -> dict[str, Any] | None:
        """Read the schedule."""
        data = super().clean()
        try:
            self.read = read_schedule(
                self.cleaned_data.get("schedule") or "",
                zone=(self.cleaned_data.get("zone") or "").strip(),
            )
        except Refusal as refusal:
            self.add_error("schedule", refusal.sentence)
        return data


class AccountSchedule:
    """Mixed into the account's admin."""

    @admin.action(description=_("Set the schedule"), permissions=["change"])
    def act_schedule(self, request: HttpRequest, queryset: QuerySet[Account]) -> Any:
        """Put the selected accounts on a schedule, after it was written."""
        require(self.has_change_permission(request))  # type: ignore[attr-defined]
        return ask_for_schedule(
            self,
            request,
            accounts=list(queryset),
            keys=[account.pk for account in queryset],
            back=reverse("admin:accounts_account_changelist"),
        )


class PoolSchedule:
    """Mixed into the pool's admin."""

    @admin.action(description=_("Set the schedule of the members"), permissions=["change"])
    def act_schedule(self, request: HttpRequest, queryset: QuerySet[AccountPool]) -> Any:
        """Put the present members of the selected pools on a schedule."""
        require(request.user.has_perm("accounts.change_account"))
        members: dict[int, Account] = {}
        for pool in queryset:
            members.update((account.pk, account) for account in members_of(pool))
        return ask_for_schedule(
            self,
            request,
            accounts=list(members.values()),
            keys=[pool.pk for pool in queryset],
            back=reverse("admin:accounts_accountpool_changelist"),
        )


def ask_for_schedule(
    site: Any, request: HttpRequest, *, accounts: Sequence[Account], keys: Sequence[int], back: str
) -> Any:
    """Show the form, or put the accounts on the schedule that was written in it.

    Args:
        site: the admin.
        request: the request of the action.
        accounts: the accounts.
        keys: the rows that were selected.
        back: where the form's way out leads.
    """
    form = ScheduleForm(request.POST if request.POST.get("is_confirmed") else None)
    if form.is_valid():
        for account in accounts:
            set_schedule(account=account, schedule=form.read, by=request.user)
        words = (
            ngettext(
                "%(n)d account follows the schedule within half a minute.",
                "%(n)d accounts follow the schedule within half a minute.",
                len(accounts),
            )
            if form.read is not None
            else ngettext(
                "%(n)d account has no schedule any more.",
                "%(n)d accounts have no schedule any more.",
                len(accounts),
            )
        )
        messages.success(request, words % {"n": len(accounts)})
        return None
    title = ngettext("Schedule of %(n)d account", "Schedule of %(n)d accounts", len(accounts))
    return confirmation(
        request,
        site,
        title=title % {"n": len(accounts)},
        sentences=[
            gettext(
                "Write one status a line, with its hours: online, busy, invisible or logged-out. "
                "The last line says what it shows otherwise, like “otherwise invisible”."
            ),
            gettext(
                "An account that is to be logged out leaves when nothing is owed, and comes back "
                "for as long as something is."
            ),
        ],
        verb=gettext("Set the schedule"),
        back=back,
        hidden=[
            ("action", "act_schedule"),
            ("is_confirmed", "1"),
            *((ACTION_CHECKBOX_NAME, key) for key in keys),
        ],
        form=form,
    )

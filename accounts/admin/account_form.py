"""The form of an account; it takes a password and never shows one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from accounts.models import Account, AccountEvent, Lease
from accounts.show_status import tell_status
from accounts.states import StateReason
from accounts.status_schedules import read_schedule
from accounts.transitions import restart_after_password_change
from clocks import shared
from foundation.admin import changed_columns
from foundation.refusals import Refusal
from qqhttp import password_digest


class AccountForm(forms.ModelForm):
    """The fields that an operator sets; only the password's wire digest is stored."""

    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave it empty to keep the stored one. It is encrypted and never shown."),
    )

    class Meta:
        model = Account
        fields = [
            "uin",
            "name",
            "presence",
            "status_schedule",
            "status_zone",
            "egress",
            "friend_policy",
            "min_interval",
            "per_minute",
            "per_hour",
            "per_day",
            "labels",
        ]

    def clean(self) -> dict[str, Any] | None:
        """Require a password for a new account."""
        data = super().clean()
        if self.instance._state.adding and not self.cleaned_data.get("password"):
            self.add_error("password", _("A new account needs a password to log in."))
        self._clean_schedule()
        return data

    def _clean_schedule(self) -> None:
        """Write the schedule as it was read, or say what is wrong with it."""
        text = self.cleaned_data.get("status_schedule") or ""
        try:
            schedule = read_schedule(
                text, zone=(self.cleaned_data.get("status_zone") or "").strip()
            )
        except Refusal as refusal:
            self.add_error("status_schedule", refusal.sentence)
            return
        self.cleaned_data["status_schedule"] = schedule.text if schedule is not None else ""
        self.cleaned_data["status_zone"] = schedule.zone if schedule is not None else ""

    def save_account(self, *, changed: list[str], is_new: bool, by: Any) -> None:
        """Save the account: a new one completely, with its lease; else the changed columns.

        Args:
            changed: the names of the changed fields.
            is_new: whether the account is new.
            by: the operator.
        """
        account, password = self.instance, self.cleaned_data.get("password")
        columns = changed_columns(account, [name for name in changed if name != "password"])
        digest = password_digest(password) if password else account.credential
        has_new_password = digest != account.credential
        if has_new_password:
            account.credential = digest
            columns.append("credential")
        with transaction.atomic():
            if is_new:
                account.state_reason = StateReason.BY_OPERATOR
                account.save()
                # SEQ starts at the present Unix time: a UIN that was deleted and added again must
                # not reuse one.
                Lease.objects.create(account=account, last_seq=int(shared.wall().timestamp()))
                AccountEvent.objects.create(
                    account=account, state=account.state, reason=account.state_reason, by=by
                )
            elif columns:
                if {"status_schedule", "status_zone"} & set(columns):
                    account.status_scheduled = ""  # the next tick shows what it says now
                    columns.append("status_scheduled")
                account.save(update_fields=columns)
                if "presence" in columns:
                    tell_status(account=account, by=by)
            if has_new_password and not is_new:
                restart_after_password_change(account=account, by=by)

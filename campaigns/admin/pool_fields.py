"""The fields of a campaign's form about pools and their shares."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.admin.planning_fields import PlanningFields
from campaigns.creation.pool_shares import read_shares, refuse_too_many, shares_text
from foundation.refusals import Refusal


class PoolFields(PlanningFields):
    """The part of a campaign's form about pools."""

    pool_shares = forms.CharField(
        label=_("Shares of the pools"),
        required=False,
        max_length=4_000,
        widget=UnfoldAdminTextInputWidget,
        help_text=_(
            "Like: first=3, second=1. Of the people whom several pools could write to, each pool "
            "gets its share, and pace decides within a pool. Empty: pace decides over all accounts."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "pool_shares" in self.fields and self.instance.pk is not None:
            pools = self.instance.pools.order_by("name")
            self.initial["pool_shares"] = shares_text(pools, self.instance.pool_shares)
        elif "pool_shares" in self.fields:
            self.initial["pool_shares"] = ""

    def check_pools(self) -> None:
        """Refuse too many pools, and shares that cannot be read or are not of the chosen pools."""
        text = self.cleaned_data.get("pool_shares")
        pools = list(self.cleaned_data.get("pools") or ())
        if not isinstance(text, str):
            return
        field = "pools"
        try:
            refuse_too_many(pools)
            field = "pool_shares"
            self.cleaned_data["pool_shares"] = read_shares(text, pools=pools)
        except Refusal as refusal:
            self.add_error(field, refusal.sentence)

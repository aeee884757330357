"""The list of pools, and the page of one with its members and what they can send."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import display

from accounts.admin.account_schedule import PoolSchedule
from accounts.models import AccountPool
from accounts.pool_members import PoolSummary, count_of, summary_of
from foundation.admin import ChangeHistoryMixin, ConsoleAdmin, NamedMixin
from foundation.deletion import uses_of
from labels.admin.badges import badges


@admin.register(AccountPool)
class AccountPoolAdmin(
    PoolSchedule, NamedMixin, ChangeHistoryMixin, SimpleHistoryAdmin, ConsoleAdmin
):
    """Sets of sender accounts. A change holds for running campaigns within seconds."""

    list_display = ["name", "size", "working", "a_day", "by_label"]
    actions = ["act_schedule"]
    search_fields = ["name"]
    ordering = ["name"]
    fieldsets = [(None, {"fields": ["name", "accounts", "labels"]})]
    autocomplete_fields = ["accounts", "labels"]
    change_form_outer_before_template = "console/account/pool.html"
    empty_sentence = _(
        "A pool is a named set of sender accounts, chosen one by one or by their labels. Campaigns "
        "are sent by pools, each with its share of the messages."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccountPool]:
        """Read the labels of a page of pools at once."""
        found: QuerySet[AccountPool] = super().get_queryset(request)
        return found.prefetch_related("labels")

    def page_context(self, request: HttpRequest, obj: AccountPool) -> dict[str, Any]:
        """Return the members, and what uses the pool."""
        return {"pool": obj, "summary": summary_of(obj), "pool_uses": uses_of(obj).blocking}

    @display(description=_("accounts"))
    def size(self, pool: AccountPool) -> int:
        """Return the number of members."""
        return self._counted(pool).size

    @display(description=_("working"))
    def working(self, pool: AccountPool) -> int:
        """Return how many members are neither quarantined nor disabled."""
        return self._counted(pool).working

    @display(description=_("messages a day"))
    def a_day(self, pool: AccountPool) -> str:
        """Return the messages that the working members may send in 24 hours."""
        a_day = self._counted(pool).a_day
        return gettext("no limit") if a_day is None else number_format(a_day, force_grouping=True)

    @display(description=_("accounts with"))
    def by_label(self, pool: AccountPool) -> Any:
        """Return the labels by which accounts are members."""
        return badges(pool.labels.all())

    def _counted(self, pool: Any) -> PoolSummary:
        """Return the pool's figures, read once for the row."""
        if not hasattr(pool, "counted"):
            pool.counted = count_of(pool)
        counted: PoolSummary = pool.counted
        return counted

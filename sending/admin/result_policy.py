"""The console's page of result policies: what happens on each result code."""

from __future__ import annotations

from django.contrib import admin
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from foundation.admin import ChangeHistoryMixin, ConsoleAdmin, ExportMixin
from foundation.admin.plain_numbers import shown_number
from foundation.display import EMPTY
from sending.models import ResultPolicy
from sending.models.result_policy import AccountAction, PolicyAction, PolicyCommand
from sending.resources import ResultPolicyResource
from tabular.admin.table_import import TableImport
from tabular.exports import stream_csv, write_xlsx


@admin.register(ResultPolicy)
class ResultPolicyAdmin(
    TableImport, ChangeHistoryMixin, ExportMixin, SimpleHistoryAdmin, ConsoleAdmin
):
    """Result policies. Every change is kept in the history, with its operator."""

    export_resource = table_resource = ResultPolicyResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    actions_list = ["to_table"]
    list_display = [
        "code",
        "command",
        "action",
        "tries",
        "pause",
        "besides",
    ]
    list_filter = [("command", ChoicesDropdownFilter), ("action", ChoicesDropdownFilter)]
    search_fields = ["code"]
    ordering = ["command", "code"]
    fieldsets = [
        (
            None,
            {
                "fields": [("command", "code"), ("action", "max_tries")],
                "description": _(
                    "A change takes effect within a second. A failed login is either tried again "
                    "later, without a limit on the number of tries, or it fails and the account is "
                    "quarantined."
                ),
            },
        ),
        (_("Pauses"), {"fields": ["backoff_seconds", "backoff_factor", "backoff_longest"]}),
        (_("Other effects"), {"fields": ["account_action", "suppresses_contact", "stops_run"]}),
    ]
    search_help_text = _("Result code")
    empty_sentence = _("Without policies every code is a failure. Run the migrations again.")

    @display(description=_("tries at most"), ordering="max_tries")
    def tries(self, policy: ResultPolicy) -> str:
        """The limit on tries. Only messages that are tried again later have one."""
        is_limited = policy.command == PolicyCommand.MESSAGE and policy.action == PolicyAction.LATER
        return number_format(policy.max_tries) if is_limited else EMPTY

    @display(description=_("first pause"), ordering="backoff_seconds")
    def pause(self, policy: ResultPolicy) -> str:
        """The pause before the second request, if there is one."""
        is_repeated = policy.action in (PolicyAction.LATER, PolicyAction.REPLAY)
        if not is_repeated or not policy.backoff_seconds:
            return EMPTY
        return gettext("%(gap)s s") % {"gap": shown_number(policy.backoff_seconds)}

    @display(description=_("other effects"))
    def besides(self, policy: ResultPolicy) -> str:
        """The effects on the account, the person and the run."""
        happens = [
            gettext("the account: %(what)s") % {"what": policy.get_account_action_display()}
            if policy.account_action != AccountAction.NONE
            else "",
            gettext("the person is suppressed") if policy.suppresses_contact else "",
            gettext("the run stops") if policy.stops_run else "",
        ]
        return "; ".join(word for word in happens if word) or EMPTY

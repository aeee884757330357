"""The list of accounts, and the page of one with its form and timeline."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    RangeNumericFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import action, display

from accounts.admin.account_actions import AccountActions
from accounts.admin.account_form import AccountForm
from accounts.admin.account_health import AccountHealth
from accounts.admin.account_import import AccountImport
from accounts.admin.account_page import summary_context
from accounts.admin.account_schedule import AccountSchedule
from accounts.admin.account_troubles import AccountTroubles, TroubleFilter
from accounts.admin.account_warm_up import AccountWarmUp
from accounts.models import Account, AccountEvent, AccountTask, Session
from accounts.resources import AccountResource
from accounts.states import AccountState
from foundation.admin import (
    ChangeHistoryMixin,
    ConsoleAdmin,
    ExportMixin,
    TimelineInline,
    details,
    wall_time,
)
from foundation.admin.plain_numbers import shown_number
from foundation.ages import how_long
from foundation.display import EMPTY, choice_words
from labels.admin.labelled import LabelledMixin
from tabular.admin.table_import import TableImport
from tabular.exports import stream_csv, write_xlsx
from tabular.uin_search import search_by_uin

STATE_COLOURS = {
    AccountState.NEW: "info",
    AccountState.ONLINE: "success",
    AccountState.OFFLINE: "default",
    AccountState.RESTING: "warning",
    AccountState.QUARANTINED: "danger",
    AccountState.DISABLED: "default",
}


class EventInline(TimelineInline):
    """The changes of the account's state, newest first."""

    model = AccountEvent
    fk_name = "account"
    fields = readonly_fields = ["at", "state", "reason", "details", "by"]

    details = details("detail")

    verbose_name_plural = _("timeline")


class AccountTaskInline(TimelineInline):
    """The account's tasks and their outcomes."""

    model = AccountTask
    fields = readonly_fields = [
        "requested_at",
        "kind",
        "state",
        "outcome",
        "finished_at",
        "requested_by",
    ]


class SessionInline(TimelineInline):
    """The account's logins."""

    model = Session
    fields = readonly_fields = ["opened_at", "egress", "last_used", "ended_at", "end_reason"]

    last_used = wall_time("last_used_at", _("last used at"))


@admin.register(Account)
class AccountAdmin(
    LabelledMixin,
    AccountTroubles,
    AccountHealth,
    AccountActions,
    AccountWarmUp,
    AccountSchedule,
    AccountImport,
    TableImport,
    ChangeHistoryMixin,
    ExportMixin,
    SimpleHistoryAdmin,
    ConsoleAdmin,
):
    """Accounts. Only actions change their state, never the form."""

    export_resource = table_resource = AccountResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    list_display = [
        *("named", "health", "since", "codes", "used", "friends_shown", "session", "talks_from")
    ]
    list_filter = [
        TroubleFilter,
        ("state", ChoicesDropdownFilter),
        ("state_reason", ChoicesDropdownFilter),
        ("egress", RelatedDropdownFilter),
        ("warm_up__curve", RelatedDropdownFilter),
        ("friend_count", RangeNumericFilter),
    ]
    list_select_related = ["egress", "lease__egress"]
    search_fields = ["uin"]
    search_help_text = _("UIN (its first digits are enough) or name")
    ordering = ["uin"]
    form = AccountForm
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("uin", "name"),
                    ("password", "presence"),
                    ("egress", "friend_policy"),
                    "labels",
                ]
            },
        ),
        (
            _("Status by the hours of the week"),
            {
                "fields": [("status_schedule", "status_zone")],
                "description": _(
                    "Outside its hours an account that is to be logged out leaves when nothing is "
                    "owed, and comes back for as long as something is. What is chosen by hand "
                    "holds until the schedule's next change."
                ),
            },
        ),
        (
            _("Pace"),
            {
                "fields": [("min_interval", "per_minute"), ("per_hour", "per_day")],
                "description": _("A change takes effect within a second, even during a run."),
            },
        ),
    ]
    autocomplete_fields = ["labels"]
    actions = [*AccountActions.actions, "act_warm_up", "act_schedule"]
    actions_list = ["to_upload", "to_table"]
    table_note = _(
        "This changes names, paces, egress and status of existing accounts. New accounts and "
        "passwords come through “Import accounts”."
    )
    inlines = [EventInline, AccountTaskInline, SessionInline]
    change_form_outer_before_template = "console/account/summary.html"
    empty_sentence = _(
        "Accounts send the messages. Import them from a spreadsheet with the columns uin and "
        "password."
    )
    empty_step = (_("Import accounts"), "admin:accounts_account_upload")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        """Return the accounts without their credential, with the start of their open session."""
        opened = Session.objects.filter(account=OuterRef("pk"), ended_at=None)
        return (
            super()
            .get_queryset(request)
            .defer("credential")
            .annotate(session_opened_at=Subquery(opened.values("opened_at")[:1]))
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Account], search_term: str
    ) -> tuple[Any, bool]:
        """Search by the beginning of the UIN, or in the name."""
        if not search_term:
            return queryset, False
        return search_by_uin(queryset, search_term, also=["name__icontains"]), False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Make the UIN of an existing account read-only: it identifies the account."""
        return ("uin",) if obj is not None else ()

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Leave the timelines out of the form of a new account."""
        return self.inlines if obj is not None else []

    def get_urls(self) -> list[URLPattern]:
        """Add the URLs of the actions and of the import."""
        return [
            path(
                "<int:object_id>/ask/<slug:verb>/",
                self.admin_site.admin_view(self.ask),
                name="accounts_account_ask",
            ),
            path(
                "upload/", self.admin_site.admin_view(self.upload), name="accounts_account_upload"
            ),
            path(
                "rejects/<slug:name>/",
                self.admin_site.admin_view(self.rejects),
                name="accounts_account_rejects",
            ),
            *super().get_urls(),
        ]

    def page_context(self, request: HttpRequest, obj: Account) -> dict[str, Any]:
        """Return the account's health and pace, which the page shows above the form."""
        return summary_context(obj.pk)

    def save_model(self, request: HttpRequest, obj: Any, form: Form, change: bool) -> None:
        """Save the account by its form, which turns a password into the credential."""
        form.save_account(  # type: ignore[attr-defined]
            changed=form.changed_data, is_new=not change, by=request.user
        )

    @action(
        description=_("Import accounts"),
        url_path="to-upload",
        icon="upload_file",
        permissions=["upload"],
    )
    def to_upload(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the page of the import."""
        return redirect("admin:accounts_account_upload")

    @display(description=_("account"), ordering="uin", header=True)
    def named(self, account: Account) -> list[Any]:
        """Return the UIN, and the name for the line below it."""
        return [str(account.uin), account.name]

    @display(description=_("state"), label=STATE_COLOURS, ordering="state")
    def health(self, account: Account) -> tuple[str, Any]:
        """Return the state, which selects the colour, and its label with the reason."""
        state, reason = choice_words(account, "state"), choice_words(account, "state_reason")
        if account.state in {AccountState.ONLINE, AccountState.NEW}:
            return account.state, state
        return account.state, f"{state}: {reason}"

    @display(description=_("for how long"), ordering="state_changed_at")
    def since(self, account: Account) -> str:
        """Return how long the account has been in its state."""
        return how_long(account.state_changed_at)

    @display(description=_("friends"), ordering="friend_count")
    def friends_shown(self, account: Account) -> str:
        """Return the number of friends that the last sync found."""
        if account.friend_count is None:
            return gettext("not synced")
        return number_format(account.friend_count, force_grouping=True)

    @display(description=_("pace"), ordering="min_interval")
    def used(self, account: Any) -> str:
        """Return the pace, and how much of it and of the quota is used, as bars."""
        return render_to_string(
            "console/account/used.html", {"lately": account.lately, "pace": self.pace(account)}
        )

    def pace(self, account: Account) -> str:
        """Return the minimum gap in seconds, with the learnt gap or the limit a minute."""
        learnt = account.lease.learnt_interval if hasattr(account, "lease") else None
        if learnt and learnt > account.min_interval:
            return gettext("%(gap)s s (learnt %(learnt)s s)") % {
                "gap": shown_number(account.min_interval),
                "learnt": shown_number(learnt),
            }
        gap = shown_number(account.min_interval)
        limits = []
        if account.per_minute:
            n = account.per_minute
            limits.append(ngettext("%(n)d a minute", "%(n)d a minute", n) % {"n": n})
        if account.warm_up_limit is not None:
            limits.append(gettext("warms up: %(n)d a day") % {"n": account.warm_up_limit})
        return ", ".join([gettext("%(gap)s s") % {"gap": gap}, *limits])

    @display(description=_("logged in"), ordering="session_opened_at")
    def session(self, account: Any) -> str:
        """Return how long the account's session has been open."""
        if account.session_opened_at is None:
            return gettext("no")
        return how_long(account.session_opened_at)

    @display(description=_("egress"))
    def talks_from(self, account: Account) -> str:
        """Return the egress that the account is pinned to, or else bound to now."""
        if account.egress is not None:
            return gettext("%(egress)s (pinned)") % {"egress": account.egress}
        lease = getattr(account, "lease", None)
        return str(lease.egress) if lease is not None and lease.egress is not None else EMPTY

"""The list of friend requests, with the actions that accept and refuse them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.friend_requests.decide import (
    LONGEST_REASON,
    accept_friend_request,
    refuse_friend_request,
)
from accounts.models import FriendRequest
from accounts.states import FriendRequestState
from accounts.wake_ups import wake_reconciler
from foundation.admin import (
    ReadOnlyMixin,
    UncountedAdmin,
    confirmation,
    details,
    show_refusals,
)
from foundation.display import choice_words
from foundation.refusals import Refusal
from tabular.uin_search import search_by_uin

STATE_COLOURS = {
    FriendRequestState.WAITING: "warning",
    FriendRequestState.ACCEPTING: "info",
    FriendRequestState.ACCEPTED: "success",
    FriendRequestState.REFUSING: "info",
    FriendRequestState.REFUSED: "default",
}
#: The most characters of a text that the list shows.
SHOWN_CHARACTERS = 120


def waiting_badge(request: HttpRequest) -> str:
    """Return the number of waiting requests for the sidebar, "" for none."""
    if not request.user.has_perm("accounts.view_friendrequest"):
        return ""
    # Counted up to 100: the badge has room for no more.
    count = FriendRequest.objects.waiting()[:100].count()
    return "" if not count else str(count) if count < 100 else "99+"


class ReasonForm(forms.Form):
    """What the person is told."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("The person reads it. It may be empty."),
    )


@admin.register(FriendRequest)
class FriendRequestAdmin(ReadOnlyMixin, UncountedAdmin):
    """Friend requests. Actions decide them; the accounts' lanes tell the gateway."""

    list_display = ["uin", "badge", "said", "account", "received_at", "by", "outcome"]
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ("account", AutocompleteSelectFilter),
        ("received_at", RangeDateTimeFilter),
    ]
    list_select_related = ["account", "by"]
    search_fields = ["uin"]
    search_help_text = _("UIN (its first digits are enough) or text")
    ordering = ["-id"]
    actions = ["act_accept", "act_refuse"]
    fields = [
        ("uin", "account"), "text", ("state", "received_at"), ("by", "decided_at"),
        "reason", ("finished_at", "details"),
    ]  # fmt: skip
    readonly_fields = ["details"]
    details = details("detail")
    change_form_outer_before_template = "console/friends/decide.html"
    empty_sentence = _(
        "Nobody has asked to be a friend yet. An account's policy decides whether requests wait "
        "here or are accepted at once."
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[FriendRequest], search_term: str
    ) -> tuple[Any, bool]:
        """Search by the beginning of the UIN, or in the text."""
        if not search_term:
            return queryset, False
        return search_by_uin(queryset, search_term, also=["text__icontains"]), False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may decide requests, whose rows are otherwise read-only."""
        return bool(request.user.has_perm("accounts.change_friendrequest"))

    def page_context(self, request: HttpRequest, obj: FriendRequest) -> dict[str, Any]:
        """Return whether the request can be decided on its own page, too."""
        is_waiting = obj.state == FriendRequestState.WAITING
        return {"may_decide": is_waiting and self.has_decide_permission(request)}

    @admin.action(description=_("Accept"), permissions=["decide"])
    def act_accept(self, request: HttpRequest, queryset: QuerySet[FriendRequest]) -> Any:
        """Accept the selected requests."""

        def told(n: int) -> str:
            words = ngettext(
                "%(n)d friend request is accepted; the account tells the gateway.",
                "%(n)d friend requests are accepted; the accounts tell the gateway.",
                n,
            )
            return words % {"n": n}

        self._decide(
            request, queryset, lambda one: accept_friend_request(request=one, by=request.user), told
        )

    @admin.action(description=_("Refuse"), permissions=["decide"])
    def act_refuse(self, request: HttpRequest, queryset: QuerySet[FriendRequest]) -> Any:
        """Ask for the reason, then refuse the selected requests."""
        form = ReasonForm(request.POST if request.POST.get("is_confirmed") else None)
        if form.is_valid():
            reason = form.cleaned_data["reason"]

            def told(n: int) -> str:
                words = ngettext(
                    "%(n)d friend request is refused; the account tells the gateway.",
                    "%(n)d friend requests are refused; the accounts tell the gateway.",
                    n,
                )
                return words % {"n": n}

            self._decide(
                request,
                queryset,
                lambda one: refuse_friend_request(request=one, reason=reason, by=request.user),
                told,
            )
            return HttpResponseRedirect(request.get_full_path())
        return self._ask_reason(request, list(queryset), form)

    def _ask_reason(
        self, request: HttpRequest, chosen: list[FriendRequest], form: ReasonForm
    ) -> HttpResponse:
        title = ngettext(
            "Refuse %(n)d friend request?", "Refuse %(n)d friend requests?", len(chosen)
        )
        return confirmation(
            request,
            self,
            title=title % {"n": len(chosen)},
            sentences=[gettext("The people are told, and may ask again.")],
            verb=gettext("Refuse"),
            back=request.get_full_path(),
            is_dangerous=True,
            hidden=[
                ("action", "act_refuse"),
                ("is_confirmed", "1"),
                *((ACTION_CHECKBOX_NAME, one.pk) for one in chosen),
            ],
            form=form,
        )

    def _decide(
        self,
        request: HttpRequest,
        queryset: QuerySet[FriendRequest],
        decide: Callable[[FriendRequest], object],
        told: Callable[[int], str],
    ) -> None:
        refusals, done = [], 0
        for one in queryset.select_related("account"):
            try:
                decide(one)
            except Refusal as refusal:
                refusals.append(refusal)
            else:
                done += 1
        if done:
            wake_reconciler()
            messages.success(request, told(done))
        show_refusals(request, refusals)

    @display(description=_("state"), label=STATE_COLOURS, ordering="state")
    def badge(self, request: FriendRequest) -> tuple[str, Any]:
        """Return the state, which selects the colour, and its label."""
        return request.state, choice_words(request, "state")

    @admin.display(description=_("text"))
    def said(self, request: FriendRequest) -> str:
        """Return the beginning of the text."""
        return Truncator(request.text).chars(SHOWN_CHARACTERS)

    @admin.display(description=_("details"))
    def outcome(self, request: FriendRequest) -> str:
        """Return what became of it, or the reason of the refusal."""
        return request.detail or Truncator(request.reason).chars(SHOWN_CHARACTERS)

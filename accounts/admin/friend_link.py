"""The lists of friend links, of changes of friend lists and of profiles."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.friend_links.request import (
    LONGEST_PURPOSE,
    LONGEST_TEXT,
    request_friend,
    request_removal,
)
from accounts.lookup import find_accounts
from accounts.models import FriendEvent, FriendLink, FriendLinkKind, Profile
from accounts.states import FriendLinkState
from accounts.wake_ups import wake_reconciler
from foundation.admin import ReadOnlyMixin, UncountedAdmin, confirmation, details, require
from foundation.display import choice_words
from foundation.refusals import Refusal
from qqhttp import Sex
from tabular.uin_search import search_by_uin

LINK_COLOURS = {
    FriendLinkState.REQUESTED: "info",
    FriendLinkState.ASKED: "warning",
    FriendLinkState.DONE: "success",
    FriendLinkState.REFUSED: "default",
    FriendLinkState.FAILED: "danger",
}
EVENT_COLOURS = {"came": "success", "went": "warning"}


class FriendLinkForm(forms.Form):
    """One account, one person, and why."""

    account = forms.IntegerField(label=_("Account (UIN)"), widget=UnfoldAdminIntegerFieldWidget)
    kind = forms.ChoiceField(
        label=_("What"), choices=FriendLinkKind.choices, widget=UnfoldAdminSelectWidget
    )
    uin = forms.IntegerField(label=_("Person (UIN)"), widget=UnfoldAdminIntegerFieldWidget)
    purpose = forms.CharField(
        label=_("Why"),
        max_length=LONGEST_PURPOSE,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("It is kept with the request; the person does not read it."),
    )
    text = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("The person reads it if they have to be asked."),
    )

    def request(self, *, by: Any) -> None:
        """Carry it out.

        Raises:
            Refusal: it is not possible.
        """
        said = self.cleaned_data
        common = {
            "account": find_accounts(uins=[said["account"]])[0],
            "uin": said["uin"],
            "purpose": said["purpose"],
            "by": by,
        }
        if said["kind"] == FriendLinkKind.ADD:
            request_friend(text=said["text"], **common)
        else:
            request_removal(**common)


@admin.register(FriendLink)
class FriendLinkAdmin(ReadOnlyMixin, UncountedAdmin):
    """What operators asked of people, one at a time, and what became of it."""

    list_display = ["uin", "kind", "badge", "account", "purpose", "requested_at", "by", "details"]
    fields = [
        ("uin", "account"), ("kind", "purpose"), "text", ("state", "details"), "answer",
        ("by", "requested_at"), "finished_at",
    ]  # fmt: skip
    readonly_fields = ["details"]
    details = details("detail")
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("account", AutocompleteSelectFilter),
    ]
    list_select_related = ["account", "by"]
    search_fields = ["uin"]
    search_help_text = _("UIN (its first digits are enough) or purpose")
    ordering = ["-id"]
    actions_list = ["to_request"]
    empty_sentence = _(
        "No account has asked anybody to be its friend. Friendships are made and ended one at a "
        "time, with a reason."
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[FriendLink], search_term: str
    ) -> tuple[Any, bool]:
        """Search by the beginning of the UIN, or in the purpose."""
        if not search_term:
            return queryset, False
        return search_by_uin(queryset, search_term, also=["purpose__icontains"]), False

    def get_urls(self) -> list[URLPattern]:
        """Add the page that makes or ends a friendship."""
        view = self.admin_site.admin_view(self.request_view)
        return [path("request/", view, name="accounts_friendlink_request"), *super().get_urls()]

    def has_request_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may make and end friendships."""
        return bool(request.user.has_perm("accounts.add_friendlink"))

    @action(
        description=_("Make or end a friendship"),
        url_path="to-request",
        icon="person_add",
        permissions=["request"],
    )
    def to_request(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the page."""
        return redirect("admin:accounts_friendlink_request")

    def request_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form (GET), or carry it out (POST)."""
        require(self.has_request_permission(request))
        # A link from a search names the account and the person.
        given = {name: request.GET[name] for name in ("account", "uin") if name in request.GET}
        form = FriendLinkForm(request.POST if request.method == "POST" else None, initial=given)
        back = reverse("admin:accounts_friendlink_changelist")
        if form.is_valid():
            try:
                form.request(by=request.user)
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
                messages.error(request, refusal.sentence)
            else:
                wake_reconciler()
                messages.success(
                    request, gettext("It is requested; the account tells the gateway.")
                )
                return redirect(back)
        return confirmation(
            request,
            self,
            title=gettext("Make or end a friendship"),
            sentences=[
                gettext(
                    "The account asks when it has no message to send: the gateway may take 20 to "
                    "30 seconds."
                )
            ],
            verb=gettext("Request it"),
            back=back,
            form=form,
        )

    @display(description=_("state"), label=LINK_COLOURS, ordering="state")
    def badge(self, link: FriendLink) -> tuple[str, Any]:
        """Return the state, which selects the colour, and its label."""
        return link.state, choice_words(link, "state")


@admin.register(FriendEvent)
class FriendEventAdmin(ReadOnlyMixin, UncountedAdmin):
    """Who came to the friend lists and who went."""

    list_display = ["uin", "badge", "account", "at"]
    list_filter = [
        ("kind", ChoicesDropdownFilter),
        ("account", AutocompleteSelectFilter),
        ("at", RangeDateTimeFilter),
    ]
    list_select_related = ["account"]
    search_fields = ["uin"]
    search_help_text = _("UIN (its first digits are enough)")
    ordering = ["-id"]
    empty_sentence = _("No friend list has changed since it was first read.")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[FriendEvent], search_term: str
    ) -> tuple[Any, bool]:
        """Search by the beginning of the UIN."""
        return (search_by_uin(queryset, search_term) if search_term else queryset), False

    @display(description=_("what"), label=EVENT_COLOURS)
    def badge(self, event: FriendEvent) -> tuple[str, Any]:
        """Return what happened, which selects the colour, and its label."""
        return event.kind, choice_words(event, "kind")


@admin.register(Profile)
class ProfileAdmin(ReadOnlyMixin, UncountedAdmin):
    """What the gateway told of people."""

    list_display = ["uin", "nickname", "sex_in_words", "age", "province", "city", "fetched_at"]
    search_fields = ["uin"]
    search_help_text = _("UIN (its first digits are enough) or nickname")
    ordering = ["uin"]
    empty_sentence = _(
        "No profile has been fetched yet. Accounts that are logged in fetch a few a day, of their "
        "newest friends first (QQ_PROFILES_PER_DAY)."
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Profile], search_term: str
    ) -> tuple[Any, bool]:
        """Search by the beginning of the UIN, or of the nickname."""
        if not search_term:
            return queryset, False
        return search_by_uin(queryset, search_term, also=["nickname__istartswith"]), False

    @admin.display(description=_("sex"))
    def sex_in_words(self, profile: Profile) -> str:
        """Return the sex in the reference's words."""
        return next((one.zh for one in Sex if one == profile.sex), "")

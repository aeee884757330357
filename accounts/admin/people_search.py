"""The page of friends that searches for people on the gateway."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.lookup import find_accounts
from accounts.models import Account, AccountTask, AccountTaskKind, AccountTaskState, Friend
from accounts.people_search import (
    LONGEST_PROVINCE,
    OLDEST,
    Question,
    people_found,
    question_of,
    request_search,
)
from accounts.states import FriendPresence
from accounts.wake_ups import wake_reconciler
from foundation.admin import STOP_POLLING, require
from foundation.refusals import Refusal
from qqhttp import Sex

SEXES = ((Sex.MALE.value, _("male")), (Sex.FEMALE.value, _("female")))


class SearchForm(forms.Form):
    """Who searches, and by what."""

    account = forms.IntegerField(label=_("Account (UIN)"), widget=UnfoldAdminIntegerFieldWidget)
    age = forms.IntegerField(
        label=_("Age"), min_value=0, max_value=OLDEST, widget=UnfoldAdminIntegerFieldWidget
    )
    sex = forms.TypedChoiceField(
        label=_("Sex"), coerce=int, choices=SEXES, widget=UnfoldAdminSelectWidget
    )
    province = forms.CharField(
        label=_("Province"),
        required=False,
        max_length=LONGEST_PROVINCE,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("As the gateway writes it, such as 云南; empty for all."),
    )

    def request(self, *, by: Any) -> AccountTask:
        """Request the search.

        Raises:
            Refusal: the account cannot search now.
        """
        said = self.cleaned_data
        return request_search(
            account=find_accounts(uins=[said["account"]])[0],
            question=Question(said["age"], said["sex"], said["province"]),
            by=by,
        )


class PeopleSearch(ModelAdmin):
    """Adds the page to the list of friends."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page, and its part that is read again until the gateway has answered."""
        view = self.admin_site.admin_view
        return [
            path("search/", view(self.search_view), name="accounts_friend_search"),
            path(
                "search/<int:task_id>/",
                view(self.found_view),
                name="accounts_friend_found",
            ),
            *super().get_urls(),
        ]

    def has_search_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may have accounts search, which is for making friends."""
        return bool(request.user.has_perm("accounts.add_friendlink"))

    @action(
        description=_("Search for people"),
        url_path="to-search",
        icon="person_search",
        permissions=["search"],
    )
    def to_search(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the page."""
        return redirect("admin:accounts_friend_search")

    def search_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form (GET), or request the search and lead to its people (POST)."""
        require(self.has_search_permission(request))
        if request.method != "POST":
            account = Account.objects.working().order_by("uin").first()
            return self._page(request, SearchForm(initial={"account": account and account.uin}))
        form = SearchForm(request.POST)
        if form.is_valid():
            try:
                task = form.request(by=request.user)
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
            else:
                wake_reconciler()
                return redirect("admin:accounts_friend_found", task.pk)
        return self._page(request, form)

    def found_view(self, request: HttpRequest, task_id: int) -> HttpResponse:
        """Show what a search found; only that part of the page if htmx asks again."""
        require(self.has_search_permission(request))
        searches = AccountTask.objects.filter(kind=AccountTaskKind.FIND)
        task = get_object_or_404(searches.select_related("account"), pk=task_id)
        if "HX-Request" not in request.headers:
            initial = {"account": task.account.uin, **asdict(question_of(task))}
            return self._page(request, SearchForm(initial=initial), task)
        page = TemplateResponse(request, "console/friends/found.html", _found(task))
        page.status_code = 200 if task.state == AccountTaskState.OPEN else STOP_POLLING
        return page

    def _page(
        self, request: HttpRequest, form: SearchForm, task: AccountTask | None = None
    ) -> HttpResponse:
        context = {
            **admin.site.each_context(request),
            "title": gettext("Search for people"),
            "opts": self.model._meta,
            "form": form,
            "back": reverse("admin:accounts_friend_changelist"),
            **(_found(task) if task else {}),
        }
        return TemplateResponse(request, "console/friends/search.html", context)


def _found(task: AccountTask) -> dict[str, Any]:
    people = people_found(task)
    known = Friend.objects.current().filter(
        account_id=task.account_id, uin__in=[one["uin"] for one in people]
    )
    friends = set(known.values_list("uin", flat=True))
    words = dict(FriendPresence.choices)
    return {
        "task": task,
        "is_open": task.state == AccountTaskState.OPEN,
        "has_failed": task.state == AccountTaskState.FAILED,
        "people": [
            {**one, "presence": words.get(one["status"], ""), "is_friend": one["uin"] in friends}
            for one in people
        ],
    }

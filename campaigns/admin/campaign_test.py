"""The page on which a campaign's message is sent to chosen people as a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from accounts.models import Account
from campaigns.admin.delivery import DELIVERY_COLOURS
from campaigns.message_texts import variants_of
from campaigns.models import Campaign, TestRun
from campaigns.planning.senders import accounts_of
from campaigns.reports.test_results import TestedPerson, results_by_test
from campaigns.run_control.test_send import MOST_PEOPLE, send_test
from foundation.admin import STOP_POLLING, require
from foundation.refusals import Refusal
from sending.states import ACTIVE_RUN_STATES, DeliveryState
from tabular.numbers import CellProblem, qq_number

#: The most tests that the page shows, newest first, and accounts that the form offers.
SHOWN, MOST_ACCOUNTS = 10, 500


class TestForm(forms.Form):
    """To whom, and by which account."""

    __test__ = False

    to = forms.CharField(
        label=gettext_lazy("To"),
        max_length=2_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("UINs of contacts who are friends of the account, with blanks."),
    )
    account = forms.ModelChoiceField(
        label=gettext_lazy("Sent by"),
        queryset=Account.objects.none(),
        widget=UnfoldAdminSelectWidget,
    )

    variant = forms.ChoiceField(
        label=gettext_lazy("Variant"), required=False, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [variant.name for variant in variants_of(campaign)]
        if names:
            own = ("", _("each person's own"))
            self.fields["variant"].choices = [own, *((one, one) for one in names)]  # type: ignore[attr-defined]
        else:
            del self.fields["variant"]
        working = accounts_of(campaign=campaign).working().order_by("uin")
        self.fields["account"].queryset = Account.objects.filter(  # type: ignore[attr-defined]
            pk__in=list(working.values_list("pk", flat=True)[:MOST_ACCOUNTS])
        ).order_by("uin")

    def clean_to(self) -> list[int]:
        """Return the UINs."""
        words = self.cleaned_data["to"].replace(",", " ").replace("，", " ").split()
        uins = []
        for word in words[: MOST_PEOPLE + 1]:
            try:
                uins.append(qq_number(word, least=1, most=10**18))
            except CellProblem as problem:
                raise forms.ValidationError(f"{word[:30]}: {problem.reason}") from None
        return uins


@dataclass(frozen=True, slots=True)
class _Shown:
    """A test with its people, each with the colour of the state."""

    test: TestRun
    people: list[tuple[TestedPerson, str]]


class CampaignTest:
    """Mixin of CampaignAdmin: the page of tests, and the fragment that it polls."""

    def test_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show the form and the latest tests (GET), or send one (POST)."""
        campaign, run = self._find(request, object_id)  # type: ignore[attr-defined]
        form = TestForm(request.POST or None, campaign=campaign)
        if request.method == "POST":
            require(self.has_change_permission(request))  # type: ignore[attr-defined]
            if form.is_valid() and _send(request, campaign, form):
                page = reverse("admin:campaigns_campaign_test", args=[campaign.pk])
                return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": Campaign._meta,
            "title": campaign.name,
            "original": campaign,
            "run": run,
            "form": form,
            "can_change": self.has_change_permission(request),  # type: ignore[attr-defined]
            **_live_context(campaign),
        }
        return TemplateResponse(request, "console/campaign/test.html", context)

    def test_live_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Answer with the tests alone; the page asks for them every two seconds."""
        campaign, _run = self._find(request, object_id)  # type: ignore[attr-defined]
        context = _live_context(campaign)
        status = 200 if context["is_live"] else STOP_POLLING
        return TemplateResponse(request, "console/campaign/test_live.html", context, status=status)


def _send(request: HttpRequest, campaign: Campaign, form: TestForm) -> bool:
    try:
        test = send_test(
            campaign=campaign,
            uins=form.cleaned_data["to"],
            account=form.cleaned_data["account"],
            variant=form.cleaned_data.get("variant", ""),
            by=request.user,
        )
    except Refusal as refusal:
        form.add_error(None, refusal.sentence)
        return False
    messages.success(request, _("%(test)s is being sent.") % {"test": test})
    return True


def _live_context(campaign: Campaign) -> dict[str, Any]:
    tests = list(campaign.tests.select_related("account", "campaign")[:SHOWN])
    results = results_by_test(tests)
    return {
        "campaign": campaign,
        "tests": [
            _Shown(
                test,
                [(one, DELIVERY_COLOURS[DeliveryState(one.state)]) for one in results[test.pk]],
            )
            for test in tests
        ],
        "is_live": any(test.state in ACTIVE_RUN_STATES for test in tests),
    }

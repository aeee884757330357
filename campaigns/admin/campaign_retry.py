"""The page on which an operator chooses which failed deliveries of a run are sent again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from accounts.models import Account
from campaigns.admin.delivery_actions import retried_sentence
from campaigns.admin.page_urls import campaign_url, deliveries_url
from campaigns.models import Campaign, CampaignRun
from campaigns.reason_text import reason_text
from campaigns.run_control.retry import RETRYABLE_STATES, RetryChoice, chosen_deliveries, retry_run
from foundation.admin import require
from foundation.refusals import Refusal
from sending.runs.figures import figures_of
from sending.states import DeliveryState

#: The most accounts that the form offers, those with the most failed deliveries first.
MOST_ACCOUNTS = 200


@dataclass(frozen=True, slots=True)
class _Choices:
    """What the form offers: value and label."""

    reasons: list[tuple[str, str]]
    accounts: list[tuple[str, str]]


class RetryForm(forms.Form):
    """Which failed deliveries: by reason or code, and by account."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Code or reason"), required=False, widget=UnfoldAdminSelectWidget
    )
    account = forms.ChoiceField(
        label=gettext_lazy("Account"), required=False, widget=UnfoldAdminSelectWidget
    )
    has_unknown = forms.BooleanField(
        label=gettext_lazy("Also those whose result is unknown"),
        help_text=gettext_lazy("These people may get the message twice."),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )

    def __init__(self, *args: Any, choices: _Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = choices.reasons  # type: ignore[attr-defined]
        self.fields["account"].choices = choices.accounts  # type: ignore[attr-defined]


class CampaignRetry:
    """Mixin of CampaignAdmin: the page that retries some of a run's failed deliveries."""

    def retry_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show how many deliveries a choice holds (GET), or send them again (POST)."""
        require(self.has_change_permission(request))  # type: ignore[attr-defined]
        campaign, run = self._find(request, object_id)  # type: ignore[attr-defined]
        if run is None:
            raise Http404
        form = RetryForm(request.GET, choices=_offered(run))
        if not form.is_valid():  # what the address names has been retried or resolved meanwhile
            messages.error(request, _("No delivery fits this choice."))
            return HttpResponseRedirect(campaign_url(campaign, run))
        choice = _choice(form.cleaned_data)
        if request.method == "POST":
            return _retry(request, campaign, run, choice)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": Campaign._meta,
            "title": campaign.name,
            "original": campaign,
            "campaign": campaign,
            "run": run,
            "form": form,
            "count": chosen_deliveries(run=run, choice=choice).count(),
            "has_unknown": DeliveryState.UNKNOWN in choice.states,
            "rows": _rows_url(run, choice),
        }
        return TemplateResponse(request, "console/campaign/retry.html", context)


def _retry(
    request: HttpRequest, campaign: Campaign, run: CampaignRun, choice: RetryChoice
) -> HttpResponse:
    try:
        retried = retry_run(run=run, choice=choice, by=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, retried_sentence(retried))
    return HttpResponseRedirect(campaign_url(campaign, run))


def _choice(chosen: dict[str, Any]) -> RetryChoice:
    """Return the choice that the form's values make."""
    return RetryChoice(
        states=RETRYABLE_STATES if chosen["has_unknown"] else (DeliveryState.FAILED,),
        reasons=[chosen["reason"]] if chosen["reason"] else (),
        accounts=list(Account.objects.filter(pk=chosen["account"])) if chosen["account"] else (),
    )


def _offered(run: CampaignRun) -> _Choices:
    """Return the reasons of the run's figures, and its accounts with failed deliveries.

    The accounts are counted over the index of failed and unknown deliveries alone.
    """
    by_reason = figures_of(run=run).reasons
    reasons: dict[str, int] = {}
    for state in RETRYABLE_STATES:
        for reason, n in by_reason.get(state, {}).items():
            reasons[reason] = reasons.get(reason, 0) + n
    accounts = (
        chosen_deliveries(run=run, choice=RetryChoice(states=RETRYABLE_STATES))
        .filter(account__isnull=False)
        .values_list("account_id", "account__uin", "account__name")
        .annotate(n=Count("pk"))
        .order_by("-n", "account_id")[:MOST_ACCOUNTS]
    )
    return _Choices(
        reasons=[
            ("", _("all")),
            *((key, _counted(reason_text(key), n)) for key, n in reasons.items()),
        ],
        accounts=[
            ("", _("all")),
            *((str(pk), _counted(f"{uin} {name}".strip(), n)) for pk, uin, name, n in accounts),
        ],
    )


def _counted(words: Any, n: int) -> str:
    return f"{words} ({number_format(n, force_grouping=True)})"


def _rows_url(run: CampaignRun, choice: RetryChoice) -> str:
    """Return the URL of the list of these deliveries; with unknown ones, of all of the choice."""
    filters: dict[str, Any] = {"run__id__exact": run.pk}
    if DeliveryState.UNKNOWN not in choice.states:
        filters["state__exact"] = DeliveryState.FAILED.value
    if choice.reasons:
        filters["reason"] = next(iter(choice.reasons))
    if choice.accounts:
        filters["account__id__exact"] = next(iter(choice.accounts)).pk
    return deliveries_url(**filters)

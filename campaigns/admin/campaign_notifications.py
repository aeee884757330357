"""The page on which an operator chooses who else is told what happens to a campaign."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from campaigns.creation.notification_choice import LONGEST_SECRET, CampaignChoice
from campaigns.models import Campaign, CampaignNotifications
from campaigns.models.notification import LONGEST_TARGET
from campaigns.models.notification_settings import DEFAULT_BAD_SHARE
from campaigns.notification_states import NotificationEvent
from campaigns.notifications.bad_codes import ANSWERS
from campaigns.notifications.choose import choose_for_campaign, version
from foundation.admin import require
from foundation.refusals import Refusal

#: The newest notifications of the campaign that the page shows.
SHOWN = 10


class NotificationsForm(forms.Form):
    """Which events, and who is told."""

    events = forms.MultipleChoiceField(
        label=gettext_lazy("Tell them when"),
        choices=NotificationEvent.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    addresses = forms.CharField(
        label=gettext_lazy("E-mail addresses"),
        max_length=6_000,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("One a line, for people without an account here. At most 20."),
    )
    webhook_url = forms.CharField(
        label=gettext_lazy("Webhook"),
        max_length=LONGEST_TARGET,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "https://"}),
        help_text=gettext_lazy("A URL that gets a POST with JSON for each event."),
    )
    webhook_secret = forms.CharField(
        label=gettext_lazy("Secret of the webhook"),
        max_length=LONGEST_SECRET,
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy(
            "Each POST is signed with it. Empty: the present one is kept, or one is made and shown "
            "once."
        ),
    )
    bad_share = forms.IntegerField(
        label=gettext_lazy("Share of bad answers (%)"),
        min_value=1,
        max_value=100,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy(
            "Of the last 200 answers of a run, from 50 answers on. The operators who want to know "
            "are told above this share too."
        ),
    )
    seen = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)


class CampaignNotificationsPage:
    """Mixin of CampaignAdmin: the page of a campaign's notifications."""

    def notifications_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show who is told what (GET), or store it (POST)."""
        campaign, run = self._find(request, object_id)  # type: ignore[attr-defined]
        row = CampaignNotifications.objects.filter(campaign=campaign).first()
        can_change = self.has_change_permission(request, campaign)  # type: ignore[attr-defined]
        form = NotificationsForm(request.POST or None, initial=_initial(row))
        if request.method == "POST":
            require(can_change)
            if form.is_valid() and _stored(request, campaign, form):
                page = reverse("admin:campaigns_campaign_notifications", args=[campaign.pk])
                return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": Campaign._meta,
            "title": campaign.name,
            "original": campaign,
            "campaign": campaign,
            "run": run,
            "row": row,
            "form": form,
            "can_change": can_change,
            "is_mail_on": settings.EMAIL_IS_ON,
            "events": [NotificationEvent(one).label for one in (row.events if row else [])],
            "answers": ANSWERS,
            "newest": campaign.notifications.select_related("run__campaign")[:SHOWN],
        }
        return TemplateResponse(request, "console/notifications/campaign.html", context)


def _initial(row: CampaignNotifications | None) -> dict[str, Any]:
    if row is None:
        events = list(NotificationEvent.values)
        return {"events": events, "bad_share": DEFAULT_BAD_SHARE, "seen": ""}
    return {
        "events": row.events,
        "addresses": "\n".join(row.addresses),
        "webhook_url": row.webhook_url,
        "bad_share": row.bad_share,
        "seen": version(row),
    }


def _stored(request: HttpRequest, campaign: Campaign, form: NotificationsForm) -> bool:
    values = form.cleaned_data
    choice = CampaignChoice(
        events=values["events"],
        addresses=values["addresses"].replace(",", " ").replace("，", " ").split(),
        webhook_url=values["webhook_url"],
        webhook_secret=values["webhook_secret"],
        bad_share=values["bad_share"],
    )
    try:
        _row, made = choose_for_campaign(
            campaign=campaign, choice=choice, by=request.user, seen=values["seen"]
        )
    except Refusal as refusal:
        field = _FIELDS.get(refusal.code)
        form.add_error(field, refusal.sentence)
        return False
    messages.success(request, _("The notifications of “%(name)s” are stored.") % {"name": campaign})
    if made:
        messages.warning(
            request,
            _("The secret of the webhook is %(secret)s. Copy it now: it is not shown again.")
            % {"secret": made},
        )
    return True


#: The field at which a refusal is shown, by its code; others are shown above the form.
_FIELDS = {
    "address": "addresses",
    "too_many_addresses": "addresses",
    "webhook": "webhook_url",
    "private_address": "webhook_url",
    "secret": "webhook_secret",
}

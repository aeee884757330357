"""The campaign's run: the engine's run with the fields that campaigns add."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from campaigns.models.template_version import TemplateVersion
from campaigns.models.variant_test import VariantTest
from campaigns.states import Late, OnLostAccount, SenderChoice, SendingOrder
from contacts.models import ContactList, Segment
from sending.models import Run


class CampaignRun(VariantTest, Run):
    """One execution of a campaign.

    Excluded lists, segments and policies are copied from the campaign when the run is created, like
    the engine's own fields. The accounts are not copied: an operator can add or remove one while
    the run is active.

    Change the state through `sending.runs.transitions` only. An update through this model takes two
    statements, because of the parent table, and so is not conditional.
    """

    run = models.OneToOneField(
        Run,
        on_delete=models.CASCADE,
        parent_link=True,
        primary_key=True,
        related_name="campaign_run",
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="runs", verbose_name=_("campaign")
    )
    segments = models.ManyToManyField(
        Segment, related_name="runs", blank=True, verbose_name=_("and to these segments")
    )
    excluded_lists = models.ManyToManyField(
        ContactList, related_name="excluding_runs", blank=True, verbose_name=_("excluded lists")
    )
    allows_strangers = models.BooleanField(_("also to strangers"), default=False)
    on_lost_account = models.CharField(
        _("when no account can send"),
        max_length=8,
        choices=OnLostAccount.choices,
        default=OnLostAccount.FAIL,
    )
    sender = models.CharField(
        _("people written to before"),
        max_length=8,
        choices=SenderChoice.choices,
        default=SenderChoice.KEEP,
    )
    order = models.CharField(
        _("order"), max_length=12, choices=SendingOrder.choices, default=SendingOrder.IMPORTED
    )
    order_attribute = models.CharField(_("attribute for the order"), max_length=100, blank=True)
    order_descending = models.BooleanField(_("highest first"), default=False)
    online_within = models.PositiveIntegerField(
        _("wait for people to be online (s)"), null=True, blank=True
    )
    #: Groups of earlier runs, as `campaigns.earlier_people.RunGroup` writes them.
    earlier_people = models.JSONField(default=list, blank=True)
    excluded_earlier_people = models.JSONField(default=list, blank=True)
    #: The lists among `lists` that come from an earlier run in the audience. An opt-out from one of
    #: them applies, but its members are not recipients.
    inherited_lists = models.ManyToManyField(
        ContactList, related_name="inheriting_runs", blank=True, verbose_name=_("inherited lists")
    )
    #: Who gets which text, as `campaigns.planning.text_choice.Share` writes it; empty: all get the
    #: one text.
    text_shares = models.JSONField(default=list, blank=True)
    holdout = models.DecimalField(_("holdout (%)"), max_digits=4, decimal_places=1, default=0)
    #: When a tick found that the last message of the test was sent or had ended.
    tested_at = models.DateTimeField(_("tested at"), null=True, blank=True)
    #: The variant that the rest gets; empty until it is chosen. It is chosen once.
    chosen_variant = models.CharField(_("chosen variant"), max_length=64, blank=True, default="")
    late = models.CharField(
        _("when a start is late"), max_length=8, choices=Late.choices, default=Late.SEND
    )
    #: The approval by which it was started; NULL: none was needed then.
    approval = models.ForeignKey(
        "campaigns.Approval",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="started_runs",
        verbose_name=_("approval"),
    )
    #: The version of the template whose text the run has; None for a text of the campaign's own.
    template_version = models.ForeignKey(
        TemplateVersion,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="runs",
        verbose_name=_("version of the template"),
    )
    #: Its number, which stays when the template is deleted.
    template_version_number = models.PositiveIntegerField(null=True, blank=True)
    #: The versions of the templates of its variants: {"variant", "template", "name", "version"}.
    variant_versions = models.JSONField(default=list, blank=True)
    #: Planning goes by contact id, in chunks. Contacts up to this id are planned.
    planned_through = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-run_id"]

    def __str__(self) -> str:
        return f"{self.campaign} #{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the run; its origin is its campaign."""
        self.origin = origin_of(self.campaign_id)
        super().save(*args, **kwargs)


def origin_of(campaign_id: int) -> str:
    """Return the origin of a campaign's runs."""
    return f"campaign:{campaign_id}"

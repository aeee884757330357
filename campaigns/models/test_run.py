"""A test of a campaign: an engine's run to a few chosen people, outside the campaign's figures."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from campaigns.models.campaign import Campaign
from sending.models import Run


class TestRun(Run):
    """Messages of a campaign to chosen people from a chosen account.

    It is no run of the campaign, so no figure, audience or limit counts it. Its deliveries have no
    contact, only the UIN and the text: what is looked up by person (frequency caps, the latest
    sender, segments) does not find them. One test of a campaign is active at a time, by the
    constraint on origins.
    """

    __test__ = False  # not a test of pytest

    run = models.OneToOneField(
        Run,
        on_delete=models.CASCADE,
        parent_link=True,
        primary_key=True,
        related_name="test_run",
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="tests", verbose_name=_("campaign")
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", verbose_name=_("account")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )

    class Meta:
        verbose_name = _("test")
        verbose_name_plural = _("tests")
        ordering = ["-run_id"]

    def __str__(self) -> str:
        return gettext("%(campaign)s test %(number)d") % {
            "campaign": self.campaign,
            "number": self.number,
        }

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the test; its origin is its campaign."""
        self.origin = test_origin_of(self.campaign_id)
        super().save(*args, **kwargs)


def test_origin_of(campaign_id: int) -> str:
    """Return the origin of a campaign's tests."""
    return f"test:{campaign_id}"


test_origin_of.__test__ = False  # type: ignore[attr-defined]

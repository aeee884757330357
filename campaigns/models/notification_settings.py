"""The tables of who is told what: the operators' own choices, and those of a campaign."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from campaigns.models.campaign import Campaign
from campaigns.models.notification import LONGEST_TARGET
from foundation.encrypted_field import EncryptedTextField

#: The share of answers that are no success, in percent, above which an operator is told.
DEFAULT_BAD_SHARE = 10


class UserNotifications(models.Model):
    """The events of which an operator is told by e-mail; without a row, none."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notification_settings",
        verbose_name=_("operator"),
    )
    #: Values of `NotificationEvent`.
    events = models.JSONField(_("events"), default=list, blank=True)
    address = models.EmailField(_("e-mail address"), blank=True)
    #: The language of the e-mails; empty: that of the installation.
    language = models.CharField(_("language"), max_length=16, blank=True, default="")
    #: Nothing that happened before is told.
    since = models.DateTimeField()

    class Meta:
        verbose_name = _("notifications of an operator")
        verbose_name_plural = _("notifications of operators")

    def __str__(self) -> str:
        return str(self.user)


class CampaignNotifications(models.Model):
    """Who else is told of a campaign's events: more addresses, and a webhook."""

    campaign = models.OneToOneField(
        Campaign,
        on_delete=models.CASCADE,
        related_name="notification_settings",
        verbose_name=_("campaign"),
    )
    events = models.JSONField(_("events"), default=list, blank=True)
    addresses = models.JSONField(_("e-mail addresses"), default=list, blank=True)
    webhook_url = models.CharField(_("webhook"), max_length=LONGEST_TARGET, blank=True, default="")
    webhook_secret = EncryptedTextField(_("secret of the webhook"), blank=True, default="")
    bad_share = models.PositiveSmallIntegerField(
        _("share of bad answers (%)"),
        default=DEFAULT_BAD_SHARE,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    since = models.DateTimeField()

    history = HistoricalRecords(excluded_fields=["webhook_secret", "since"])

    class Meta:
        verbose_name = _("notifications of a campaign")
        verbose_name_plural = _("notifications of campaigns")
        constraints = [
            models.CheckConstraint(
                name="campaignnotifications_share_known",
                condition=models.Q(bad_share__gte=1, bad_share__lte=100),
            )
        ]

    def __str__(self) -> str:
        return str(self.campaign)

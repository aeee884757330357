"""The campaign, as the operator defines it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.models import Account
from campaigns.models.message_template import MessageTemplate
from campaigns.states import OnLostAccount
from contacts.models import ContactList, Segment
from foundation.archiving import Archivable
from foundation.named_model import NamedModel
from sending.states import Promise


class Campaign(NamedModel, Archivable):
    """Audience, text, accounts, schedule and policies. A run executes it."""

    template = models.ForeignKey(
        MessageTemplate,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="campaigns",
        verbose_name=_("template"),
    )
    text = models.TextField(
        _("text"),
        blank=True,
        help_text=_("Used when no template is chosen. Written in Liquid, like a template."),
    )
    lists = models.ManyToManyField(
        ContactList, related_name="campaigns", blank=True, verbose_name=_("to these lists")
    )
    segments = models.ManyToManyField(
        Segment,
        related_name="campaigns",
        blank=True,
        verbose_name=_("and to these segments"),
        help_text=_(
            "Evaluated when the run is planned. The message goes to the people who meet the "
            "conditions at that time."
        ),
    )
    excluded_lists = models.ManyToManyField(
        ContactList,
        related_name="excluding_campaigns",
        blank=True,
        verbose_name=_("excluded lists"),
    )
    accounts = models.ManyToManyField(
        Account,
        related_name="campaigns",
        blank=True,
        verbose_name=_("sent by"),
        help_text=_("Empty: every account that is not quarantined or disabled."),
    )
    starts_at = models.DateTimeField(
        _("starts at"),
        null=True,
        blank=True,
        help_text=_("Empty: sending begins as soon as the campaign is started."),
    )
    window_start = models.TimeField(_("sends from"), null=True, blank=True)
    window_end = models.TimeField(_("sends until"), null=True, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    promise = models.CharField(
        _("promise"), max_length=16, choices=Promise.choices, default=Promise.NEVER_TWICE
    )
    allows_strangers = models.BooleanField(
        _("also to strangers"),
        default=False,
        help_text=_(
            "People who are not a friend of any account may never see the message. Leave "
            "this off unless they asked for it."
        ),
    )
    on_lost_account = models.CharField(
        _("when no account can send"),
        max_length=8,
        choices=OnLostAccount.choices,
        default=OnLostAccount.FAIL,
        help_text=_(
            "When an account is quarantined, its messages move to other accounts that have "
            "the same friend. This setting applies to messages that no other account can "
            "send."
        ),
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
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    history = HistoricalRecords(
        m2m_fields=[lists, segments, excluded_lists, accounts], excluded_fields=["name_key"]
    )

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="campaign_promise_known", condition=models.Q(promise__in=Promise.values)
            ),
            models.CheckConstraint(
                name="campaign_window_whole",
                condition=models.Q(window_start=None, window_end=None)
                | models.Q(window_start__isnull=False, window_end__isnull=False),
                violation_error_message=_("A sending window needs both its start and its end."),
            ),
        ]

    @property
    def message(self) -> str:
        """The text that a run started now would copy."""
        return self.template.text if self.template is not None else self.text

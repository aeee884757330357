"""The campaign, as the operator defines it."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.models import Account, AccountPool
from campaigns.models.holiday_calendar import HolidayCalendar
from campaigns.models.message_template import MessageTemplate
from campaigns.models.planning_columns import PlanningColumns
from campaigns.models.variant_test import VariantTest
from campaigns.states import Late, OnLostAccount, ScheduleState
from contacts.models import ContactList, Segment
from foundation.archiving import Archivable
from foundation.named_model import NamedModel
from foundation.sentence_field import SentenceField
from labels.models import Label
from sending.states import LOWEST_PRIORITY, URGENT, Promise


class Campaign(NamedModel, Archivable, PlanningColumns, VariantTest):
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
        help_text=_("No account and no pool: every account that is not quarantined or disabled."),
    )
    pools = models.ManyToManyField(
        AccountPool,
        related_name="campaigns",
        blank=True,
        verbose_name=_("and by these pools"),
        help_text=_("Accounts that join or leave a pool join or leave the campaign."),
    )
    #: The shares of the pools, by the pool's key as text; empty: pace decides. A pool without one
    #: has share 1, and so have the accounts chosen one by one together.
    pool_shares = models.JSONField(_("shares of the pools"), default=dict, blank=True)
    labels = models.ManyToManyField(
        Label, related_name="campaigns", blank=True, verbose_name=_("labels")
    )
    starts_at = models.DateTimeField(
        _("starts at"),
        null=True,
        blank=True,
        help_text=_("Empty: sending begins as soon as the campaign is started."),
    )
    #: The rule of a repeated campaign (`campaigns.scheduling.rule`); empty: it starts once.
    repeat = models.CharField(_("repeated"), max_length=200, blank=True, default="")
    repeat_until = models.DateTimeField(_("last date"), null=True, blank=True)
    repeat_times = models.PositiveIntegerField(_("number of dates"), null=True, blank=True)
    #: The sending windows as `foundation.weekly` writes them; empty: at any hour.
    windows = models.TextField(_("sending windows"), blank=True, default="")
    holidays = models.ForeignKey(
        HolidayCalendar,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="campaigns",
        verbose_name=_("holidays"),
        help_text=_("Nothing is sent on the holidays of this calendar."),
    )
    overrides_quiet_hours = models.BooleanField(
        _("also in quiet hours"),
        default=False,
        help_text=_("Sends in the quiet hours too. This needs a permission of its own."),
    )
    late = models.CharField(
        _("when a start is late"),
        max_length=8,
        choices=Late.choices,
        default=Late.SEND,
        help_text=_(
            "A start is late when it could not happen within 15 minutes: the system was down, the "
            "previous run was still under way, or no sending window was open."
        ),
    )
    #: A fixed deadline, or one so many seconds after each start; at most one of them is set.
    deadline_at = models.DateTimeField(_("deadline"), null=True, blank=True)
    deadline_after = models.PositiveIntegerField(_("deadline after (s)"), null=True, blank=True)

    #: Whether the dates of `repeat` start runs, the moment up to which dates have been handled, and
    #: their number.
    schedule_state = models.CharField(
        _("schedule"),
        max_length=8,
        choices=ScheduleState.choices,
        default=ScheduleState.OFF,
        editable=False,
    )
    schedule_detail = SentenceField(
        _("schedule in words"), max_length=500, blank=True, editable=False
    )
    scheduled_through = models.DateTimeField(null=True, blank=True, editable=False)
    dates_passed = models.PositiveIntegerField(default=0, editable=False)

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
    once_across = models.ManyToManyField(
        "self",
        symmetrical=False,
        related_name="counted_with",
        blank=True,
        verbose_name=_("once together with"),
        help_text=_(
            "A person gets only one message from this campaign and these together, in any "
            "run. Runs of the others that start later keep to this too."
        ),
    )
    needs_approval = models.BooleanField(
        _("needs approval"),
        default=False,
        help_text=_(
            "Nothing is sent until a second person has approved it: not its author, not who asks "
            "for it, not who changed it last."
        ),
    )
    holdout = models.DecimalField(
        _("holdout (%)"),
        max_digits=4,
        decimal_places=1,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(90)],
        help_text=_(
            "So many of a hundred people get nothing, to see what happens without the message. "
            "They are drawn from those who would get it."
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
        m2m_fields=[lists, segments, excluded_lists, accounts, pools, labels, once_across],
        # The key follows the name; the counters are changed by each date of a schedule.
        excluded_fields=["name_key", "scheduled_through", "dates_passed"],
    )

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-id"]
        permissions = [
            ("override_quiet_hours", _("Can let a campaign send in quiet hours")),
            ("approve_campaign", _("Can approve campaigns of others")),
        ]
        constraints = [
            models.CheckConstraint(
                name="campaign_promise_known", condition=models.Q(promise__in=Promise.values)
            ),
            models.CheckConstraint(
                name="campaign_cap_whole",
                condition=models.Q(cap_most=None, cap_days=None)
                | models.Q(cap_most__isnull=False, cap_days__isnull=False),
                violation_error_message=_("A frequency cap needs both its number and its days."),
            ),
            models.CheckConstraint(
                name="campaign_rate_known",
                condition=models.Q(per_minute=None) | models.Q(per_minute__gte=1),
            ),
            models.CheckConstraint(
                name="campaign_priority_known",
                condition=models.Q(priority__gte=LOWEST_PRIORITY, priority__lte=URGENT),
            ),
            models.CheckConstraint(
                name="campaign_one_deadline",
                condition=models.Q(deadline_at=None) | models.Q(deadline_after=None),
            ),
            models.CheckConstraint(
                name="campaign_one_end",
                condition=models.Q(repeat_until=None) | models.Q(repeat_times=None),
            ),
        ]
        indexes = [
            models.Index(
                fields=["schedule_state"],
                name="campaign_scheduled",
                condition=models.Q(schedule_state=ScheduleState.ON),
            )
        ]

    @property
    def message(self) -> str:
        """The text that a run started now would copy; with variants, that of the first one."""
        first = self.variants.select_related("template").first()
        if first is not None:
            return first.message
        return self.template.text if self.template is not None else self.text

"""The columns of a campaign that say how its people are planned and how fast they get it."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.states import SenderChoice, SendingOrder
from labels.models import Label
from sending.states import DEFAULT_PRIORITY, LOWEST_PRIORITY, MOST_PER_MINUTE, URGENT


class PlanningColumns(models.Model):
    """People of earlier runs, the sender, the order, the rate, the priority, the frequency cap."""

    #: People of earlier runs, as `campaigns.earlier_people` writes them.
    earlier_people = models.JSONField(_("and people of earlier runs"), default=list, blank=True)
    excluded_earlier_people = models.JSONField(
        _("excluded people of earlier runs"), default=list, blank=True
    )
    sender = models.CharField(
        _("people written to before"),
        max_length=8,
        choices=SenderChoice.choices,
        default=SenderChoice.KEEP,
        help_text=_(
            "Either the account that last wrote to a person writes again (if the person is "
            "still its friend, it works, and it is among the accounts above), or all people "
            "are assigned anew."
        ),
    )
    order = models.CharField(
        _("order"),
        max_length=12,
        choices=SendingOrder.choices,
        default=SendingOrder.IMPORTED,
        help_text=_("The order in which each account sends its messages."),
    )
    order_attribute = models.CharField(
        _("attribute for the order"),
        max_length=100,
        blank=True,
        help_text=_(
            "Numbers come first, in their order, then other texts from A to Z, then people without "
            "the attribute."
        ),
    )
    order_descending = models.BooleanField(
        _("highest first"),
        default=False,
        help_text=_("Only for the order by an attribute."),
    )
    per_minute = models.PositiveIntegerField(
        _("messages a minute, at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_PER_MINUTE)],
        help_text=_(
            "Over all accounts together. Empty: as fast as the accounts may. A change applies to "
            "the run under way within a second."
        ),
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"),
        default=DEFAULT_PRIORITY,
        validators=[MinValueValidator(LOWEST_PRIORITY), MaxValueValidator(URGENT)],
        help_text=_(
            "1 to 9. Campaigns share an account by their priorities: 6 sends two messages for each "
            "one of 3. 9 is urgent and goes before all others. A change applies to the run under "
            "way within a second."
        ),
    )
    #: So many seconds after planning, a message is sent although its person was not online.
    online_within = models.PositiveIntegerField(
        _("wait for people to be online (s)"), null=True, blank=True
    )
    cap_most = models.PositiveSmallIntegerField(
        _("messages to a person, at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "Counts the messages of all campaigns. Empty: the limit for all campaigns, if one is "
            "set. People over the limit are skipped."
        ),
    )
    cap_days = models.FloatField(
        _("in days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.001), MaxValueValidator(3660)],
    )
    cap_label = models.ForeignKey(
        Label,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="capping_campaigns",
        verbose_name=_("of campaigns with this label"),
        help_text=_("Only the messages of campaigns with this label count. Empty: all count."),
    )

    class Meta:
        abstract = True

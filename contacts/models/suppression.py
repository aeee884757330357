"""The suppression: a UIN that must not be written to."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clocks import shared
from contacts.models.contact_list import ContactList
from contacts.querysets.suppression import SuppressionQuerySet
from foundation.sentence_field import SentenceField
from foundation.uins import UIN_VALIDATORS


class SuppressionReason(models.TextChoices):
    BY_HAND = "by_hand", _("entered by an operator")
    IMPORTED = "imported", _("imported")
    REPLIED = "replied", _("opted out in a reply")
    UNREACHABLE = "unreachable", _("the gateway reports the UIN as illegal")
    ERASED = "erased", _("erased at the person's request")


class Suppression(models.Model):
    """No campaign, or no campaign to one list, writes to this UIN.

    It refers to the UIN and not to the contact: a person who opted out stays opted out when the
    contact is deleted and imported again.
    """

    uin = models.BigIntegerField(_("UIN"), validators=UIN_VALIDATORS)
    contact_list = models.ForeignKey(
        ContactList,
        # Not CASCADE: the opt-out would be deleted with the list, and campaigns would write to the
        # person again. `contacts.lists.delete` turns it into a suppression for every campaign.
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="suppressions",
        verbose_name=_("only for the list"),
        help_text=_("Empty: for every campaign."),
    )
    reason = models.CharField(
        _("reason"),
        max_length=16,
        choices=SuppressionReason.choices,
        default=SuppressionReason.BY_HAND,
    )
    source = SentenceField(_("source"), max_length=255, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    #: Compared with the database's clock wherever the suppression is looked up, so that it ends by
    #: itself. The row stays, as a record.
    until = models.DateTimeField(
        _("until"),
        null=True,
        blank=True,
        help_text=_("Empty: for good. After this time campaigns may write to the person again."),
    )

    objects = models.Manager.from_queryset(SuppressionQuerySet)()

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["uin"],
                condition=models.Q(contact_list=None),
                name="suppression_unique_uin_everywhere",
            ),
            models.UniqueConstraint(
                fields=["uin", "contact_list"], name="suppression_unique_uin_in_list"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.uin} ({self.get_reason_display()})"

    @property
    def has_ended(self) -> bool:
        """Whether its end has passed."""
        return self.until is not None and self.until <= shared.wall()

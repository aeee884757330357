"""The suppression: a UIN that must never be written to."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.contact import UIN_VALIDATORS
from contacts.models.contact_list import ContactList
from foundation.sentence_field import SentenceField


class SuppressionReason(models.TextChoices):
    BY_HAND = "by_hand", _("by hand")
    IMPORTED = "imported", _("imported")
    REPLIED = "replied", _("asked for it in a reply")
    UNREACHABLE = "unreachable", _("the gateway calls the UIN illegal")
    ERASED = "erased", _("erased on request")


class Suppression(models.Model):
    """Nobody writes to this UIN: from any campaign, or from those to one list.

    By UIN, not by contact: a person who opted out stays opted out when their contact is deleted
    and imported again.
    """

    uin = models.BigIntegerField(_("UIN"), validators=UIN_VALIDATORS)
    contact_list = models.ForeignKey(
        ContactList,
        # Not CASCADE: with its list an opt-out would be gone, and the person be written to.
        # `contacts.lists.delete` says what becomes of it.
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

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["uin"],
                condition=models.Q(contact_list=None),
                name="suppression_once_for_all",
            ),
            models.UniqueConstraint(fields=["uin", "contact_list"], name="suppression_once_a_list"),
        ]

    def __str__(self) -> str:
        return f"{self.uin} ({self.get_reason_display()})"

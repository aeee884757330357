"""The account pool: a named set of sender accounts, chosen one by one and by their labels."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.models.account import Account
from foundation.archiving import Archivable
from foundation.named_model import NamedModel
from labels.models import Label


class AccountPool(NamedModel, Archivable):
    """A set of accounts that campaigns send by.

    The accounts that have one of the labels are members for as long as they have it. So a campaign
    that is under way gains and loses accounts with its pools.
    """

    accounts = models.ManyToManyField(
        Account, related_name="pools", blank=True, verbose_name=_("accounts")
    )
    labels = models.ManyToManyField(
        Label,
        related_name="pools",
        blank=True,
        verbose_name=_("and accounts with one of these labels"),
        help_text=_("An account belongs to the pool for as long as it has the label."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    history = HistoricalRecords(m2m_fields=[accounts, labels], excluded_fields=["name_key"])

    class Meta:
        verbose_name = _("pool")
        verbose_name_plural = _("pools")
        ordering = ["name"]

"""The tables of warm-up: curves, and where on its curve each new account is."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.models.account import Account
from foundation.named_model import NamedModel

#: The most days of a curve, and the most messages on one of them.
MOST_DAYS, MOST_A_DAY = 366, 1_000_000


class WarmUpCurve(NamedModel):
    """How many messages a new account may send on its first day, its second, and so on."""

    #: The messages of each day, a list of numbers from the first day on.
    limits = models.JSONField(_("messages a day"))
    worst_percent = models.PositiveSmallIntegerField(
        _("bad codes at most (%)"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_(
            "When a larger share of a day's attempts ends with RES=3 or is refused, the account "
            "stays on that day. After a second such day in a row it goes back one."
        ),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    history = HistoricalRecords(excluded_fields=["name_key"])

    class Meta:
        verbose_name = _("warm-up curve")
        verbose_name_plural = _("warm-up curves")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="warmupcurve_percent",
                condition=models.Q(worst_percent__gte=1, worst_percent__lte=100),
            )
        ]

    @property
    def days(self) -> int:
        """The number of its days."""
        return len(self.limits)

    def limit_on(self, day: int) -> int | None:
        """Return the messages of a day, 1 for the first; None after the last."""
        if day > len(self.limits):
            return None
        return int(self.limits[max(day, 1) - 1])


class WarmUp(models.Model):
    """An account that is on a curve. Days are 24 hours long and begin at `began_at`.

    The limit of its day is kept in the account (`Account.warm_up_limit`), where lanes and planning
    read it with the other limits. Only `accounts.warm_ups` and `sending.warm_up_days` write either.
    """

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="warm_up"
    )
    curve = models.ForeignKey(
        WarmUpCurve,
        on_delete=models.PROTECT,
        related_name="warm_ups",
        verbose_name=_("warm-up curve"),
    )
    #: Shared time, like the attempts that are counted.
    began_at = models.DateTimeField(_("began at"))
    day_began_at = models.DateTimeField(_("day began at"))
    day = models.PositiveSmallIntegerField(_("day"), default=1)
    #: Days in a row on which too many codes were bad.
    bad_days = models.PositiveSmallIntegerField(_("bad days in a row"), default=0)

    class Meta:
        verbose_name = _("warm-up")
        verbose_name_plural = _("warm-ups")

    def __str__(self) -> str:
        return f"{self.account_id}: {self.day}"

"""The columns of a test of the variants: on a share of the people, before the rest gets the better.

A campaign has them, and each of its runs has a copy.
"""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.states import DecideBy


class VariantTest(models.Model):
    """Whether and how the variants are tested. Without a test, `test_share` is 0."""

    test_share = models.DecimalField(
        _("test on (%)"),
        max_digits=4,
        decimal_places=1,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(90)],
    )
    decide_by = models.CharField(
        _("who chooses"), max_length=8, choices=DecideBy.choices, default=DecideBy.HAND
    )
    #: NULL if an operator chooses.
    decide_after = models.PositiveIntegerField(_("chosen after (s)"), null=True, blank=True)

    class Meta:
        abstract = True

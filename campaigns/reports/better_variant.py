"""Which variant of a tested run is answered most, and why it is taken."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from campaigns.reports.variant_figures import VariantFigures
from foundation.sentences import Sentence
from foundation.sentences import Sentence as _

#: Each variant must have been sent to so many people; with fewer, replies decide nothing.
FEWEST_SENT = 30


def better_variant(figures: Sequence[VariantFigures]) -> tuple[str, Sentence]:
    """Return the variant for the rest by the share of replies, and a sentence that says why.

    Of variants with the same share, and of all if one was sent to fewer than FEWEST_SENT people,
    the one with the larger weight is taken; of the same weight, the first.

    Args:
        figures: the figures of the run by variant.
    """
    tested = [one for one in figures if not (one.is_holdout or one.is_rest)]
    if any(one.sent < FEWEST_SENT for one in tested):
        chosen = _heaviest(tested)
        return chosen.variant, _(
            "“%(variant)s” goes to the rest because of its weight: a variant was sent to fewer "
            "than %(fewest)s people, too few to compare the replies."
        ) % {"variant": chosen.variant, "fewest": FEWEST_SENT}
    best = max(_rate(one) for one in tested)
    equal = [one for one in tested if _rate(one) == best]
    chosen = _heaviest(equal)
    words = {"variant": chosen.variant, "rate": f"{100 * float(best):.1f}"}
    if len(equal) > 1:
        return chosen.variant, _(
            "“%(variant)s” goes to the rest because of its weight: several variants have the "
            "highest share of replies, %(rate)s %%."
        ) % words
    return chosen.variant, _(
        "“%(variant)s” goes to the rest: it has the highest share of replies, %(rate)s %%."
    ) % words


def _rate(one: VariantFigures) -> Fraction:
    return Fraction(one.replied, one.sent)


def _heaviest(variants: Sequence[VariantFigures]) -> VariantFigures:
    return max(variants, key=lambda one: one.weight)  # of equal ones the first

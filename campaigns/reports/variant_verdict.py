"""Whether the variants of a run differ by more than chance, in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.reports.proportions import chance_of_difference
from campaigns.reports.variant_figures import VariantFigures

#: A difference counts if chance alone would give it in fewer cases than this, over all comparisons.
SIGNIFICANCE = 0.05


@dataclass(frozen=True, slots=True)
class Verdict:
    """The comparison of the two variants with the highest rates.

    Attributes:
        measure: "replied" or "opted_out".
        outcome: "difference", "chance" or "too_little".
        first, second: the variants with the highest and the next rate; "" if there is none.
        p_value: how often chance alone gives such a difference; None with too little data.
        sentence: all of it in words.
    """

    measure: str
    outcome: str
    first: str
    second: str
    p_value: float | None
    sentence: str


def verdicts(figures: Sequence[VariantFigures]) -> list[Verdict]:
    """Return the verdict on replies and on opt-outs; empty unless there are several variants."""
    variants = [one for one in figures if not (one.is_holdout or one.is_rest)]
    if len(variants) < 2:
        return []
    return [
        _verdict("replied", variants, _("replies"), lambda one: one.replied),
        _verdict("opted_out", variants, _("opt-outs"), lambda one: one.opted_out),
    ]


def _verdict(
    measure: str,
    variants: Sequence[VariantFigures],
    what: str,
    count: Callable[[VariantFigures], int],
) -> Verdict:
    ranked = sorted(
        (one for one in variants if one.sent), key=lambda one: count(one) / one.sent, reverse=True
    )
    if len(ranked) < 2:
        return Verdict(measure, "too_little", "", "", None, _too_little(what))
    first, second = ranked[0], ranked[1]
    p_value = chance_of_difference((count(first), first.sent), (count(second), second.sent))
    if p_value is None:
        sentence = _too_little(what)
        return Verdict(measure, "too_little", first.variant, second.variant, None, sentence)
    # Bonferroni: with k variants, the two highest are the most different of k (k - 1) / 2 pairs.
    pairs = len(variants) * (len(variants) - 1) // 2
    p_value = min(1.0, p_value * pairs)
    words = {
        "what": what,
        "first": first.variant,
        "second": second.variant,
        "first_rate": f"{100 * count(first) / first.sent:.1f}",
        "second_rate": f"{100 * count(second) / second.sent:.1f}",
        "chance": f"{100 * p_value:.1f}" if p_value >= 0.001 else "< 0.1",
    }
    if p_value < SIGNIFICANCE:
        sentence = _(
            "“%(first)s” has more %(what)s than “%(second)s”: %(first_rate)s %% against "
            "%(second_rate)s %%. This is more than chance: chance alone gives such a difference in "
            "%(chance)s %% of cases."
        )
        outcome = "difference"
    else:
        sentence = _(
            "More %(what)s for “%(first)s” (%(first_rate)s %%) than for “%(second)s” "
            "(%(second_rate)s %%), but this may be chance: chance alone gives such a difference in "
            "%(chance)s %% of cases."
        )
        outcome = "chance"
    return Verdict(measure, outcome, first.variant, second.variant, p_value, sentence % words)


def _too_little(what: str) -> str:
    return _("Too little data to compare the %(what)s.") % {"what": what}

"""The test of a campaign's variants on a share of its people: read, checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from campaigns.creation.variants import read_percent
from campaigns.states import DecideBy
from foundation.refusals import Refusal
from foundation.spans import read_span

#: The greatest part of the people that a test has, in percent: the rest must be worth the wait.
MOST_TEST = Decimal(90)
#: How long the system waits for replies unless the campaign says otherwise, seconds.
USUAL_DECIDE_AFTER = 4 * 3600
LONGEST_DECIDE_AFTER = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class TestChoices:
    """Whether and how the variants are tested.

    Attributes:
        share: on how many of a hundred people; 0: there is no test.
        decide_by: who chooses the variant for the rest, a DecideBy.
        decide_after: seconds from the last message of the test to the choice by replies; None if an
            operator chooses.
    """

    share: Decimal = Decimal(0)
    decide_by: str = DecideBy.HAND.value
    decide_after: int | None = None

    # pytest collects classes by this name.
    __test__ = False


NO_TEST = TestChoices()


def read_test(*, share: str, decide_by: str | None, decide_after: str | None) -> TestChoices:
    """Return a test as an operator writes it.

    Args:
        share: a percentage, such as 20; "0" for no test.
        decide_by: a DecideBy; None: by replies if `decide_after` is given, else by hand.
        decide_after: a time such as 90m, 4h or 2d; None for the usual one.

    Raises:
        Refusal: one of them cannot be read (`test_share_malformed`, `decide_after_malformed`), or
            they do not fit together (`test_missing`, `decide_after_by_hand`).
    """
    percent = read_percent(
        share,
        most=MOST_TEST,
        sentence=_(
            "The test share “%(percent)s” cannot be read: write a percentage from 0 to %(most)s, "
            "as 10 or 2.5."
        ),
        code="test_share_malformed",
    )
    seconds = read_decide_after(decide_after) if decide_after else None
    return fitting_test(share=percent, decide_by=decide_by, decide_after=seconds)


def fitting_test(*, share: Decimal, decide_by: str | None, decide_after: int | None) -> TestChoices:
    """Return a test whose parts fit together, with the usual values for those not given.

    Raises:
        Refusal: they do not (`test_missing`, `decide_after_by_hand`).
    """
    if not share:
        if decide_by == DecideBy.REPLIES or decide_after is not None:
            raise Refusal(
                _("Give the share of the people on which the variants are tested."),
                code="test_missing",
                field="test_share",
            )
        return NO_TEST
    if decide_by is None:
        decide_by = (DecideBy.HAND if decide_after is None else DecideBy.REPLIES).value
    if decide_by == DecideBy.HAND and decide_after is not None:
        raise Refusal(
            _("An operator chooses the variant at any time: leave out the time after the test."),
            code="decide_after_by_hand",
            field="decide_after",
        )
    if decide_by == DecideBy.REPLIES and decide_after is None:
        decide_after = USUAL_DECIDE_AFTER
    return TestChoices(share, decide_by, decide_after)


def read_decide_after(text: str) -> int:
    """Return a time such as 90m, 4h or 2d in seconds.

    Raises:
        Refusal: it cannot be read (`decide_after_malformed`).
    """
    seconds = (read_span(text) if text.isascii() else None) or 0
    if not 0 < seconds <= LONGEST_DECIDE_AFTER.total_seconds():
        raise Refusal(
            _("The time “%(text)s” cannot be read: write it like 90m, 4h or 2d, at most a year.")
            % {"text": ascii(text)[1:-1][:20]},
            code="decide_after_malformed",
            field="decide_after",
        )
    return seconds


def refuse_test(test: TestChoices, *, variants: int) -> None:
    """Refuse a test of a campaign that has nothing to compare.

    Raises:
        Refusal: it has fewer than two variants (`test_without_variants`).
    """
    if test.share and variants < 2:
        raise Refusal(
            _("A test compares variants: give the campaign at least two, or leave out the test."),
            code="test_without_variants",
            field="test_share",
        )

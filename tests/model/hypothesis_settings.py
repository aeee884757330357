"""Hypothesis's settings for random histories."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings


def profile(*, histories: int, steps: int = 12, is_shrinking: bool = True) -> settings:
    """Return Hypothesis's settings.

    Args:
        histories: the number of histories.
        steps: the most events in each.
        is_shrinking: whether a history with a violation is made shorter.
    """
    phases = [Phase.explicit, Phase.generate]
    return settings(
        max_examples=histories,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        print_blob=True,
        report_multiple_bugs=False,
        phases=[*phases, Phase.shrink] if is_shrinking else phases,
        suppress_health_check=list(HealthCheck),
    )

"""The service that puts rules into an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from conversations.models import ReplyRule


def order_rules(*, first: Sequence[ReplyRule], by: Any = None) -> int:
    """Let rules be asked in this order; those that are not named keep theirs behind them.

    It holds from the next message on. Positions are written anew, from 1. A rule whose position
    stays has no new history.

    Args:
        first: the rules that go first, in their order.
        by: the operator.

    Returns:
        how many have another position now.
    """
    keys = list(dict.fromkeys(rule.pk for rule in first))
    with transaction.atomic():
        rows: dict[int, Any] = {
            rule.pk: rule
            for rule in ReplyRule.objects.select_for_update().order_by("position", "pk")
        }
        order = [rows[key] for key in keys if key in rows]
        order += [rule for key, rule in rows.items() if key not in set(keys)]
        moved = 0
        for position, rule in enumerate(order, start=1):
            if rule.position == position:
                continue
            rule.position = position
            if by is not None:
                rule._history_user = by
            rule.save(update_fields=["position"])
            moved += 1
    return moved

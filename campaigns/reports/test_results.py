"""The results of a test: a row for each person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.models import TestRun
from campaigns.reason_text import reason_text
from foundation.times import utc_iso
from sending.models import Delivery


@dataclass(frozen=True, slots=True)
class TestedPerson:
    """One person of a test.

    Attributes:
        pk: the key of the delivery.
        state: the state of the delivery, and in words with its reason.
        last_res: the gateway's last answer.
        text: what the person gets.
    """

    __test__ = False

    pk: int
    uin: int
    state: str
    words: str
    last_res: str
    seq: int | None
    sent_at: datetime | None
    text: str

    def as_data(self) -> dict[str, Any]:
        """Return the row for JSON. The keys are a public interface."""
        return {
            "uin": self.uin,
            "state": self.state,
            "sentence": self.words,
            "last_res": self.last_res,
            "seq": self.seq,
            "sent_at": utc_iso(self.sent_at),
            "text": self.text,
        }


def test_results(test: TestRun) -> list[TestedPerson]:
    """Return the results of a test, one for each person."""
    return results_by_test([test])[test.pk]


test_results.__test__ = False  # type: ignore[attr-defined]


def results_by_test(tests: Sequence[TestRun]) -> dict[int, list[TestedPerson]]:
    """Return the results of tests by their keys, with one query."""
    texts = {test.pk: test.text for test in tests}
    found: dict[int, list[TestedPerson]] = {key: [] for key in texts}
    for row in Delivery.objects.filter(run__in=list(texts)).order_by("pk"):
        found[row.run_id].append(_tested(row, texts[row.run_id]))
    return found


def _tested(row: Delivery, text: str) -> TestedPerson:
    return TestedPerson(
        pk=row.pk,
        uin=row.uin,
        state=row.state,
        words=": ".join(filter(None, (row.get_state_display(), str(reason_text(row.reason))))),
        last_res=row.last_res,
        seq=row.seq,
        sent_at=row.sent_at,
        text=row.text if row.text is not None else text,
    )

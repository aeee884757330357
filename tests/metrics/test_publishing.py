"""Figures of processes add up over their ends, and never fall."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from clocks import shared
from metrics import publishing
from metrics.catalogue import INSTRUMENTS
from metrics.collecting import ProcessCollector
from metrics.instruments import Count, Distribution, Level
from metrics.models import ProcessFigures
from metrics.publishing import ENDED_AFTER, SUMS, Publisher

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

REPLAYS = Count("t_replays", "Replays.")
TIMES = Distribution("t_seconds", "Times.", bounds=(0.1, 1))
LANES = Level("t_lanes", "Lanes.")


@pytest.fixture(autouse=True)
def _own_instruments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test counts from zero; a new publisher is a new process that has counted the same."""
    for module in ("metrics.publishing", "metrics.collecting"):
        monkeypatch.setattr(f"{module}.INSTRUMENTS", (REPLAYS, TIMES, LANES))
    for one in (REPLAYS, TIMES, LANES):
        one.__init__(  # type: ignore[misc]
            one.name, one.words, **({"bounds": one.bounds} if isinstance(one, Distribution) else {})
        )


def _found() -> dict[str, float]:
    return {
        f"{sample.name}{sample.labels.get('le', '')}": sample.value
        for family in ProcessCollector().collect()
        for sample in family.samples
    }


def _make_old() -> None:
    ProcessFigures.objects.exclude(process=SUMS).update(
        published_at=shared.now() - ENDED_AFTER - timedelta(seconds=1)
    )


def test_processes_add_up() -> None:
    REPLAYS.add(3)
    TIMES.note(0.05)
    TIMES.note(0.5)
    TIMES.note(9)
    LANES.set(4)
    Publisher().publish()
    Publisher().publish()
    found = _found()
    assert found["t_replays_total"] == 6
    assert (found["t_seconds_bucket0.1"], found["t_seconds_bucket1.0"]) == (2, 4)
    assert (found["t_seconds_bucket+Inf"], found["t_seconds_count"]) == (6, 6)
    assert found["t_seconds_sum"] == pytest.approx(2 * 9.55)
    assert found["t_lanes"] == 8


def test_what_an_ended_process_counted_stays_and_its_levels_do_not() -> None:
    REPLAYS.add(3)
    LANES.set(4)
    Publisher().publish()
    _make_old()
    REPLAYS.add(1)
    Publisher().publish()
    assert ProcessFigures.objects.count() == 2  # the sums, and the new process
    assert _found()["t_replays_total"] == 3 + 4
    assert _found()["t_lanes"] == 4


def test_a_process_whose_row_was_summed_goes_on_without_counting_twice() -> None:
    sleeper, other = Publisher(), Publisher()
    REPLAYS.add(3)
    sleeper.publish()
    _make_old()
    other.publish()
    REPLAYS.add(2)
    sleeper.publish()
    assert _found()["t_replays_total"] == (3 + 2) + 3
    REPLAYS.add(1)
    sleeper.publish()
    assert _found()["t_replays_total"] == (3 + 2 + 1) + 3


def test_nothing_is_written_while_nothing_is_counted(
    django_assert_num_queries: Any,
) -> None:
    REPLAYS.add()
    publisher = Publisher()
    publisher.publish()
    with django_assert_num_queries(0):
        publisher.publish()


def test_a_row_with_other_buckets_is_no_error() -> None:
    TIMES.note(0.5)
    Publisher().publish()
    ProcessFigures.objects.exclude(process=SUMS).update(counted={"t_seconds": {"": [1.0] * 9}})
    assert _found()["t_seconds_count"] == 0


def test_names_follow_the_conventions() -> None:
    assert publishing.PUBLISH_SECONDS < 15
    for one in INSTRUMENTS:
        assert one.name.startswith("qqcampaign_")
        assert not one.name.endswith("_total")
        assert one.words.endswith(".")

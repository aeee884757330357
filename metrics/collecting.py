"""The figures of all processes, as prometheus-client's metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from clocks import shared
from metrics.catalogue import INSTRUMENTS
from metrics.instruments import Count, Distribution, Figures, Instrument, add_up
from metrics.models import ProcessFigures

#: Levels of a process that has published nothing for so long do not count.
FRESH = timedelta(seconds=15)


class ProcessCollector(Collector):
    """The sums over all processes; levels are of living ones."""

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        counted: Figures = {}
        levels: Figures = {}
        fresh_since = shared.now() - FRESH
        rows = ProcessFigures.objects.values_list("counted", "levels", "published_at")
        for of_one, levels_of_one, published_at in rows:
            add_up(counted, of_one)
            if published_at >= fresh_since:
                add_up(levels, levels_of_one)
        for instrument in INSTRUMENTS:
            yield _metric(instrument, (counted | levels).get(instrument.name, {}))


def _metric(one: Instrument, numbers: dict[str, list[float]]) -> Metric:
    if isinstance(one, Distribution):
        return _histogram(one, numbers.get("", []))
    family: CounterMetricFamily | GaugeMetricFamily
    labels = [one.label] if one.label else []
    if isinstance(one, Count):
        family = CounterMetricFamily(one.name, one.words, labels=labels)
    else:
        family = GaugeMetricFamily(one.name, one.words, labels=labels)
    if not one.label:
        numbers = {"": numbers.get("", [0.0])}
    for of, values in sorted(numbers.items()):
        family.add_metric([of] if labels else [], values[0])
    return family


def _histogram(one: Distribution, numbers: list[float]) -> Metric:
    width = len(one.bounds) + 2
    if len(numbers) != width:  # nothing yet, or written by a version with other buckets
        numbers = [0.0] * width
    buckets: list[tuple[str, float]] = []
    so_far = 0.0
    for bound, n in zip((*map(float, one.bounds), float("inf")), numbers[:-1], strict=True):
        so_far += n
        buckets.append(("+Inf" if bound == float("inf") else str(bound), so_far))
    return HistogramMetricFamily(one.name, one.words, buckets=buckets, sum_value=numbers[-1])

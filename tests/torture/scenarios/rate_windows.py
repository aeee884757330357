"""The rate-limit windows hold one entry for each attempt; nothing is sent after closing time."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from tests.black_box.history import Rules, seq_histories
from tests.black_box.population import Population
from tests.torture.harness import Harness
from tests.torture.scenarios.scenario import Scenario

POPULATION = Population(3, 60)
PER_HOUR = 70
GAP = 0.3
HOUR = 3600.0
#: A request that left before closing time may arrive so much later, seconds.
IN_FLIGHT_SECONDS = 0.3
#: A window of the day closes at a full minute; sending lasts at least so many seconds before it.
LEAST_OPEN = 12.0


def _open(harness: Harness, *, database: str = "") -> None:
    harness.start(POPULATION, min_interval=GAP, database=database)
    columns = {"per_hour": PER_HOUR, "min_interval": GAP}
    file = harness.operator.accounts_file(POPULATION.passwords, columns=columns)
    harness.operator.ok("import_accounts", file)


def _compare(harness: Harness) -> None:
    """Check that each window has as many entries as attempts, once no request is in flight."""
    time.sleep(2)
    counts = harness.django.call("window_entries")
    wrong = {uin: pair for uin, pair in counts.items() if pair[0] != pair[1]}
    harness.notes.append(f"window entries and attempts: {list(counts.values())}")
    harness.expect(
        not wrong, f"window entries and attempts differ for {len(wrong)} of {len(counts)}"
    )
    harness.expect(
        all(attempts for _taken, attempts in counts.values()),
        "nothing was sent: nothing was tested",
    )


def _pause_storm(harness: Harness) -> None:
    """The run is paused and resumed repeatedly."""
    _open(harness)
    harness.campaign("one")
    harness.wait_for_messages(3)
    with harness.pausing_and_resuming("one"):
        time.sleep(25)
    harness.django.call("pause", name="one")
    _compare(harness)
    harness.django.call("resume_paused")
    harness.wait_for_finish(seconds=40)
    limits = dict.fromkeys(POPULATION.uins, ((HOUR, PER_HOUR),))
    harness.check("one", rules=Rules(limits=limits))


def _window_closes(harness: Harness, *, is_locked: bool) -> None:
    """The window of the day closes during a run, also while a table is locked beyond that time."""
    _open(harness, database="postgresql" if is_locked else "")
    now = datetime.now(UTC)
    ends = (now + timedelta(seconds=LEAST_OPEN + 62)).replace(second=0, microsecond=0)
    if (ends - timedelta(minutes=1) - now).total_seconds() > LEAST_OPEN:
        ends -= timedelta(minutes=1)
    closes_at = time.monotonic() + (ends - datetime.now(UTC)).total_seconds()
    window = f"{now - timedelta(hours=1):%H:%M}-{ends:%H:%M}"
    time.sleep(max(0.0, closes_at - LEAST_OPEN - 2 - time.monotonic()))
    harness.campaign("one", "--window", window, "--timezone", "UTC")
    with ExitStack() as held:
        if is_locked:
            time.sleep(max(0.0, closes_at - 2 - time.monotonic()))
            held.enter_context(harness.locked("sending_attempt"))
        time.sleep(max(0.0, closes_at + 4 - time.monotonic()))
    time.sleep(2)
    late = [
        one for one in seq_histories(harness.history) if one.first > closes_at + IN_FLIGHT_SECONDS
    ]
    harness.expect(not late, f"{len(late)} messages left after the window had closed")
    _compare(harness)


SCENARIOS = (
    Scenario(
        "places_pause_storm", "a run is paused and resumed repeatedly: each attempt has one entry",
        _pause_storm,
    ),
    Scenario(
        "places_window_closes", "the window of the day closes: each attempt has one entry",
        lambda harness: _window_closes(harness, is_locked=False),
    ),
    Scenario(
        "window_closes_under_lock",
        "the window closes while the database is locked: nothing leaves after it",
        lambda harness: _window_closes(harness, is_locked=True),
    ),
)  # fmt: skip

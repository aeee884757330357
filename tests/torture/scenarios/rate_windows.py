"""Places in the sliding windows: as many as attempts, and none sent after a window of the day."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from tests.black_box.history import Rules, stories
from tests.black_box.population import World
from tests.torture.harness import Stage
from tests.torture.scenarios.scenario import Scenario

WORLD = World(3, 60)
PER_HOUR = 70
GAP = 0.3
HOUR = 3600.0
#: A request that left before the window closed may arrive so much later.
UNDER_WAY = 0.3
#: A window closes at a full minute; so many seconds of it at least are sent in.
LEAST_OPEN = 12.0


def _open(stage: Stage, *, database: str = "") -> None:
    stage.open(WORLD, min_interval=GAP, database=database)
    columns = {"per_hour": PER_HOUR, "min_interval": GAP}
    file = stage.stranger.accounts_file(WORLD.passwords, columns=columns)
    stage.stranger.ok("import_accounts", file)


def _compare(stage: Stage) -> None:
    """Every place has its attempt: once nothing is under way any more."""
    time.sleep(2)
    places = stage.clerk.order("places")
    wrong = {uin: pair for uin, pair in places.items() if pair[0] != pair[1]}
    stage.notes.append(f"places and attempts: {list(places.values())}")
    stage.expect(not wrong, f"places and attempts differ for {len(wrong)} of {len(places)}")
    stage.expect(
        all(attempts for _taken, attempts in places.values()), "nothing was sent: nothing is shown"
    )


def _pause_storm(stage: Stage) -> None:
    """The run is paused and resumed all the time."""
    _open(stage)
    stage.campaign("one")
    stage.under_way(3)
    with stage.storm("one"):
        time.sleep(25)
    stage.clerk.order("pause", name="one")
    _compare(stage)
    stage.clerk.order("resume_paused")
    stage.finish(seconds=40)
    limits = dict.fromkeys(WORLD.uins, ((HOUR, PER_HOUR),))
    stage.judge("one", rules=Rules(limits=limits))


def _window_closes(stage: Stage, *, is_locked: bool) -> None:
    """The window of the day closes in the middle of a run; also under a lock that outlasts it."""
    _open(stage, database="postgresql" if is_locked else "")
    now = datetime.now(UTC)
    ends = (now + timedelta(seconds=LEAST_OPEN + 62)).replace(second=0, microsecond=0)
    if (ends - timedelta(minutes=1) - now).total_seconds() > LEAST_OPEN:
        ends -= timedelta(minutes=1)
    closes_at = time.monotonic() + (ends - datetime.now(UTC)).total_seconds()
    window = f"{now - timedelta(hours=1):%H:%M}-{ends:%H:%M}"
    time.sleep(max(0.0, closes_at - LEAST_OPEN - 2 - time.monotonic()))
    stage.campaign("one", "--window", window, "--timezone", "UTC")
    with ExitStack() as held:
        if is_locked:
            time.sleep(max(0.0, closes_at - 2 - time.monotonic()))
            held.enter_context(stage.locked("campaigns_attempt"))
        time.sleep(max(0.0, closes_at + 4 - time.monotonic()))
    time.sleep(2)
    late = [one for one in stories(stage.history) if one.first > closes_at + UNDER_WAY]
    stage.expect(not late, f"{len(late)} messages left after the window had closed")
    _compare(stage)


SCENARIOS = (
    Scenario(
        "places_pause_storm", "a run paused and resumed all the time: places equal attempts",
        _pause_storm,
    ),
    Scenario(
        "places_window_closes", "the window of the day closes: places equal attempts",
        lambda stage: _window_closes(stage, is_locked=False),
    ),
    Scenario(
        "window_closes_under_lock",
        "the window closes while the database is locked: nothing leaves after it",
        lambda stage: _window_closes(stage, is_locked=True),
    ),
)  # fmt: skip

"""A whole day at the console, in a real browser, on the real stack and in both languages.

An administrator begins with an empty installation and gives three colleagues their roles. An
operator makes a campaign for people from a file, an approver decides on it, a viewer looks on. Each
page that somebody comes to is looked at closely (`Colleague.look`). What they do is in `day/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qqhttp.simulator import GatewaySimulator
from tests.console.day import afternoon, evening, morning, noon
from tests.console.day.workday import ACCOUNTS, FRIENDS, Workday
from tests.running_stack import RunningStack

pytestmark = [
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.exhaustive,  # test_browser.py is its short relative
    pytest.mark.timeout(1800),
]
CHAPTERS: tuple[Callable[[Workday], None], ...] = (
    morning.first_steps,
    morning.gives_roles,
    morning.imports_people,
    morning.writes_template,
    noon.makes_campaign,
    noon.schedules,
    noon.starts_today,
    noon.pauses_and_resumes,
    afternoon.people_write,
    afternoon.answers,
    afternoon.keeps_the_opt_out,
    afternoon.accepts_a_friend,
    evening.reads_reports,
    evening.looks_on,
    evening.uses_the_api,
)


@pytest.fixture
def gateway() -> Iterator[GatewaySimulator]:
    with GatewaySimulator(
        accounts=ACCOUNTS, friends=FRIENDS, min_interval=0.0, heartbeat=1
    ) as simulator:
        yield simulator


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_whole_day(
    chromium: Any,
    start_stack: Callable[..., RunningStack],
    gateway: GatewaySimulator,
    tmp_path: Path,
    language: str,
) -> None:
    stack = start_stack(
        QQ_GATEWAY_URL=gateway.url, DJANGO_SETTINGS_MODULE="tests.counting_settings"
    )
    day = Workday(chromium, stack, gateway, folder=tmp_path, language=language)
    for chapter in CHAPTERS:
        chapter(day)
    problems = day.problems()
    assert not problems, "\n" + "\n".join(problems)
    assert "Traceback" not in stack.logs()

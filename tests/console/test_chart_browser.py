"""In a real browser: the axis of a chart can be read, even of a run of one minute."""

from __future__ import annotations

from typing import Any

import pytest

from sending.models import RunMinute
from tests.console.sample_data import make_operator, make_world
from tests.console.test_browser_twin_edits import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database,  # It is about a script.
]

START = 29_000_000
#: Keeps each chart that the page draws, so that its axis can be asked.
KEEP_CHARTS = """
window.charts = [];
let made;
Object.defineProperty(window, "uPlot", {
    configurable: true,
    get: () => made,
    set: (real) => {
        made = new Proxy(real, {
            construct: (target, given) => {
                const chart = new target(...given);
                window.charts.push(chart);
                return chart;
            },
        });
    },
});
"""
ASK = """() => {
    const chart = window.charts.at(-1), axis = chart.axes[0];
    const { min, max } = chart.scales.x;
    return { span: max - min, from: min, words: axis._values };
}"""


def test_ticks_are_whole_minutes_and_a_minute_is_not_drawn_over_years(
    page: Any, live_server: Any, clean_redis: Any
) -> None:
    make_operator()
    campaign = make_world(people=14)
    run = campaign.runs.get()
    RunMinute.objects.all().delete()
    RunMinute.objects.create(run=run, minute=START, res="0", n=82)
    page.set_default_timeout(30_000)
    page.add_init_script(KEEP_CHARTS)
    page.goto(f"{live_server.url}/login/")
    sign_in(page)

    page.goto(f"{live_server.url}/campaigns/campaign/{campaign.pk}/page/?run={run.number}")
    page.wait_for_function("window.charts.at(-1)?.axes[0]._values")
    axis = page.evaluate(ASK)
    assert (axis["from"], axis["span"]) == (START * 60, 600)
    # There is room for a tick each half minute, whose words would double.
    words = [word.split("\n")[0] for word in axis["words"]]
    assert len(set(words)) == len(words) > 3
    assert all(len(word) == len("00:00") for word in words), words

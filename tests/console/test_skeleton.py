"""The frame of every page is Unfold's, but for the library of charts that no page uses."""

from __future__ import annotations

from pathlib import Path

import unfold
from django.conf import settings

CHARTS = """        <script src="{% static 'unfold/js/chart/chart.js' %}"></script>\n"""


def test_it_is_unfolds_without_its_charts() -> None:
    name = "templates/unfold/layouts/skeleton.html"
    theirs = Path(unfold.__file__).parent.joinpath(name).read_text(encoding="utf-8")
    ours = Path(settings.BASE_DIR, name).read_text(encoding="utf-8")
    assert theirs.count(CHARTS) == 1
    assert ours.partition("#}")[2] == theirs.replace(CHARTS, "")

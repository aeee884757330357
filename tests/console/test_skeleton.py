"""The frame of every page is Unfold's, but for the library of charts and the whole of its fonts."""

from __future__ import annotations

from pathlib import Path

import unfold
from django.conf import settings

CHARTS = """        <script src="{% static 'unfold/js/chart/chart.js' %}"></script>\n"""

FONTS = """        <link href="{% static "unfold/fonts/inter/styles.css" %}" rel="stylesheet">
        <link href="{% static "unfold/fonts/material-symbols/styles.css" %}" rel="stylesheet">

"""


def test_it_is_unfolds_without_its_charts_and_fonts() -> None:
    name = "templates/unfold/layouts/skeleton.html"
    theirs = Path(unfold.__file__).parent.joinpath(name).read_text(encoding="utf-8")
    ours = Path(settings.BASE_DIR, name).read_text(encoding="utf-8")
    assert theirs.count(CHARTS) == theirs.count(FONTS) == 1
    assert ours.partition("#}")[2] == theirs.replace(CHARTS, "").replace(FONTS, "")

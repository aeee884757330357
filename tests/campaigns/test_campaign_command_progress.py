"""The bar that `campaign wait` draws on a terminal, and the lines it writes elsewhere."""

from __future__ import annotations

import io

import pytest
from django.core.management.base import OutputWrapper

from campaigns.commands import progress as progress_module
from campaigns.commands.progress import BAR_WIDTH, Progress
from sending.runs.figures import Figures


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def figures(sent: int) -> Figures:
    return Figures(state="running", targeted=200, pending=200 - sent, sent=sent)


def test_a_terminal_gets_one_bar_that_grows() -> None:
    terminal = Terminal()
    progress = Progress(OutputWrapper(terminal))
    for sent in (0, 100, 200):
        progress.show(figures(sent))
    progress.close()
    said = terminal.getvalue()
    assert said.count("\n") == 1
    assert said.endswith("\n")
    _, empty, half, full = said.rstrip("\n").split("\r")
    assert [line.count("#") for line in (empty, half, full)] == [0, BAR_WIDTH // 2, BAR_WIDTH]
    assert "100 of 200 done" in half
    # A shorter line wipes out a longer one.
    assert len(full) >= len(half)


def test_without_a_terminal_there_are_few_lines_and_no_repetition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.StringIO()
    progress = Progress(OutputWrapper(out))
    progress.show(figures(10))
    progress.show(figures(20))  # too soon
    monkeypatch.setattr(progress_module, "LINE_SECONDS", 0.0)
    progress.show(figures(30))
    progress.show(figures(30))  # nothing new
    progress.close()
    lines = out.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == ["10", "30"]


def test_a_run_without_deliveries_has_a_bar() -> None:
    terminal = Terminal()
    Progress(OutputWrapper(terminal)).show(Figures(state="preparing"))
    assert "0 of 0 done" in terminal.getvalue()

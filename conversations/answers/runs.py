"""The runs that send answers."""

from __future__ import annotations

from conversations.models import AnswerRun, answer_origin
from sending.runs.open_runs import open_run_of

#: The text of every such run. It is a variable, so lanes read the text of each delivery.
TEXT = "{{ answer }}"


def open_run(*, overrides_quiet_hours: bool, overrides_suppressions: bool) -> AnswerRun:
    """Return the running run of answers with these rules; it is made or resumed if needed."""
    rules = {
        "overrides_quiet_hours": overrides_quiet_hours,
        "overrides_suppressions": overrides_suppressions,
    }
    return open_run_of(AnswerRun, origin=answer_origin(**rules), text=TEXT, **rules)

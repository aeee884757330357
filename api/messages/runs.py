"""The runs that send the messages of programs."""

from __future__ import annotations

from api.models import MessageRun, message_origin
from sending.runs.open_runs import open_run_of

#: The text of every such run. It is a variable, so lanes read the text of each delivery.
TEXT = "{{ message }}"


def open_run(*, overrides_quiet_hours: bool) -> MessageRun:
    """Return the running run of messages with this rule; it is made or resumed if needed."""
    rules = {"overrides_quiet_hours": overrides_quiet_hours}
    return open_run_of(MessageRun, origin=message_origin(**rules), text=TEXT, **rules)

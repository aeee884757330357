"""Every figure that processes count in memory. Those of the database are in the console.

Names follow Prometheus: seconds, and `_total` is added to what only grows. No label holds a UIN, a
name or a text.
"""

from __future__ import annotations

from metrics.instruments import Count, Distribution, Instrument, Level

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

# --- workers: counted by the ledger, the lanes and the control loop --------------

LEDGER_ENTRIES = Distribution(
    "qqcampaign_ledger_batch_entries",
    "Marks and results that one transaction of a ledger wrote.",
    bounds=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000),
)
LEDGER_SECONDS = Distribution(
    "qqcampaign_ledger_flush_seconds", "How long a transaction of a ledger took.", bounds=_SECONDS
)
UNKNOWN = Count("qqcampaign_unknown", "Deliveries that ended as unknown.")
REPLAYS = Count("qqcampaign_replays", "Requests repeated under the same SEQ.")
REQUESTS = Count("qqcampaign_message_requests", "Requests to send a message, repeats included.")
LANES_OPEN = Level("qqcampaign_lanes_open", "Lanes: accounts that a worker sends for.")
LANES_SENDING = Level("qqcampaign_lanes_sending", "Lanes that wait for the gateway's answer.")
LANES_WAITING = Level("qqcampaign_lanes_waiting", "Lanes that wait for their slot or their turn.")
PACE_ALLOWED = Level(
    "qqcampaign_pace_allowed_per_second",
    "Messages a second that the limits of the open lanes allow; lanes without limits count as 0.",
)
INBOX_DELAY = Distribution(
    "qqcampaign_inbox_delay_seconds",
    "How late an inbox was polled; of accounts without a lane.",
    bounds=(0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600),
)

# --- the console and jobs: counted under the lock of their module ---------------------------------

HTTP_REQUESTS = Count(
    "qqcampaign_http_requests", "Requests of the console and the API by status.", label="status"
)
HTTP_SECONDS = Distribution(
    "qqcampaign_http_request_seconds",
    "How long a request of the console or the API took.",
    bounds=_SECONDS,
)
SIGN_IN_FAILURES = Count("qqcampaign_login_failures", "Failures to sign in to the console.")
IMPORT_ROWS = Count("qqcampaign_import_rows", "Rows of contact imports.", label="result")
JOBS = Count("qqcampaign_jobs", "Tasks that workers have ended.", label="result")

INSTRUMENTS: tuple[Instrument, ...] = (
    LEDGER_ENTRIES,
    LEDGER_SECONDS,
    UNKNOWN,
    REPLAYS,
    REQUESTS,
    LANES_OPEN,
    LANES_SENDING,
    LANES_WAITING,
    PACE_ALLOWED,
    INBOX_DELAY,
    HTTP_REQUESTS,
    HTTP_SECONDS,
    SIGN_IN_FAILURES,
    IMPORT_ROWS,
    JOBS,
)

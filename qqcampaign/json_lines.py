"""Log lines as JSON, for LOG_FORMAT=json."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from foundation.log_context import log_context
from foundation.times import utc_iso


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON: at, level, logger, message, process, and a trace.

    And what it is about: request, user, task, run, account, delivery (foundation/log_context.py).
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "at": utc_iso(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            **log_context(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)

"""What the log says of tasks that failed: a line for an outage, a traceback for anything else."""

from __future__ import annotations

import logging

import pytest
from celery import current_app
from django.db import OperationalError, ProgrammingError
from redis.exceptions import ConnectionError as RedisConnectionError

OUTAGES = [
    OperationalError("couldn't get a connection after 10.00 sec"),
    RedisConnectionError("refused"),
    OSError(28, "No space left on device"),
]


def _record(problem: Exception, caplog: pytest.LogCaptureFixture) -> logging.LogRecord:
    """Return what Celery logs of a task that fails so."""

    def fail() -> None:
        raise problem

    task = current_app.task(fail, name=f"tests.fail_{type(problem).__name__}", shared=False)
    task.apply()
    (record,) = [one for one in caplog.records if one.name == "celery.app.trace"]
    return record


@pytest.mark.parametrize("problem", OUTAGES, ids=lambda problem: type(problem).__name__)
def test_an_outage_is_one_line(problem: Exception, caplog: pytest.LogCaptureFixture) -> None:
    record = _record(problem, caplog)
    name = type(problem).__name__
    assert (record.levelname, record.exc_info, record.exc_text) == ("WARNING", None, None)
    assert record.getMessage() == (
        f"tests.fail_{name} was not carried out: the database, Redis or the disk did not "
        f"answer ({name})."
    )


@pytest.mark.parametrize("problem", [KeyError("x"), ProgrammingError("no column")], ids=repr)
def test_a_program_error_keeps_its_traceback(
    problem: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    record = _record(problem, caplog)
    assert record.levelname == "ERROR"
    assert record.exc_info

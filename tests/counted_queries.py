"""Middleware for a console that tests run in a process of its own: answers say what they asked.

`tests.counting_settings` puts it first. The product never has it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase

#: The header with the number of statements that the database was asked for an answer.
HEADER = "X-Queries"


class CountedQueries:
    """Counts the statements of each request; those of the shared clock come now and then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer, with the number in its header."""
        n = 0

        def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            nonlocal n
            n += "clocks_sharedclock" not in sql
            return execute(sql, params, many, context)

        with connection.execute_wrapper(count):
            answer = self._get_response(request)
        answer.headers[HEADER] = str(n)
        return answer

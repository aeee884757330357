"""Refusals as RFC 9457 has them: application/problem+json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse

from foundation.characters import UNSTORABLE
from foundation.refusals import Refusal

CONTENT_TYPE = "application/problem+json"
#: Members that a problem has of its own; details of the same names are left out.
_OWN = frozenset({"type", "title", "status", "detail", "error", "sentence"})
#: Codes of refusals that say something named does not exist, besides those ending in `_unknown`.
_MISSING = frozenset({"no_such_file", "not_started", "no_request"})


class Problem(Exception):
    """A request is answered with an error.

    Args:
        status: the HTTP status.
        sentence: what is wrong, where, and what to do.
        code: a short stable name of the reason.
        headers: further headers of the answer.
        details: further members, such as the field.
    """

    def __init__(
        self,
        status: int,
        sentence: str,
        *,
        code: str,
        headers: Mapping[str, str] | None = None,
        **details: Any,
    ) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.code = status, sentence, code
        self.headers = dict(headers or {})
        self.details = details

    def as_data(self) -> dict[str, Any]:
        """Return the problem for JSON: what RFC 9457 names, then what `--json` of commands has."""
        sentence = UNSTORABLE.sub("\ufffd", self.sentence)
        return {
            "type": f"urn:qqcampaign:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": sentence,
            "error": self.code,
            "sentence": sentence,
            **{name: value for name, value in self.details.items() if name not in _OWN},
        }


def problem_of(refusal: Refusal) -> Problem:
    """Return a refusal of a service as a problem: 404 for an unknown name, else 409."""
    is_missing = refusal.code.endswith("_unknown") or refusal.code in _MISSING
    return Problem(
        404 if is_missing else 409, refusal.sentence, code=refusal.code, **refusal.details
    )


def problem_response(problem: Problem) -> HttpResponse:
    """Return the response for a problem."""
    body = json.dumps(problem.as_data(), ensure_ascii=False, default=str)
    response = HttpResponse(
        UNSTORABLE.sub("\ufffd", body).encode(),
        status=problem.status,
        content_type=CONTENT_TYPE,
    )
    for name, value in problem.headers.items():
        response[name] = value
    return response

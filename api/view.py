"""The one view of the API: a request, signed in, checked, carried out, answered."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from django.db import DatabaseError, DataError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from accounts.wake_ups import wake_reconciler
from api.models import Token
from api.open_operations import is_open
from api.operations import find_operation
from api.pipeline import idempotency
from api.pipeline.etags import body_of, etag_of, is_among, refuse_changed
from api.pipeline.operation import Answer, Call, Operation
from api.pipeline.problems import Problem, problem_of, problem_response
from api.pipeline.rates import refuse_too_many
from api.pipeline.reading import read_body, read_values, uploaded
from api.request_log.note import Asked, note
from api.scopes import Scope
from api.sent_file import sent_file
from api.tokens.sign_in import named_token, sign_in
from foundation.acts import API, acting
from foundation.commands import refusal_of
from foundation.database_room import full_disk_sentence, is_about_room
from foundation.failpoints import failpoint
from foundation.refusals import Refusal
from foundation.restricted import is_restricted, refuse_beyond, seeing_as

log = logging.getLogger(__name__)


@csrf_exempt  # a token signs in, never a cookie
@never_cache
def api(request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer a request to the API, and note it for the log."""
    asked = Asked()
    try:
        response = _answered(request, path, asked)
    except Exception as problem:
        asked.problem = _problem(problem, request, path)
        if asked.token is None:
            asked.token = _named_token(request)
        response = problem_response(asked.problem)
    response["Content-Language"] = get_language() or "en"
    note(request, asked, response.status_code)
    return response


def _named_token(request: HttpRequest) -> Token | None:
    """Return the token that a refused request names, for the log."""
    try:
        return named_token(request.headers.get("Authorization", ""))
    except DatabaseError:
        return None


def _problem(problem: Exception, request: HttpRequest, path: str) -> Problem:
    """Return what is answered in place of an exception."""
    if isinstance(problem, Problem):
        return problem
    if isinstance(problem, Refusal | UnicodeEncodeError):
        return problem_of(refusal_of(problem))
    if isinstance(problem, DatabaseError):
        return _database_problem(problem)
    log.error("A request to the API failed: %s %s", request.method, path[:200], exc_info=problem)
    return Problem(500, _("The server failed; nothing was changed."), code="failed")


def _answered(request: HttpRequest, path: str, asked: Asked) -> HttpResponseBase:
    operation, in_path = find_operation(str(request.method), path)
    asked.operation = operation
    token = sign_in(request.headers.get("Authorization", ""))
    asked.token = token
    request.user = token.user  # the histories of tables note who changed them
    refuse_too_many(token)
    body = read_body(operation, request)
    values = read_values(operation, request, in_path=in_path, body=body)
    _refuse_without_right(operation, token, values)
    verb = operation.command or f"{operation.method.lower()} {operation.path}"
    with (
        seeing_as(token.user),
        acting(channel=API, user=token.user, verb="" if operation.is_reading else verb),
        uploaded(operation, request) as upload,
    ):
        call = Call(token, values, upload)
        if operation.is_reading:
            return _read(operation, call, request)
        return _changed(operation, call, request, path, body, in_path)


def _refuse_without_right(operation: Operation, token: Token, values: Mapping[str, Any]) -> None:
    """Refuse what the token or its user may not do.

    Raises:
        Problem: 403.
    """
    if is_restricted(token.user) and not is_open(operation, values):
        raise Problem(403, _closed(), code="restricted")
    if not Scope(token.scope).includes(operation.scope):
        raise Problem(
            403,
            _("This needs a token with the scope “%(scope)s”; this one has “%(own)s”.")
            % {"scope": operation.scope.value, "own": token.scope},
            code="scope",
        )
    needed = [*operation.rights]
    needed += [right for name, right in operation.rights_of.items() if values.get(name)]
    missing = [right for right in needed if not token.user.has_perm(right)]
    if missing:
        raise Problem(
            403,
            _("%(user)s may not do this: %(rights)s is missing.")
            % {"user": token.user.get_username(), "rights": ", ".join(missing)},
            code="no_right",
        )


def _closed() -> str:
    return _(
        "This is not open to users who are restricted to labels or pools. Ask an administrator, or "
        "see docs/roles.md for what is open."
    )


def _read(operation: Operation, call: Call, request: HttpRequest) -> HttpResponseBase:
    answer = operation.perform(call)
    if answer.file is not None:
        return sent_file(answer)
    body = body_of(answer.data)
    etag = etag_of(body)
    if is_among(etag, request.headers.get("If-None-Match", "")):
        response = HttpResponse(status=304)
        del response["Content-Type"]
    else:
        response = HttpResponse(body, status=answer.status, content_type="application/json")
    response["ETag"] = etag
    return response


def _changed(
    operation: Operation,
    call: Call,
    request: HttpRequest,
    path: str,
    body: bytes,
    in_path: Mapping[str, str],
) -> HttpResponseBase:
    """Carry out what changes something: all of it or nothing, and once if it has a key."""
    key = idempotency.key_of(request.headers.get(idempotency.HEADER))
    match = request.headers.get("If-Match")
    if key is not None and not operation.is_whole:
        raise Problem(
            400,
            _("This takes no Idempotency-Key: it is no single transaction."),
            code="no_key_here",
            field=idempotency.HEADER,
        )
    with idempotency.alone(user=call.user, key=key):
        if not operation.is_whole:
            with transaction.atomic() if is_restricted(call.user) else nullcontext():
                answer = operation.perform(call)
                refuse_beyond()
            return _json(answer)
        asked = idempotency.hash_of(operation.method, request.get_full_path(), body, call.upload)
        with transaction.atomic():
            if key is not None:
                known = idempotency.stored_answer(user=call.user, key=key, request_hash=asked)
                if known is not None:
                    return _json(known, is_repeated=True)
            if match is not None and operation.is_definition:
                _refuse_changed(path, match, call)
            answer = operation.perform(call)
            refuse_beyond()
            if key is not None:
                failpoint("before_stored_answer")
                idempotency.store_answer(user=call.user, key=key, request_hash=asked, answer=answer)
            if Scope.SEND in (operation.scope, Scope(call.token.scope)):
                # A wake-up that the service sent inside the transaction came too early.
                transaction.on_commit(wake_reconciler)
    if key is not None:
        failpoint("after_stored_answer")
    return _json(answer)


def _refuse_changed(path: str, match: str, call: Call) -> None:
    """Compare If-Match with what a GET of the same address answers.

    Raises:
        Problem: 412.
    """
    reading, in_path = find_operation("GET", path)
    now = reading.perform(Call(call.token, dict(in_path)))
    refuse_changed(match, now=body_of(now.data))


def _json(answer: Answer, *, is_repeated: bool = False) -> HttpResponse:
    response = HttpResponse(
        body_of(answer.data), status=answer.status, content_type="application/json"
    )
    if is_repeated:
        response["Idempotent-Replayed"] = "true"
    return response


def _database_problem(trouble: DatabaseError) -> Problem:
    if isinstance(trouble, DataError):
        return Problem(400, _("A value is too large or too long to be stored."), code="wrong_value")
    if not isinstance(trouble, OperationalError):
        log.error("The database refused a request to the API", exc_info=trouble)
    return Problem(
        503,
        full_disk_sentence()
        if is_about_room(trouble)
        else _("The database does not answer; nothing was changed. Ask again in a moment."),
        code="database_unreachable",
        headers={"Retry-After": "2"},
    )

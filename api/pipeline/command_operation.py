"""An operation that is a command of manage.py, carried out in this process.

So it has the same names, the same JSON and the same refusals, and no logic of its own.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import OutputWrapper
from django.utils.translation import gettext as _

from api.pipeline.command_parameters import CommandArguments, actions_of, new_command
from api.pipeline.operation import READING, Answer, Call, Operation, Parameter
from api.pipeline.problems import Problem
from api.scopes import Scope
from foundation.commands import WRONG_USAGE

#: Stands in `fixed` for the name of the user who asks.
USER = object()
#: Nobody waits in a request: what an account does is asked for, and looked at later.
NO_WAIT = {"timeout": 0.0, "wait": 0.0}


def command_operation(
    method: str,
    path: str,
    command: str,
    *,
    scope: Scope,
    rights: Sequence[str] = (),
    rights_of: Mapping[str, str] | None = None,
    fixed: Mapping[str, Any] | None = None,
    hidden: Collection[str] = (),
    schemas: Mapping[str, Mapping[str, Any]] | None = None,
    upload: str = "",
    file_types: Mapping[str, str] | None = None,
    status: int = 200,
    later: str = "",
    **more: Any,
) -> Operation:
    """Return the operation that carries out a command.

    Args:
        method: of HTTP.
        path: with the names of parameters that stand in it.
        command: such as "campaign start".
        scope: what the token must have.
        rights: what the user must have.
        rights_of: what using a parameter needs in addition.
        fixed: options by destination that are set here; USER is the name of who asks.
        hidden: destinations that are left at their default.
        schemas: schemas in place of those of the types.
        upload: what the body is, if the command reads a FILE.
        file_types: by format, the content type of the file if the command writes one to --out.
        status: the HTTP status of success.
        later: a key of the answer with which the work goes on in the background: the status is 202.
        more: further attributes of the operation.
    """
    name, _blank, action = command.partition(" ")
    fixed = {**NO_WAIT, **(fixed or {})}
    unseen = {*fixed, *hidden, "out", *(("file",) if upload else ())}
    in_path = [part[1:-1] for part in path.split("/") if part.startswith("{")]

    @cache
    def arguments() -> CommandArguments:
        return CommandArguments(name, action, hidden=unseen, schemas=schemas)

    def parameters() -> Sequence[Parameter]:
        # The body of an upload is the file, so its parameters stand in the address.
        in_query = method in (*READING, "DELETE") or bool(upload)
        return arguments().parameters(path=in_path, is_reading=in_query)

    def perform(call: Call) -> Answer:
        options = arguments().options(call.values)
        for dest, value in fixed.items():
            if dest in options:
                options[dest] = call.user.get_username() if value is USER else value
        options |= {"action": action, "json": True, "acting_user": call.user}
        options["wrong_usage"] = _wrong_usage
        if upload:
            assert call.upload is not None
            as_path = name != "campaign"  # that one also reads standard input, by a name
            options["file"] = call.upload if as_path else str(call.upload)
        if not file_types:
            data = _carried_out(name, options)
            return Answer(data, 202 if later and later in data else status)
        return _file_of(name, options, file_types)

    words = actions_of(name).get(action, "") if action else str(new_command(name).help)
    return Operation(
        method,
        path,
        words[:1].upper() + words[1:],
        perform,
        scope,
        rights=rights,
        rights_of=rights_of or {},
        read_parameters=parameters,
        upload=upload,
        file_types=tuple(dict.fromkeys((file_types or {}).values())),
        command=command,
        statuses=(status, 202) if later else (status,),
        **more,
    )


def _carried_out(name: str, options: Mapping[str, Any]) -> Any:
    """Carry a command out, and return the data of its answer.

    A command that answered and then ends with status 1 says in its data what was not done, for each
    account or problem; the request was carried out.
    """
    command, answers, said = new_command(name), list[Any](), io.StringIO()
    command.receive = answers.append
    command.stdout = OutputWrapper(io.StringIO())
    command.stderr = OutputWrapper(said)
    try:
        check = options.get("check_usage")
        if check is not None:
            check(_Parsed(options))
        command.refuse_wrong_settings()
        command.perform(**options)
    except SystemExit as end:
        if end.code == WRONG_USAGE or not answers:
            raise Problem(422, said.getvalue() or _wrong_words(), code="wrong_usage") from None
    return answers[-1] if answers else None


class _Parsed:
    """Options as attributes, as a parser gives them to `check_usage`."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.__dict__.update(options)


def _file_of(name: str, options: dict[str, Any], types: Mapping[str, str]) -> Answer:
    """Have a command write a file, and answer with it. Memory stays bounded, whatever its size."""
    handle, path = tempfile.mkstemp(prefix="qqcampaign-api-")
    os.close(handle)
    file = Path(path)
    try:
        options["out"] = file if name == "suppressions" else path
        _carried_out(name, options)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    kind = types.get(str(options.get("format")), next(iter(types.values())))
    return Answer(file=file, content_type=kind)


def _wrong_usage(words: str) -> NoReturn:
    raise Problem(422, words, code="wrong_usage")


def _wrong_words() -> str:
    return _("The parameters do not fit together.")

"""An operation of the API: its address, who may ask for it, its parameters, what carries it out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from api.models import Token
from api.scopes import Scope

#: Methods that change nothing.
READING = ("GET", "HEAD")
_NAME = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Parameter:
    """A parameter of an operation.

    Args:
        name: its name in the address or the body.
        schema: what it may be, in JSON Schema.
        place: "path", "query" or "body".
        is_required: whether it must be given.
        words: what it means.
    """

    name: str
    schema: Mapping[str, Any]
    place: str = "body"
    is_required: bool = False
    words: str = ""

    @property
    def kind(self) -> str:
        """What it may be, in few words for people."""
        known = self.schema.get("enum")
        if known:
            return " | ".join(map(str, known))
        kind = self.schema.get("type", "")
        return kind if isinstance(kind, str) else " | ".join(kind)


@dataclass(frozen=True)
class Call:
    """One request for an operation.

    Args:
        token: the token that signed it in.
        values: the parameters that were given, checked.
        upload: the file that was sent, if the operation takes one.
    """

    token: Token
    values: Mapping[str, Any]
    upload: Path | None = None

    @property
    def user(self) -> Any:
        """The user who asks."""
        return self.token.user


@dataclass(frozen=True)
class Answer:
    """What an operation answers.

    Args:
        data: for JSON.
        status: the HTTP status.
        file: in place of data, a file that is sent and then removed.
        content_type: of the file.
    """

    data: Any = None
    status: int = 200
    file: Path | None = None
    content_type: str = "application/json"


@dataclass(frozen=True)
class Operation:
    """An operation.

    Args:
        method: of HTTP.
        path: below /api/v1/, with {names}.
        words: what it does, in one sentence.
        perform: carries it out.
        scope: what the token must have.
        rights: the permissions that the user must have.
        rights_of: by the name of a parameter, a permission that using it needs.
        read_parameters: returns its parameters; called once.
        upload: what the file is that the body holds; empty: the body is JSON.
        answer: the schema of its data.
        file_types: the content types of the file that it answers; empty: it answers JSON.
        is_definition: whether If-Match is compared with what GET of the same address answers.
        is_whole: whether all of it is one transaction; a long import is not.
        command: the command of manage.py that does the same, as "campaign start".
        statuses: the HTTP statuses of success.
    """

    method: str
    path: str
    words: str
    perform: Callable[[Call], Answer]
    scope: Scope
    rights: Sequence[str] = ()
    rights_of: Mapping[str, str] = field(default_factory=dict)
    read_parameters: Callable[[], Sequence[Parameter]] = tuple
    upload: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)
    file_types: Sequence[str] = ()
    is_definition: bool = False
    is_whole: bool = True
    command: str = ""
    statuses: Sequence[int] = (200,)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameters."""
        return tuple(self.read_parameters())

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What its addresses look like. A name may contain a slash."""
        return re.compile(_NAME.sub(r"(?P<\1>.+)", self.path), re.DOTALL)

    @property
    def is_reading(self) -> bool:
        """Whether it changes nothing."""
        return self.method in READING

    @property
    def tag(self) -> str:
        """The resource that it belongs to."""
        return self.path.partition("/")[0]

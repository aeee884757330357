"""The base class of all requests: their common fields, their body, and the check of their reply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar, cast

from qqhttp.codec import Fields
from qqhttp.errors import MalformedReply
from qqhttp.replies import Reply
from qqhttp.translatable import Translatable as _

R_co = TypeVar("R_co", bound=Reply, covariant=True)

VERSION = "1.1"
"""VER. An unknown version is answered NULL; old clients sent 1.0 to 1.2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Generic[R_co]):
    """The fields and methods of every request.

    Attributes:
        seq: SEQ, 0 or more.
        uin: UIN, the account that sends the request.

    Raises:
        ValueError: a field is not valid.
    """

    command: ClassVar[str]
    reply_class: ClassVar[type[Reply]] = Reply
    reply_commands: ClassVar[frozenset[str]]

    seq: int
    uin: int

    def __post_init__(self) -> None:
        """Check SEQ and UIN."""
        if self.seq < 0 or self.uin < 1:
            raise ValueError("SEQ cannot be negative, and UIN must be positive.")

    def encode(self) -> bytes:
        """Return the request's body."""
        return (
            f"VER={VERSION}&CMD={self.command}&SEQ={self.seq}&UIN={self.uin}{self._own_fields()}"
        ).encode("ascii")

    def read(self, fields: Fields) -> R_co:
        """Return the typed reply.

        Raises:
            MalformedReply: the fields are not a reply, or they are the reply to another request.
        """
        if fields.raw("CMD").strip().upper() not in self.reply_commands:
            raise MalformedReply(_("it is the reply to another command"))
        if fields.integer("UIN") != self.uin:
            raise MalformedReply(_("it is the reply to another account"))
        if not self._is_own_seq(fields.integer("SEQ")):
            raise MalformedReply(_("the reply's SEQ differs from the request's"))
        return cast(R_co, self.reply_class.from_fields(fields))

    def _is_own_seq(self, seq: int | None) -> bool:
        return seq == self.seq

    def _own_fields(self) -> str:
        """Return the fields of this command, each with a leading ``&``."""
        return ""

"""Typed requests, one class for each of the twelve commands.

Each is a frozen dataclass with keyword-only fields, `seq` and `uin` first; ``encode()`` gives the
body and ``read(fields)`` the typed reply. What the reference says the gateway answers with NULL
or with a penalty is refused here, with a :class:`ValueError`, before it costs anything.

`seq` is the guard against a repeated send: a replay of the same request takes the same one, and
no other request of that account ever does. The caller keeps count of it.

Source: the reference's second write-up, section (1) to (11); Finger from the first.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar, cast

from qqhttp.codec import Fields, escape
from qqhttp.enums import Status, Verdict
from qqhttp.errors import MalformedReply
from qqhttp.profile_replies import GetInfoReply, QueryStatReply
from qqhttp.replies import (
    AddToListReply,
    GetMsgExReply,
    ListReply,
    LoginReply,
    Reply,
)
from qqhttp.translatable import Translatable as _

R_co = TypeVar("R_co", bound=Reply, covariant=True)

VERSION = "1.1"
"""VER. A wrong one is answered with NULL; historic clients sent 1.0 to 1.2."""

LC = "9326B87B234E7235"
"""The constant of Login. With a single letter of it changed the gateway answers NULL."""


def password_digest(password: str) -> str:
    """Return PS for a password: its MD5 in lowercase hex. As secret as the password itself."""
    return hashlib.md5(password.encode("utf-8"), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Generic[R_co]):
    """What every request has.

    Attributes:
        seq: SEQ, 0 or more.
        uin: UIN, the account that asks.
    """

    command: ClassVar[str]
    reply_class: ClassVar[type[Reply]] = Reply
    reply_commands: ClassVar[frozenset[str]]

    seq: int
    uin: int

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be right."""
        if self.seq < 0 or self.uin < 1:
            raise ValueError("SEQ cannot be negative, and UIN has to be positive.")

    def encode(self) -> bytes:
        """Return the request's body."""
        return (
            f"VER={VERSION}&CMD={self.command}&SEQ={self.seq}&UIN={self.uin}{self._particulars()}"
        ).encode("ascii")

    def read(self, fields: Fields) -> R_co:
        """Return the typed reply.

        Raises:
            MalformedReply: the fields are not a reply, or one to another request: then the
                connection is out of step.
        """
        if fields.raw("CMD").strip().upper() not in self.reply_commands:
            raise MalformedReply(_("it answers another command than the one that was sent"))
        if fields.integer("UIN") != self.uin:
            raise MalformedReply(_("it answers another account than the one that asked"))
        if not self._is_own_seq(fields.integer("SEQ")):
            raise MalformedReply(_("its SEQ is not that of the request"))
        return cast(R_co, self.reply_class.from_fields(fields))

    def _is_own_seq(self, seq: int | None) -> bool:
        return seq == self.seq

    def _particulars(self) -> str:
        """Return what follows the four common fields, with its leading ``&``."""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login(Request[LoginReply]):
    """Log in from this address. `ps` is :func:`password_digest` of the password."""

    command: ClassVar[str] = "Login"
    reply_class: ClassVar[type[Reply]] = LoginReply
    reply_commands: ClassVar[frozenset[str]] = frozenset({"LOGIN"})

    ps: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse an empty PS, which the gateway answers with NULL."""
        Request.__post_init__(self)
        if not self.ps:
            raise ValueError("PS is empty: a login needs the password's digest.")

    def _particulars(self) -> str:
        return f"&PS={escape(self.ps, 'PS')}&M5=1&LC={LC}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logout(Request[Reply]):
    """Log out; always answered with RES=0."""

    command: ClassVar[str] = "Logout"
    reply_commands: ClassVar[frozenset[str]] = frozenset({"LOGOUT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class List(Request[ListReply]):
    """Ask for the friend list. With `tn` 0 only the number of friends comes."""

    command: ClassVar[str] = "List"
    reply_class: ClassVar[type[Reply]] = ListReply
    reply_commands: ClassVar[frozenset[str]] = frozenset({"LIST"})

    tn: int = 160

    def _particulars(self) -> str:
        return f"&TN={self.tn}&UN=0"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryStat(Request[QueryStatReply]):
    """Ask which friends are online."""

    command: ClassVar[str] = "Query_Stat"
    reply_class: ClassVar[type[Reply]] = QueryStatReply
    reply_commands: ClassVar[frozenset[str]] = frozenset({"QUERY_STAT"})

    tn: int = 50

    def __post_init__(self) -> None:
        """Refuse TN=0: it is answered twice, and the second answer meets the next request."""
        Request.__post_init__(self)
        if self.tn == 0:
            raise ValueError("Query_Stat with TN=0 is answered twice on one connection; send TN.")

    def _is_own_seq(self, seq: int | None) -> bool:
        # The reference shows SEQ=-1 in this reply.
        return seq in (self.seq, -1)

    def _particulars(self) -> str:
        return f"&TN={self.tn}&UN=0"


@dataclass(frozen=True, slots=True, kw_only=True)
class GetInfo(Request[GetInfoReply]):
    """Ask about the person `un`; `lv` 0 and 1 brief, 2 normal, 3 and more in full."""

    command: ClassVar[str] = "GetInfo"
    reply_class: ClassVar[type[Reply]] = GetInfoReply
    reply_commands: ClassVar[frozenset[str]] = frozenset({"GETINFO"})

    un: int
    lv: int

    def _particulars(self) -> str:
        return f"&LV={self.lv}&UN={self.un}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddToList(Request[AddToListReply]):
    """Ask to make `un` a friend; the reply's CD tells whether they are, may be asked, or refuse."""

    command: ClassVar[str] = "AddToList"
    reply_class: ClassVar[type[Reply]] = AddToListReply
    reply_commands: ClassVar[frozenset[str]] = frozenset({"ADDTOLIST"})

    un: int

    def _particulars(self) -> str:
        return f"&UN={self.un}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AckAddToList(Request[Reply]):
    """Answer a friend request, or send one: `cd` as in :class:`~qqhttp.enums.Verdict`.

    With `cd` 2 it has to be sent twice, under two SEQs: one is answered RES=3 after 20 s and
    lost, the other arrives. `rs` is the text that goes with it.
    """

    command: ClassVar[str] = "Ack_AddToList"
    reply_commands: ClassVar[frozenset[str]] = frozenset({"ACK_ADDTOLIST"})

    un: int
    cd: int
    rs: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a CD of 3 and more, which costs a penalty of 20 s."""
        Request.__post_init__(self)
        if self.cd not in tuple(Verdict):
            raise ValueError("CD is 0 (accept), 1 (reject) or 2 (ask); others cost a penalty.")

    def _particulars(self) -> str:
        return f"&UN={self.un}&CD={int(self.cd)}&RS={escape(self.rs, 'RS')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DelFromList(Request[Reply]):
    """Take `un` off the friend list. A repeat costs a penalty of 30 s."""

    command: ClassVar[str] = "DelFromList"
    reply_commands: ClassVar[frozenset[str]] = frozenset({"DELFROMLIST"})

    un: int

    def _particulars(self) -> str:
        return f"&UN={self.un}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finger(Request[QueryStatReply]):
    """Search for people by age, sex and province; only its request is known."""

    command: ClassVar[str] = "Finger"
    reply_class: ClassVar[type[Reply]] = QueryStatReply
    # Nobody wrote down its reply; Query_Stat's is the likeliest model, the name included.
    reply_commands: ClassVar[frozenset[str]] = frozenset({"FINGER", "QUERY_STAT"})

    ag: int
    sx: int
    pv: str

    def _is_own_seq(self, seq: int | None) -> bool:
        return seq in (self.seq, -1)

    def _particulars(self) -> str:
        return f"&AG={int(self.ag)}&SX={int(self.sx)}&PV={escape(self.pv, 'PV')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeStat(Request[Reply]):
    """Set the account's status: `st` as in :class:`~qqhttp.enums.Status`."""

    command: ClassVar[str] = "Change_Stat"
    reply_commands: ClassVar[frozenset[str]] = frozenset({"CHANGE_STAT"})

    st: int

    def __post_init__(self) -> None:
        """Refuse an ST outside 10, 20, 30 and 40, which the gateway answers with NULL."""
        Request.__post_init__(self)
        if self.st not in tuple(Status):
            raise ValueError("ST is 10 (online), 20 (offline), 30 (busy) or 40 (invisible).")

    def _particulars(self) -> str:
        return f"&ST={int(self.st)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GetMsgEx(Request[GetMsgExReply]):
    """Fetch what has arrived, and show that the account lives."""

    command: ClassVar[str] = "GetMsgEx"
    reply_class: ClassVar[type[Reply]] = GetMsgExReply
    reply_commands: ClassVar[frozenset[str]] = frozenset({"GETMSGEX"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CltMsg(Request[Reply]):
    """Send the text `mg` to `un`.

    `spell_h` escapes each lowercase h as ``%68``: the old gateway sometimes answered a bare one
    with NULL, so the replay of a message after a NULL may spell it that way. The text is the same.
    """

    command: ClassVar[str] = "CLTMSG"
    reply_commands: ClassVar[frozenset[str]] = frozenset({"CLTMSG"})

    un: int
    mg: str = field(repr=False)
    spell_h: bool = False

    def _particulars(self) -> str:
        text = escape(self.mg, "MG")
        if self.spell_h:
            text = text.replace("h", "%68")
        return f"&UN={self.un}&MG={text}"

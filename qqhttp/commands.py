"""Typed requests, one class for each of the twelve commands.

Each is a frozen dataclass with keyword-only fields. ``encode()`` returns the body, ``read(fields)``
the typed reply. A request that, according to the reference, the gateway answers with NULL or a
penalty raises :class:`ValueError` when it is created.

`seq` protects against a repeated send: a replay of a request has the same `seq`, and no other
request of the account may have it. The caller must assign it.

Source: the reference's second write-up, section (1) to (11); Finger from the first.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import ClassVar

from qqhttp.codec import escape
from qqhttp.enums import Status, Verdict
from qqhttp.profile_replies import GetInfoReply, QueryStatReply
from qqhttp.replies import (
    AddToListReply,
    GetMsgExReply,
    ListReply,
    LoginReply,
    Reply,
)
from qqhttp.request import Request

LC = "9326B87B234E7235"
"""LC, the constant of Login. Any other value is answered NULL."""


def password_digest(password: str) -> str:
    """Return PS for a password: its MD5 in lowercase hex. Keep it as secret as the password."""
    return hashlib.md5(password.encode("utf-8"), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Login(Request[LoginReply]):
    """Log in from this IP address. `ps` is :func:`password_digest` of the password."""

    command: ClassVar[str] = "Login"
    reply_class: ClassVar[type[Reply]] = LoginReply
    reply_commands: ClassVar[frozenset[str]] = frozenset({"LOGIN"})

    ps: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse an empty PS, which the gateway answers NULL."""
        Request.__post_init__(self)
        if not self.ps:
            raise ValueError("PS is empty: a login needs the password's digest.")

    def _own_fields(self) -> str:
        return f"&PS={escape(self.ps, 'PS')}&M5=1&LC={LC}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logout(Request[Reply]):
    """Log out; always answered with RES=0."""

    command: ClassVar[str] = "Logout"
    reply_commands: ClassVar[frozenset[str]] = frozenset({"LOGOUT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class List(Request[ListReply]):
    """Request the friend list; with `tn` 0 only the number of friends."""

    command: ClassVar[str] = "List"
    reply_class: ClassVar[type[Reply]] = ListReply
    reply_commands: ClassVar[frozenset[str]] = frozenset({"LIST"})

    tn: int = 160

    def _own_fields(self) -> str:
        return f"&TN={self.tn}&UN=0"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryStat(Request[QueryStatReply]):
    """Request the friends who are online."""

    command: ClassVar[str] = "Query_Stat"
    reply_class: ClassVar[type[Reply]] = QueryStatReply
    reply_commands: ClassVar[frozenset[str]] = frozenset({"QUERY_STAT"})

    tn: int = 50

    def __post_init__(self) -> None:
        """Refuse TN=0: it is answered twice, and the second reply would follow the next request."""
        Request.__post_init__(self)
        if self.tn == 0:
            raise ValueError("Query_Stat with TN=0 is answered twice on one connection; send TN.")

    def _is_own_seq(self, seq: int | None) -> bool:
        # The reference shows a reply with SEQ=-1.
        return seq in (self.seq, -1)

    def _own_fields(self) -> str:
        return f"&TN={self.tn}&UN=0"


@dataclass(frozen=True, slots=True, kw_only=True)
class GetInfo(Request[GetInfoReply]):
    """Request the profile of `un`: `lv` 0 and 1 brief, 2 normal, 3 and more complete."""

    command: ClassVar[str] = "GetInfo"
    reply_class: ClassVar[type[Reply]] = GetInfoReply
    reply_commands: ClassVar[frozenset[str]] = frozenset({"GETINFO"})

    un: int
    lv: int

    def _own_fields(self) -> str:
        return f"&LV={self.lv}&UN={self.un}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddToList(Request[AddToListReply]):
    """Add `un` to the friend list. CD of the reply says: added, must be asked, or refused."""

    command: ClassVar[str] = "AddToList"
    reply_class: ClassVar[type[Reply]] = AddToListReply
    reply_commands: ClassVar[frozenset[str]] = frozenset({"ADDTOLIST"})

    un: int

    def _own_fields(self) -> str:
        return f"&UN={self.un}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AckAddToList(Request[Reply]):
    """Answer a friend request, or send one.

    With `cd` 2 it must be sent twice, with two SEQs: one is answered RES=3 after 20 s and has no
    effect, the other arrives.

    Attributes:
        un: the other person.
        cd: a :class:`~qqhttp.enums.Verdict`.
        rs: the text of the answer or request.
    """

    command: ClassVar[str] = "Ack_AddToList"
    reply_commands: ClassVar[frozenset[str]] = frozenset({"ACK_ADDTOLIST"})

    un: int
    cd: int
    rs: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse CD=3 and more, which has a penalty of 20 s."""
        Request.__post_init__(self)
        if self.cd not in tuple(Verdict):
            raise ValueError("CD is 0 (accept), 1 (reject) or 2 (ask); others cost a penalty.")

    def _own_fields(self) -> str:
        return f"&UN={self.un}&CD={int(self.cd)}&RS={escape(self.rs, 'RS')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DelFromList(Request[Reply]):
    """Remove `un` from the friend list. A repetition has a penalty of 30 s."""

    command: ClassVar[str] = "DelFromList"
    reply_commands: ClassVar[frozenset[str]] = frozenset({"DELFROMLIST"})

    un: int

    def _own_fields(self) -> str:
        return f"&UN={self.un}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finger(Request[QueryStatReply]):
    """Search for people by age, sex and province. The reference has no reply to it."""

    command: ClassVar[str] = "Finger"
    reply_class: ClassVar[type[Reply]] = QueryStatReply
    # Its reply is assumed to be like that of Query_Stat, perhaps with that name as CMD.
    reply_commands: ClassVar[frozenset[str]] = frozenset({"FINGER", "QUERY_STAT"})

    ag: int
    sx: int
    pv: str

    def _is_own_seq(self, seq: int | None) -> bool:
        return seq in (self.seq, -1)

    def _own_fields(self) -> str:
        return f"&AG={int(self.ag)}&SX={int(self.sx)}&PV={escape(self.pv, 'PV')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeStat(Request[Reply]):
    """Set the account's status; `st` is a :class:`~qqhttp.enums.Status`."""

    command: ClassVar[str] = "Change_Stat"
    reply_commands: ClassVar[frozenset[str]] = frozenset({"CHANGE_STAT"})

    st: int

    def __post_init__(self) -> None:
        """Refuse an unknown ST, which the gateway answers NULL."""
        Request.__post_init__(self)
        if self.st not in tuple(Status):
            raise ValueError("ST is 10 (online), 20 (offline), 30 (busy) or 40 (invisible).")

    def _own_fields(self) -> str:
        return f"&ST={int(self.st)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GetMsgEx(Request[GetMsgExReply]):
    """Fetch the inbox. It also keeps the session alive."""

    command: ClassVar[str] = "GetMsgEx"
    reply_class: ClassVar[type[Reply]] = GetMsgExReply
    reply_commands: ClassVar[frozenset[str]] = frozenset({"GETMSGEX"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CltMsg(Request[Reply]):
    """Send the text `mg` to `un`.

    The old gateway sometimes answered NULL to a text with an unescaped lowercase h. `escape_h`
    escapes each as ``%68``, for the replay of a message after a NULL. The decoded text is the same.
    """

    command: ClassVar[str] = "CLTMSG"
    reply_commands: ClassVar[frozenset[str]] = frozenset({"CLTMSG"})

    un: int
    mg: str = field(repr=False)
    escape_h: bool = False

    def _own_fields(self) -> str:
        text = escape(self.mg, "MG")
        if self.escape_h:
            text = text.replace("h", "%68")
        return f"&UN={self.un}&MG={text}"

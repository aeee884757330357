"""The QQ HTTP protocol: requests, replies, errors and a client. It does not need Django.

    >>> from qqhttp import CltMsg, GatewayClient, Login, password_digest
    >>> with GatewayClient("http://127.0.0.1:8000/") as client:          # doctest: +SKIP
    ...     login = Login(seq=1, uin=29501213, ps=password_digest("..."))
    ...     client.exchange(login).raise_for_res()
    ...     client.exchange(CltMsg(seq=2, uin=29501213, un=106814, mg="hi")).res

The protocol and its pitfalls: ``docs/protocol.md``.
"""

from qqhttp.client import GatewayClient
from qqhttp.codec import Fields, encode, parse
from qqhttp.commands import (
    LC,
    AckAddToList,
    AddToList,
    ChangeStat,
    CltMsg,
    DelFromList,
    Finger,
    GetInfo,
    GetMsgEx,
    List,
    Login,
    Logout,
    QueryStat,
    password_digest,
)
from qqhttp.enums import (
    BloodType,
    Consent,
    Constellation,
    MessageKind,
    Sex,
    Status,
    Verdict,
    Zodiac,
    face_file,
)
from qqhttp.errors import (
    ConnectionReset,
    EmptyReply,
    GatewayError,
    HttpError,
    IllegalUin,
    LoginRefused,
    MalformedReply,
    NeverLeft,
    NoAnswer,
    NotLoggedIn,
    OtherRefusal,
    ReadTimeout,
    Refusal,
    TooFast,
    Withheld,
)
from qqhttp.profile_replies import GetInfoReply, Presence, QueryStatReply
from qqhttp.replies import (
    AddToListReply,
    GetMsgExReply,
    ListReply,
    LoginReply,
    Message,
    Reply,
)
from qqhttp.request import Request

__all__ = [
    "LC",
    "AckAddToList",
    "AddToList",
    "AddToListReply",
    "BloodType",
    "ChangeStat",
    "CltMsg",
    "ConnectionReset",
    "Consent",
    "Constellation",
    "DelFromList",
    "EmptyReply",
    "Fields",
    "Finger",
    "GatewayClient",
    "GatewayError",
    "GetInfo",
    "GetInfoReply",
    "GetMsgEx",
    "GetMsgExReply",
    "HttpError",
    "IllegalUin",
    "List",
    "ListReply",
    "Login",
    "LoginRefused",
    "LoginReply",
    "Logout",
    "MalformedReply",
    "Message",
    "MessageKind",
    "NeverLeft",
    "NoAnswer",
    "NotLoggedIn",
    "OtherRefusal",
    "Presence",
    "QueryStat",
    "QueryStatReply",
    "ReadTimeout",
    "Refusal",
    "Reply",
    "Request",
    "Sex",
    "Status",
    "TooFast",
    "Verdict",
    "Withheld",
    "Zodiac",
    "encode",
    "face_file",
    "parse",
    "password_digest",
]

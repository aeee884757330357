"""Typed replies, one class for each form of reply (`profile_replies.py` has those about people).

A reply with RES other than 0 is read too: its other attributes are empty, and
:meth:`Reply.raise_for_res` raises the error. Reading raises only
:class:`~qqhttp.errors.MalformedReply`, for a reply that is incomplete or contradicts itself.

Source: the reference's second write-up, sections (1) to (11).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from qqhttp.codec import Fields, aligned
from qqhttp.enums import Consent, MessageKind, Status, known
from qqhttp.errors import LoginRefused, MalformedReply, refusal_for
from qqhttp.translatable import Translatable as _


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The attributes of every reply.

    Replies to Logout, Ack_AddToList, DelFromList, Change_Stat and CLTMSG have no others.

    Attributes:
        res: RES. 0 means accepted; it does not mean that the recipient has seen a message.
        fields: all fields of the reply, unknown ones included.
    """

    res: int
    fields: Fields

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Return the typed reply.

        Raises:
            MalformedReply: RES is missing or not a number, or the fields contradict each other.
        """
        return cls(res=res_of(fields), fields=fields)

    def raise_for_res(self) -> None:
        """Raise a :class:`~qqhttp.errors.Refusal` if RES is not 0."""
        if self.res != 0:
            raise refusal_for(self.res)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginReply(Reply):
    """The reply to Login.

    Attributes:
        rs: RS. 0 means logged in, any other value a refused login, even with RES=0.
        ra: RA, the gateway's reason for a refusal.
        heartbeat_seconds: HI, the interval at which to send requests; None if unknown.
        idle_seconds: LI, the time without requests after which the session ends; None if unknown.
    """

    rs: int | None = None
    ra: str = ""
    heartbeat_seconds: int | None = None
    idle_seconds: int | None = None

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Return the typed reply. With RES=0, RS is required, because it decides about success."""
        res = res_of(fields)
        if res != 0:
            return cls(res=res, fields=fields)
        rs = fields.integer("RS")
        if rs is None:
            raise MalformedReply(_("RS is missing, so it is not known whether the login succeeded"))
        return cls(
            res=res,
            fields=fields,
            rs=rs,
            ra=fields.text("RA"),
            heartbeat_seconds=fields.lenient_integer("HI"),
            idle_seconds=fields.lenient_integer("LI"),
        )

    def raise_for_res(self) -> None:
        """Raise a :class:`~qqhttp.errors.Refusal` if RES or RS is not 0."""
        # The zero-argument super() does not work in a dataclass with slots before Python 3.14.
        Reply.raise_for_res(self)
        if self.rs:
            raise LoginRefused(rs=self.rs, reason=self.ra)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReply(Reply):
    """The reply to List.

    Attributes:
        friends: the friends' UINs; empty if the request had TN=0.
        count: the number of friends according to the gateway: SN, or FN if the request had TN=0
            (with any other TN, FN is the constant 1).
    """

    friends: tuple[int, ...] = ()
    count: int = 0

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Return the typed reply."""
        res = res_of(fields)
        if res != 0:
            return cls(res=res, fields=fields)
        friends = fields.integers_of("UN")
        count = fields.integer("SN")
        if count is None:
            # A reply without SN and UN is one to TN=0: only then is FN the number of friends.
            count = len(friends) if "UN" in fields else (fields.integer("FN") or 0)
        return cls(res=res, fields=fields, friends=friends, count=count)

    @property
    def is_complete(self) -> bool:
        """Whether `friends` is complete: some gateways cut the list, one of them at 120."""
        return len(self.friends) >= self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class AddToListReply(Reply):
    """The reply to AddToList.

    Attributes:
        consent: CD, see :class:`~qqhttp.enums.Consent`; None if unknown.
        uin: UN, the person who was to be added; None if unknown.
    """

    consent: int | None = None
    uin: int | None = None

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Return the typed reply."""
        res = res_of(fields)
        if res != 0:
            return cls(res=res, fields=fields)
        return cls(
            res=res,
            fields=fields,
            consent=known(Consent, fields.lenient_integer("CD")),
            uin=fields.lenient_integer("UN"),
        )

    @property
    def is_refused(self) -> bool:
        """Whether the person refuses all friend requests (CD=2 or CD=3)."""
        return self.consent in (Consent.REFUSED, Consent.REFUSED_TOO)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the inbox. Its repr does not include the text.

    Attributes:
        kind: MT, see :class:`~qqhttp.enums.MessageKind`.
        sender: UN.
        text: MG, unchanged. In the reference a person's text ends with a space ("hi ,").
    """

    kind: int
    sender: int
    text: str = field(repr=False)

    @property
    def status(self) -> Status | None:
        """The sender's new status, if this is a system message about it, else None."""
        if self.kind != MessageKind.SYSTEM:
            return None
        return {"10": Status.ONLINE, "20": Status.OFFLINE, "30": Status.BUSY}.get(self.text.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class GetMsgExReply(Reply):
    """The reply to GetMsgEx.

    Attributes:
        messages: the inbox, oldest first. The gateway deletes what it has delivered here.
    """

    messages: tuple[Message, ...] = ()

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Return the typed reply.

        Raises:
            MalformedReply: MT, UN and MG differ in length. A guess could attribute a text, perhaps
                an opt-out, to the wrong person.
        """
        res = res_of(fields)
        if res != 0:
            return cls(res=res, fields=fields)
        kinds = fields.integers_of("MT")
        senders = fields.integers_of("UN")
        texts = fields.items_of("MG")
        if len(kinds) == 1:
            # The gateway did not escape a comma. With one message it is clear who wrote the text.
            texts = (",".join(texts),)
        if len(senders) != len(kinds) or len(texts) > len(kinds):
            raise MalformedReply(_("MT, UN and MG list different numbers of messages"))
        messages = map(Message, kinds, senders, aligned(texts, len(kinds)))
        return cls(res=res, fields=fields, messages=tuple(messages))


def res_of(fields: Fields) -> int:
    """Return RES.

    Raises:
        MalformedReply: it is missing or not a number.
    """
    res = fields.integer("RES")
    if res is None:
        raise MalformedReply(_("RES is missing"))
    return res

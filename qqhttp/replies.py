"""Typed replies, one class for each shape the gateway answers in (about people: `people.py`).

A reply with a RES other than 0 is a reply too: its particulars are empty, and
:meth:`Reply.raise_for_res` turns it into the error it means. Only a reply that contradicts itself
raises, and only :class:`~qqhttp.errors.MalformedReply`.

Source: the reference's second write-up, section (1) to (11).
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
    """What every reply has.

    All there is to Logout, Ack_AddToList, DelFromList, Change_Stat and CLTMSG.

    Attributes:
        res: RES; 0 means accepted, for a message not that it was seen.
        fields: every field that came, known or not.
    """

    res: int
    fields: Fields

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read a reply.

        Raises:
            MalformedReply: RES is missing or not a number, or a particular contradicts itself.
        """
        return cls(res=res_of(fields), fields=fields)

    def raise_for_res(self) -> None:
        """Raise the :class:`~qqhttp.errors.Refusal` that this reply means, if it means one."""
        if self.res != 0:
            raise refusal_for(self.res)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginReply(Reply):
    """The answer to Login.

    Attributes:
        rs: 0 if logged in; with RES=0 too, anything else is a refused login.
        ra: why it was refused, in the gateway's words.
        heartbeat_seconds: HI, how often the account should be heard of; None if not told.
        idle_seconds: LI, after how much silence the session ends; None if not told.
    """

    rs: int | None = None
    ra: str = ""
    heartbeat_seconds: int | None = None
    idle_seconds: int | None = None

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read a reply; RS is required where RES is 0, as success cannot be guessed."""
        res = res_of(fields)
        if res != 0:
            return cls(res=res, fields=fields)
        rs = fields.integer("RS")
        if rs is None:
            raise MalformedReply(_("RS is missing, so it does not say whether the login holds"))
        return cls(
            res=res,
            fields=fields,
            rs=rs,
            ra=fields.text("RA"),
            heartbeat_seconds=fields.lenient_integer("HI"),
            idle_seconds=fields.lenient_integer("LI"),
        )

    def raise_for_res(self) -> None:
        """Raise the refusal, a wrong password (RES=0 and RS=1) among them."""
        # The zero-argument super() does not work in a dataclass with slots before Python 3.14.
        Reply.raise_for_res(self)
        if self.rs:
            raise LoginRefused(rs=self.rs, reason=self.ra)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReply(Reply):
    """The answer to List.

    Attributes:
        friends: their UINs; empty if the request's TN was 0.
        count: how many the gateway says there are: SN, or FN where TN was 0 (with any other TN,
            FN is the constant 1).
    """

    friends: tuple[int, ...] = ()
    count: int = 0

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read a reply; the list, not its count, is what tells the friends."""
        res = res_of(fields)
        if res != 0:
            return cls(res=res, fields=fields)
        friends = fields.integers_of("UN")
        count = fields.integer("SN")
        if count is None:
            # Without SN and UN the request had TN=0, and only then is FN the number of friends.
            count = len(friends) if "UN" in fields else (fields.integer("FN") or 0)
        return cls(res=res, fields=fields, friends=friends, count=count)

    @property
    def is_complete(self) -> bool:
        """Say whether all friends are here: some gateways cut the list (one at 120 names)."""
        return len(self.friends) >= self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class AddToListReply(Reply):
    """The answer to AddToList.

    Attributes:
        consent: CD, see :class:`~qqhttp.enums.Consent`; None if not told.
        uin: UN, who was asked.
    """

    consent: int | None = None
    uin: int | None = None

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read a reply."""
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
        """Say whether the person refuses all friend requests (CD=2 or CD=3)."""
        return self.consent in (Consent.REFUSED, Consent.REFUSED_TOO)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the inbox; its text is never in its repr.

    Attributes:
        kind: MT, see :class:`~qqhttp.enums.MessageKind`.
        sender: UN.
        text: MG, just as it came. In the reference what a person wrote ends with a space ("hi ,").
    """

    kind: int
    sender: int
    text: str = field(repr=False)

    @property
    def status(self) -> Status | None:
        """Return the sender's new status, if this is a message about that."""
        if self.kind != MessageKind.SYSTEM:
            return None
        return {"10": Status.ONLINE, "20": Status.OFFLINE, "30": Status.BUSY}.get(self.text.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class GetMsgExReply(Reply):
    """The answer to GetMsgEx.

    Attributes:
        messages: what had arrived, oldest first; the gateway forgets what it has told.
    """

    messages: tuple[Message, ...] = ()

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read a reply.

        Raises:
            MalformedReply: MT, UN and MG do not agree. Guessing would put one person's words
                (an opt-out, perhaps) into another's mouth.
        """
        res = res_of(fields)
        if res != 0:
            return cls(res=res, fields=fields)
        kinds = fields.integers_of("MT")
        senders = fields.integers_of("UN")
        texts = fields.items_of("MG")
        if len(kinds) == 1:
            # A gateway that forgot to escape a comma: with one message there is no doubt whose.
            texts = (",".join(texts),)
        if len(senders) != len(kinds) or len(texts) > len(kinds):
            raise MalformedReply(_("MT, UN and MG do not tell the same number of messages"))
        messages = map(Message, kinds, senders, aligned(texts, len(kinds)))
        return cls(res=res, fields=fields, messages=tuple(messages))


def res_of(fields: Fields) -> int:
    """Return RES.

    Raises:
        MalformedReply: it is missing or not a number, so the reply says nothing.
    """
    res = fields.integer("RES")
    if res is None:
        raise MalformedReply(_("RES is missing"))
    return res

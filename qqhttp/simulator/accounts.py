"""The accounts of a simulated gateway: password, friend list, session, inbox and rate limit."""

import hashlib
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

from qqhttp.simulator import profiles

NEVER: Final = -1e9  # a time on the monotonic clock before every other


class InboxKind(IntEnum):
    """MT: what an inbox item is (reference (9))."""

    FRIEND_REQUEST = 2
    REQUEST_ACCEPTED = 3
    REQUEST_REFUSED = 4
    MESSAGE = 9
    SYSTEM = 99


class InboxItem(NamedTuple):
    """One item of GetMsgEx: its kind (MT), its sender (UN) and its text (MG)."""

    kind: int
    sender: int
    text: str


class FriendList:
    """A friend list: a range of UINs, which takes no memory, plus additions and removals."""

    __slots__ = ("_added", "_base", "_removed")

    def __init__(self, base: range = range(0), added: Iterable[int] = ()) -> None:
        self._base = base
        self._added: dict[int, None] = dict.fromkeys(added)
        self._removed: set[int] = set()

    def __contains__(self, uin: object) -> bool:
        return uin in self._added or (uin in self._base and uin not in self._removed)

    def __iter__(self) -> Iterator[int]:
        yield from (uin for uin in self._base if uin not in self._removed)
        yield from self._added

    def __len__(self) -> int:
        return len(self._base) - len(self._removed) + len(self._added)

    def add(self, uin: int) -> None:
        """Add `uin` if it is not in the list."""
        if uin in self._base:
            self._removed.discard(uin)
        else:
            self._added[uin] = None

    def remove(self, uin: int) -> None:
        """Remove `uin` if it is in the list."""
        self._added.pop(uin, None)
        if uin in self._base:
            self._removed.add(uin)


@dataclass(slots=True, eq=False)
class Account:
    """An account with its session, inbox and rate limit. Times are on the monotonic clock."""

    uin: int
    digest: str  # the lowercase hex MD5 of the password
    friends: FriendList
    refusal: str = ""  # if set, a login is answered RS=1 with this text as RA

    address: str = ""  # the IP address that logged in; "" without a session
    expires_at: float = 0.0
    status: int = profiles.OFFLINE

    inbox: deque[InboxItem] = field(default_factory=deque)
    asked: set[int] = field(default_factory=set)  # sent a first Ack_AddToList with CD=2
    requests: dict[int, str] = field(default_factory=dict)  # open friend requests: UIN, reason
    # Answers to friend requests: how often each (UIN, CD) was carried out, and when by SEQ.
    acks: Counter[tuple[int, int]] = field(default_factory=Counter)
    ack_seqs: dict[bytes, float] = field(default_factory=dict)
    answered: dict[bytes, int] = field(default_factory=dict)  # SEQ: number of the message
    prune_at: int = 4096  # old SEQs are removed when this many are remembered
    replied_at: float = NEVER  # when the last CLTMSG was answered
    unanswered: int = 0  # CLTMSG requests whose reply is still delayed
    changed_at: float = NEVER  # when Change_Stat was last accepted


def digest_of(password: str) -> str:
    """Return PS for a password: the lowercase hex MD5 of its UTF-8 bytes."""
    return hashlib.md5(password.encode("utf-8")).hexdigest()

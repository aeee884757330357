"""A log of the delivered messages that stays small and fast with a million messages.

Numbers are stored in arrays and texts in one block of bytes, not as objects. Duplicates are counted
as messages are added, so a query needs one look-up.
"""

from array import array
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple


class DeliveredMessage(NamedTuple):
    """One delivered message."""

    number: int  # its position in the log, from 0
    uin: int  # the sender
    un: int  # the recipient
    seq: str
    at: float  # seconds since the epoch
    length: int  # bytes of the text
    digest: str  # see `text_digest`
    text: str | None  # None if texts are not kept


def text_digest(text: bytes) -> str:
    """Return the digest that identifies a text: 8 bytes of BLAKE2b of its UTF-8, in hex."""
    return blake2b(text, digest_size=8).hexdigest()


class MessageLog:
    """The delivered messages in order of delivery.

    A message is a duplicate if an earlier one had the same recipient and text.
    """

    def __init__(self, *, is_text_kept: bool) -> None:
        self._is_text_kept = is_text_kept
        self._uins = array("Q")
        self._uns = array("Q")
        self._at = array("d")
        self._lengths = array("L")
        self._digests = array("Q")
        self._seqs: list[bytes] = []
        self._offsets = array("Q")
        self._texts = bytearray()
        self._times: dict[int, int] = {}  # hash of (recipient, digest): number of messages
        self._duplicates = array("Q")  # their numbers
        # For `recipients` and `recipients_by_text`, up to date for the first `_counted` messages.
        self._by_text: dict[int, int] = {}
        self._recipients: set[int] = set()
        self._counted = 0

    def __len__(self) -> int:
        return len(self._uins)

    def add(self, uin: int, un: int, seq: bytes, text: bytes, at: float) -> int:
        """Store a delivered message and return its number."""
        number = len(self._uins)
        digest = _digest(text)
        self._uins.append(uin)
        self._uns.append(un)
        self._at.append(at)
        self._lengths.append(len(text))
        self._digests.append(digest)
        self._seqs.append(seq)
        if self._is_text_kept:
            self._offsets.append(len(self._texts))
            self._texts += text
        key = hash((un, digest))
        times = self._times.get(key, 0) + 1
        self._times[key] = times
        if times > 1:
            self._duplicates.append(number)
        return number

    def delivered_at(self, number: int) -> float:
        """Return when a message was delivered, in seconds since the epoch."""
        return self._at[number]

    def is_same(self, number: int, un: int, text: bytes) -> bool:
        """Return whether message `number` has this recipient and this text."""
        return self._uns[number] == un and self._digests[number] == _digest(text)

    def get(self, number: int) -> DeliveredMessage:
        """Return one message; raise IndexError if there is none with this number."""
        text = None
        if self._is_text_kept:
            start = self._offsets[number]
            text = bytes(self._texts[start : start + self._lengths[number]]).decode("utf-8")
        return DeliveredMessage(
            number, self._uins[number], self._uns[number], self._seqs[number].decode("latin-1"),
            self._at[number], self._lengths[number], f"{self._digests[number]:016x}", text,
        )  # fmt: skip

    def page(
        self, *, offset: int, limit: int, uin: int | None = None, un: int | None = None
    ) -> tuple[list[DeliveredMessage], int | None]:
        """Return up to `limit` messages from number `offset` on, and the offset of the next page.

        `uin` and `un` restrict the page to one sender and one recipient. The next offset is None
        on the last page.
        """
        found: list[DeliveredMessage] = []
        for number in range(offset, len(self)):
            if uin is not None and self._uins[number] != uin:
                continue
            if un is not None and self._uns[number] != un:
                continue
            if len(found) == limit:
                return found, number
            found.append(self.get(number))
        return found, None

    def times(self, un: int, digest: str) -> int:
        """Return how often the text with this digest was delivered to this recipient."""
        return self._times.get(hash((un, int(digest, 16))), 0)

    @property
    def distinct(self) -> int:
        """The number of different pairs of recipient and text."""
        return len(self._times)

    @property
    def duplicate_count(self) -> int:
        """The number of duplicates."""
        return len(self._duplicates)

    def duplicates(self, *, limit: int) -> list[DeliveredMessage]:
        """Return the first `limit` duplicates."""
        return [self.get(number) for number in self._duplicates[:limit]]

    def recipients(self) -> int:
        """Return the number of different recipients."""
        self._count()
        return len(self._recipients)

    def recipients_by_text(self, *, limit: int) -> Iterator[tuple[str, int]]:
        """Return the texts with the most recipients: pairs of digest and number of recipients."""
        self._count()
        ranked = sorted(self._by_text.items(), key=lambda item: -item[1])[:limit]
        return ((f"{digest:016x}", count) for digest, count in ranked)

    def _count(self) -> None:
        # Only the messages added since the last call, so that frequent calls stay cheap.
        start = self._counted
        duplicates = {number for number in self._duplicates if number >= start}
        for number in range(start, len(self)):
            if number not in duplicates:
                digest = self._digests[number]
                self._by_text[digest] = self._by_text.get(digest, 0) + 1
        self._recipients.update(self._uns[start:])
        self._counted = len(self)


def _digest(text: bytes) -> int:
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")

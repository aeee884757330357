"""Every message that arrived, stored so that a million of them stay cheap to keep and to ask.

Columns instead of objects: numbers in arrays, texts in one block of bytes. What a check asks
("did anything arrive twice?") is kept as messages come in: one look-up, not a count.
"""

from array import array
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple


class Arrival(NamedTuple):
    """One message that was delivered. `text` is None where texts are not kept."""

    number: int  # from 0, in the order of arrival
    uin: int
    un: int
    seq: str
    at: float  # seconds since the epoch
    length: int  # bytes of the text
    digest: str  # see `text_digest`
    text: str | None


def text_digest(text: bytes) -> str:
    """Return the digest by which texts are told apart: BLAKE2b of the UTF-8, 8 bytes, in hex."""
    return blake2b(text, digest_size=8).hexdigest()


class Arrivals:
    """The messages in the order of their arrival."""

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
        # (recipient, text) as one number: how often it arrived.
        self._times: dict[int, int] = {}
        self._again = array("Q")  # numbers of the arrivals that were not the first of their kind
        self._by_text: dict[int, int] = {}
        self._recipients: set[int] = set()
        self._counted = 0  # up to where the two above are made up

    def __len__(self) -> int:
        return len(self._uins)

    def add(self, uin: int, un: int, seq: bytes, text: bytes, at: float) -> int:
        """Store a delivered message and return its number."""
        number = len(self._uins)
        digest = int.from_bytes(blake2b(text, digest_size=8).digest(), "big")
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
            self._again.append(number)
        return number

    def arrived_at(self, number: int) -> float:
        """Return when the message came, in seconds since the epoch."""
        return self._at[number]

    def is_same(self, number: int, un: int, text: bytes) -> bool:
        """Whether that arrival had this recipient and this text."""
        return self._uns[number] == un and self._digests[number] == int.from_bytes(
            blake2b(text, digest_size=8).digest(), "big"
        )

    def get(self, number: int) -> Arrival:
        """Return one arrival; raise IndexError where there is none."""
        text = None
        if self._is_text_kept:
            start = self._offsets[number]
            text = bytes(self._texts[start : start + self._lengths[number]]).decode("utf-8")
        return Arrival(
            number, self._uins[number], self._uns[number], self._seqs[number].decode("latin-1"),
            self._at[number], self._lengths[number], f"{self._digests[number]:016x}", text,
        )  # fmt: skip

    def page(
        self, *, offset: int, limit: int, uin: int | None = None, un: int | None = None
    ) -> tuple[list[Arrival], int | None]:
        """Return up to `limit` arrivals from number `offset` on, and where the next page starts."""
        found: list[Arrival] = []
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
        """Return how often a text arrived at a recipient: one look-up."""
        return self._times.get(hash((un, int(digest, 16))), 0)

    @property
    def distinct(self) -> int:
        """How many (recipient, text) arrived at all."""
        return len(self._times)

    @property
    def surplus(self) -> int:
        """How many arrivals were not the first of their (recipient, text)."""
        return len(self._again)

    def again(self, *, limit: int) -> list[Arrival]:
        """Return the first `limit` arrivals that were not the first of their kind."""
        return [self.get(number) for number in self._again[:limit]]

    def recipients(self) -> int:
        """Return how many people got anything."""
        self._count()
        return len(self._recipients)

    def recipients_by_text(self, *, limit: int) -> Iterator[tuple[str, int]]:
        """Return the texts with the most distinct recipients: digest, recipients."""
        self._count()
        ranked = sorted(self._by_text.items(), key=lambda item: -item[1])[:limit]
        return ((f"{digest:016x}", count) for digest, count in ranked)

    def _count(self) -> None:
        # Only what came since the last question, so that asking often stays cheap.
        start = self._counted
        again = {number for number in self._again if number >= start}
        for number in range(start, len(self)):
            if number not in again:
                digest = self._digests[number]
                self._by_text[digest] = self._by_text.get(digest, 0) + 1
        self._recipients.update(self._uns[start:])
        self._counted = len(self)

"""A hash of a set of people that does not depend on their order.

The SHA-256 of each UIN, as a number, is added up. So the hash can be computed chunk by chunk and
taken up again after a stop, and it is the same on every database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from campaigns.audience_query import targeted_contacts
from campaigns.models import Campaign, CampaignRun
from foundation.restricted import whole_tables

#: Sums are kept modulo this number.
_SIZE = 2**256
#: People read from the database at a time.
_CHUNK = 10_000


@dataclass(slots=True)
class PeopleHash:
    """The hash of the people added so far.

    Attributes:
        total: the sum of their hashes.
        people: their number.
    """

    total: int = 0
    people: int = 0

    def add(self, uins: Iterable[int]) -> None:
        """Add people, each of them once."""
        total, people, from_bytes = self.total, self.people, int.from_bytes
        for uin in uins:
            total += from_bytes(sha256(b"%d" % uin).digest())
            people += 1
        self.total, self.people = total % _SIZE, people

    @property
    def hexdigest(self) -> str:
        """The hash as 64 hexadecimal digits."""
        return sha256(f"{self.people}:{self.total:x}".encode()).hexdigest()


@whole_tables()
def people_hash_of(of: Campaign | CampaignRun) -> PeopleHash:
    """Return the hash of the audience as it is now, about a second for a million people.

    Raises:
        Refusal: the audience cannot be evaluated.
    """
    found = PeopleHash()
    uins = targeted_contacts(of=of).order_by().values_list("uin", flat=True)
    found.add(uins.iterator(chunk_size=_CHUNK))
    return found

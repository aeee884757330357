"""The figures of a rehearsal, added up person by person and kept as JSON between chunks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from campaigns.approvals.people_hash import PeopleHash
from campaigns.planning.preflight_result import Sample
from campaigns.planning.preflight_sql import Pick

#: The number of sample texts that are kept, and of forbidden words that are named.
SAMPLES, MOST_WORDS = 3, 50
#: Characters of a sample that are kept.
LONGEST_SAMPLE = 4_000
_PickKey = tuple[int | None, bool, bool, bool, bool, str, int, bool]


@dataclass(slots=True)
class RehearsalFigures:
    """What was found among the people rehearsed so far.

    Attributes:
        picks: people by the columns of `Pick` before the number of people.
        rendered: texts that were made, or that failed to be made.
        unsendable: texts that cannot be sent, by reason.
        empty: recipients for whom a variable of the text is empty, by the variable.
        words: texts that hold a forbidden word, by the word.
        with_words: texts that hold at least one.
        longest_characters, longest_bytes: of the longest text, and of the largest one in UTF-8.
        longest_uin: to whom the longest text goes.
        samples: the first texts, as `Sample` in JSON; one of the longest text; one in which a
            variable is empty.
        total, people: of the hash of the people.
    """

    picks: Counter[_PickKey] = field(default_factory=Counter)
    rendered: int = 0
    unsendable: Counter[str] = field(default_factory=Counter)
    empty: Counter[str] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    with_words: int = 0
    longest_characters: int = 0
    longest_bytes: int = 0
    longest_uin: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list)
    longest_sample: dict[str, Any] | None = None
    empty_sample: dict[str, Any] | None = None
    total: int = 0
    people: int = 0

    def add_people(self, uins: Iterable[int]) -> None:
        """Add people to the hash of the audience."""
        found = PeopleHash(self.total, self.people)
        found.add(uins)
        self.total, self.people = found.total, found.people

    @property
    def audience_hash(self) -> str:
        """The hash of the people added so far."""
        return PeopleHash(self.total, self.people).hexdigest

    def add_text(self, sample: Sample, *, words: Iterable[str], has_empty: bool) -> None:
        """Add a text that can be sent."""
        length, size = len(sample.text), len(sample.text.encode())
        self.longest_bytes = max(self.longest_bytes, size)
        found = list(words)
        self.with_words += bool(found)
        self.words.update(word for word in found if word in self.words or self._has_room())
        if length > self.longest_characters:
            self.longest_characters, self.longest_uin = length, sample.uin
            self.longest_sample = _kept(sample)
        if has_empty and self.empty_sample is None:
            self.empty_sample = _kept(sample)
        if len(self.samples) < SAMPLES:
            self.samples.append(_kept(sample))

    def _has_room(self) -> bool:
        return len(self.words) < MOST_WORDS

    def as_picks(self) -> list[Pick]:
        """Return the people by their pick, as the preflight counts them."""
        return [Pick(*key, people=n) for key, n in self.picks.items()]

    def stored(self) -> dict[str, Any]:
        """Return the figures as JSON holds them."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            **{name: dict(getattr(self, name)) for name in _COUNTERS},
            "picks": [[*key, n] for key, n in self.picks.items()],
            "total": f"{self.total:x}",
        }


_PLAIN = (
    *("rendered", "with_words", "longest_characters", "longest_bytes", "longest_uin", "samples"),
    *("longest_sample", "empty_sample", "people"),
)
_COUNTERS = ("unsendable", "empty", "words")


def figures_from(stored: Mapping[str, Any]) -> RehearsalFigures:
    """Return the figures that JSON holds; new ones for none."""
    if not stored:
        return RehearsalFigures()
    columns: dict[str, Any] = {name: stored[name] for name in _PLAIN}
    columns |= {name: Counter(stored[name]) for name in _COUNTERS}
    columns["picks"] = Counter({tuple(key): n for *key, n in stored["picks"]})
    columns["total"] = int(stored["total"], 16)
    return RehearsalFigures(**columns)


def _kept(sample: Sample) -> dict[str, Any]:
    return {**asdict(sample), "text": sample.text[:LONGEST_SAMPLE]}

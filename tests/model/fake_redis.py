"""A fake of the Redis that `accounts.pacing.pace` uses, with its two scripts as functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from accounts.pacing import pace


class ModelRedis:
    """Sorted sets in a dictionary. Other tests use the real Redis."""

    def __init__(self) -> None:
        self.sets: dict[str, dict[str, float]] = {}
        self.texts: dict[str, str] = {}

    def register_script(self, source: str) -> Callable[..., Any]:
        """Return the function that does what the script does."""
        return {pace._RESERVE: self._reserve, pace._CONFIRM: self._confirm}[source]

    def set(self, key: str, value: str, *, ex: int) -> None:
        """Store a text; it does not expire."""
        self.texts[key] = value

    def get(self, key: str) -> str | None:
        """Return a stored text."""
        return self.texts.get(key)

    def zadd(self, key: str, members: Mapping[str, float], *, gt: bool = False) -> None:
        """Add members with their scores; with `gt` no score becomes lower."""
        kept = self.sets.setdefault(key, {})
        for member, score in members.items():
            kept[member] = max(score, kept.get(member, score)) if gt else score

    def zrem(self, key: str, member: str) -> None:
        """Remove a member."""
        self.sets.get(key, {}).pop(member, None)

    def zremrangebyscore(self, key: str, least: float, most: float) -> None:
        """Remove the members with a score in a range."""
        members = self.sets.get(key, {})
        for name in [name for name, score in members.items() if least <= score <= most]:
            del members[name]

    def delete(self, key: str) -> None:
        """Remove a set."""
        self.sets.pop(key, None)

    def _confirm(self, *, keys: Sequence[str], args: Sequence[Any]) -> None:
        for key in keys:
            self.zadd(key, {args[0]: float(args[1])})

    def _reserve(self, *, keys: Sequence[str], args: Sequence[Any]) -> list[float]:
        member, latest, now = args[0], float(args[1]), float(args[2])
        at, wait, full, full_for = 4, 0.0, 0, 0.0
        for number, key in enumerate(keys, start=1):
            count, by_waiting, seed = int(args[at]), int(args[at + 1]), str(args[at + 2])
            pairs = [
                (float(args[at + 3 + 2 * w]) * 1000, int(args[at + 4 + 2 * w]))
                for w in range(count)
            ]
            longest = max(length for length, _limit in pairs)
            if seed not in self.sets.get(key, {}):
                if not by_waiting:
                    return [2, number]
                self.zadd(key, {seed: 0.0})
                self.zadd(key, {f"lost{n}": latest for n in range(1, pairs[0][1] + 1)})
            kept = {
                name: score
                for name, score in self.sets[key].items()
                if not 1 <= score <= now - longest
            }
            self.sets[key] = kept
            own = kept.get(member, 0.0)
            for length, limit in pairs:
                since = now - length + 1
                inside = sorted((s for s in kept.values() if s >= since), reverse=True)
                if own < since and len(inside) >= limit:
                    free_in = inside[limit - 1] + length - now
                    full_for = max(free_in, full_for if full == number else 0.0)
                    wait, full = max(wait, free_in), number
            at += 3 + 2 * count
        if wait > 0:
            return [1, wait, full, full_for]
        for key in keys:
            self.zadd(key, {member: latest})
        return [0, 0]

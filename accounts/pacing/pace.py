"""Pace: how fast an account may send (rule 5).

Three kinds of limits. Each is kept exactly, not on average:

* The minimum gap, from the gateway's last reply to the next request. Only one lane sends for an
  account, so the lane keeps the gap itself. Because the gap starts at the reply, the gateway never
  sees a shorter one, whatever the network does.
* Sliding windows of a minute, an hour and a day. They outlive lanes, so they are kept in Redis, by
  one atomic script per message, only for accounts with such a limit. If Redis comes back empty,
  they are seeded from the attempts.
* Ceilings for an egress and for the whole gateway, shared by many lanes, in the same script.

A message counts from its reservation until a window's length after its *reply*. It reached the
gateway at some moment between the two, so no window of the gateway holds more than the limit.

The windows use the shared time (`clocks.shared`), which callers pass in. Redis's own clock is a
host's wall clock, and a step of an hour would empty every window at once. A reservation is stored
with the latest time that it may be now, and counted with the earliest. So two hosts whose shared
times differ by milliseconds send too few rather than too many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from redis.exceptions import RedisError

from accounts.pacing.redis_client import live
from clocks import shared

MINUTE, HOUR, DAY = 60, 3600, 86_400

#: A member of every window's set. If it is missing, Redis was flushed; without it, an empty set
#: would look as if nothing had been sent. That of an account names the limits it was seeded for:
#: a set that was kept for an hour says nothing about a day, and one that was seeded with ten
#: messages says nothing about the eleventh.
_SEED = "seed"

# KEYS: one sorted set per scope. ARGV: member, the latest and the earliest time that it may be now
# (ms), number of scopes, then for each scope: the number of its windows, 1 if it is seeded by
# waiting or 0 if the caller seeds it, the name of its seed, and (seconds, limit) pairs.
# Returns {0, 0} if reserved, {1, ms} to wait, {2, n} if the caller must seed the n-th scope.
_RESERVE = """
local latest, now = tonumber(ARGV[2]), tonumber(ARGV[3])
local at, wait = 5, 0
for scope = 1, tonumber(ARGV[4]) do
  local key, windows, by_waiting = KEYS[scope], tonumber(ARGV[at]), ARGV[at + 1]
  local seed, pairs_at = ARGV[at + 2], at + 1
  local longest = 0
  for w = 1, windows do
    longest = math.max(longest, tonumber(ARGV[pairs_at + 2 * w]) * 1000)
  end
  if not redis.call('ZSCORE', key, seed) then
    if by_waiting == '0' then return {2, scope} end
    redis.call('ZADD', key, 0, seed)
    for n = 1, tonumber(ARGV[pairs_at + 3]) do redis.call('ZADD', key, latest, 'lost' .. n) end
  end
  redis.call('ZREMRANGEBYSCORE', key, 1, now - longest)
  redis.call('PEXPIRE', key, longest + 60000)
  for w = 1, windows do
    local length = tonumber(ARGV[pairs_at + 2 * w]) * 1000
    local limit = tonumber(ARGV[pairs_at + 2 * w + 1])
    if redis.call('ZCOUNT', key, now - length + 1, '+inf') >= limit then
      local last = redis.call('ZREVRANGE', key, limit - 1, limit - 1, 'WITHSCORES')
      wait = math.max(wait, tonumber(last[2]) + length - now)
    end
  end
  at = at + 3 + 2 * windows
end
if wait > 0 then return {1, wait} end
for scope = 1, tonumber(ARGV[4]) do redis.call('ZADD', KEYS[scope], latest, ARGV[1]) end
return {0, 0}
"""

# The reply came: the message counts from this time on.
_CONFIRM = """
for _, key in ipairs(KEYS) do redis.call('ZADD', key, ARGV[2], ARGV[1]) end
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """The operator's limits: seconds for the gap, messages for the others; None means no limit."""

    min_interval: float
    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    egress_per_second: float | None = None
    gateway_per_second: float | None = None

    @property
    def windows(self) -> tuple[tuple[float, int], ...]:
        """The account's sliding windows as (seconds, messages)."""
        pairs = ((MINUTE, self.per_minute), (HOUR, self.per_hour), (DAY, self.per_day))
        return tuple((seconds, limit) for seconds, limit in pairs if limit is not None)


def daily_limit(per_day: int | None, warm_up_limit: int | None) -> int | None:
    """Return the limit of a day: the lower of the account's own and that of its warm-up."""
    limits = [limit for limit in (per_day, warm_up_limit) if limit is not None]
    return min(limits, default=None)


class LearntGap:
    """Finds the gateway's own minimum gap if it is longer than the operator's.

    Each RES=3 makes the gap half as long again. After a number of successes in a row it becomes a
    little shorter, but not below the operator's gap, nor below 1.1 times a gap that was too short.

    Args:
        floor: the operator's minimum gap, seconds.
        learnt: the gap that an earlier lane learnt, seconds, or None.
    """

    #: The gap to start from if the operator's own gap is zero, seconds.
    SMALLEST = 0.05
    LONGEST = 60.0
    SLOWER, FASTER = 1.5, 0.95
    SUCCESSES_BEFORE_FASTER = 20

    def __init__(self, *, floor: float, learnt: float | None = None) -> None:
        self.floor = floor
        self._learnt = learnt
        self._too_short = 0.0
        self._successes = 0

    @property
    def seconds(self) -> float:
        """The gap to keep now, seconds."""
        return max(self.floor, self._learnt or 0.0)

    @property
    def learnt(self) -> float | None:
        """The gap for the next lane to start from; None while the operator's own gap applies."""
        return self._learnt if self._learnt and self._learnt > self.floor else None

    def too_fast(self) -> None:
        """Lengthen the gap: the gateway answered RES=3 to this one."""
        self._too_short = max(self._too_short, self.seconds)
        self._learnt = min(max(self.seconds, self.SMALLEST) * self.SLOWER, self.LONGEST)
        self._successes = 0

    def success(self) -> None:
        """Count a message accepted at this gap; shorten the gap after enough of them."""
        if self.learnt is None:
            return
        self._successes += 1
        if self._successes >= self.SUCCESSES_BEFORE_FASTER:
            self._successes = 0
            self._learnt = max(self.seconds * self.FASTER, self._too_short * 1.1, self.floor)


class Windows:
    """The sliding windows and ceilings that apply to one account's messages.

    Args:
        account_id: the account.
        egress_id: the egress it sends through.
        recent_sends: called with a number n if Redis was flushed. Returns the account's n latest
            messages, newest first, each as (member, when it was sent).
    """

    def __init__(
        self,
        *,
        account_id: int,
        egress_id: int,
        recent_sends: Callable[[int], Iterable[tuple[str, datetime]]],
    ) -> None:
        self._account_key = f"pace:account:{account_id}"
        self._egress_key = f"pace:egress:{egress_id}"
        self._recent_sends = recent_sends
        self._reserve = live().register_script(_RESERVE)
        self._confirm = live().register_script(_CONFIRM)

    def reserve(self, *, limits: Limits, member: str) -> float:
        """Reserve a slot in all windows at once, or in none.

        Args:
            limits: the limits in force.
            member: the name of the message in the windows' sorted sets.

        Returns:
            0.0 if reserved; else the seconds to wait before trying again.
        """
        scopes = self._scopes(limits)
        if not scopes:
            return 0.0
        latest, earliest = _milliseconds(shared.now()), _milliseconds(shared.earliest())
        arguments: list[str | float] = [member, latest, earliest, len(scopes)]
        for key, windows in scopes:
            is_account = key == self._account_key
            seed = _seed_name(windows) if is_account else _SEED
            arguments += [len(windows), int(not is_account), seed]
            for seconds, limit in windows:
                arguments += [seconds, limit]
        try:
            verdict, detail = self._reserve(keys=[key for key, _ in scopes], args=arguments)
            if verdict == 2:
                self._seed(limits)
                return 0.001
        except RedisError:
            return 0.5  # without its windows it is unknown whether the account may send
        return float(detail) / 1000 if verdict else 0.0

    def confirm(self, *, limits: Limits, member: str) -> None:
        """Note that the reply came. If Redis is away, the time of the reservation stays."""
        keys = [key for key, _ in self._scopes(limits)]
        if not keys:
            return
        try:
            self._confirm(keys=keys, args=[member, _milliseconds(shared.now())])
        except RedisError:
            return

    def release(self, *, limits: Limits, member: str) -> None:
        """Release the reservation of a message that is not sent after all.

        If Redis is away the reservation stays: then too few messages are sent, never too many.
        """
        try:
            for key, _windows in self._scopes(limits):
                live().zrem(key, member)
        except RedisError:
            return

    def forget_reservations(self) -> None:
        """Delete the account's reservations, so that they are seeded anew from its attempts.

        A lane that died may have left a reservation for which nothing was sent.
        """
        try:
            live().delete(self._account_key)
        except RedisError:
            return

    def _scopes(self, limits: Limits) -> list[tuple[str, tuple[tuple[float, int], ...]]]:
        scopes: list[tuple[str, tuple[tuple[float, int], ...]]] = []
        if limits.windows:
            scopes.append((self._account_key, limits.windows))
        if limits.egress_per_second:
            scopes.append((self._egress_key, (_ceiling(limits.egress_per_second),)))
        if limits.gateway_per_second:
            scopes.append(("pace:gateway", (_ceiling(limits.gateway_per_second),)))
        return scopes

    def _seed(self, limits: Limits) -> None:
        most = max(limit for _, limit in limits.windows)
        members: dict[str, float] = {_seed_name(limits.windows): 0.0}
        for member, at in self._recent_sends(most):
            members[member] = _milliseconds(at)
        live().zremrangebyscore(self._account_key, 0, 0)  # a seed for other limits
        live().zadd(self._account_key, members)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _seed_name(windows: tuple[tuple[float, int], ...]) -> str:
    return f"{_SEED} {' '.join(f'{seconds:g}/{limit}' for seconds, limit in windows)}"


def _ceiling(per_second: float) -> tuple[float, int]:
    """Return a ceiling as a window: of a second, or of the time per message if that is longer."""
    if per_second >= 1:
        return 1.0, int(per_second)
    return 1.0 / per_second, 1

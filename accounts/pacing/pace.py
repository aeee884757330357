"""Pace: how fast an account may send (rule 5).

Four kinds of limits. Each is kept exactly, not on average:

* The minimum gap, from the gateway's last reply to the next request. Only one lane sends for an
  account, so the lane keeps the gap itself. Because the gap starts at the reply, the gateway never
  sees a shorter one, whatever the network does.
* Sliding windows of a minute, an hour and a day. They outlive lanes, so they are kept in Redis, by
  one atomic script per message, only for accounts with such a limit. If Redis comes back empty,
  they are seeded from the attempts.
* Ceilings for an egress and for the whole gateway, shared by many lanes, in the same script.
* A rate of its own (`SharedRate`) that a group of messages has, whichever accounts send them. An
  account whose message must wait for such a rate can send others meanwhile.

A message counts from its reservation until a window's length after its *reply*. It reached the
gateway at some moment between the two, so no window of the gateway holds more than the limit.

The windows use the shared time (`clocks.shared`), which callers pass in. Redis's own clock is a
host's wall clock, and a step of an hour would empty every window at once. A reservation is stored
with the latest time that it may be now, and counted with the earliest. So two hosts whose shared
times differ by milliseconds send too few rather than too many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from redis.exceptions import RedisError

from accounts.pacing.limits import Limits, SharedRate
from accounts.pacing.redis_client import live
from clocks import shared

#: A member of every window's set. If it is missing, Redis was flushed; without it, an empty set
#: would look as if nothing had been sent. That of an account names the limits it was seeded for:
#: a set that was kept for an hour says nothing about a day, and one that was seeded with ten
#: messages says nothing about the eleventh.
_SEED = "seed"

# KEYS: one sorted set per scope. ARGV: member, the latest and the earliest time that it may be now
# (ms), number of scopes, then for each scope: the number of its windows, 1 if it is seeded by
# waiting or 0 if the caller seeds it, the name of its seed, and (seconds, limit) pairs.
# Returns {0, 0} if reserved, {2, n} if the caller must seed the n-th scope, and else
# {1, ms to wait, n, ms}: the last scope that is full, and for how long.
_RESERVE = """
local latest, now = tonumber(ARGV[2]), tonumber(ARGV[3])
local at, wait, full, full_for = 5, 0, 0, 0
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
  local own = tonumber(redis.call('ZSCORE', key, ARGV[1]) or 0) -- a repeat may still have a place
  for w = 1, windows do
    local length = tonumber(ARGV[pairs_at + 2 * w]) * 1000
    local limit = tonumber(ARGV[pairs_at + 2 * w + 1])
    local since = now - length + 1
    if own < since and redis.call('ZCOUNT', key, since, '+inf') >= limit then
      local last = redis.call('ZREVRANGE', key, limit - 1, limit - 1, 'WITHSCORES')
      local free_in = tonumber(last[2]) + length - now
      if full < scope then full, full_for = scope, 0 end
      wait, full_for = math.max(wait, free_in), math.max(full_for, free_in)
    end
  end
  at = at + 3 + 2 * windows
end
if wait > 0 then return {1, wait, full, full_for} end
for scope = 1, tonumber(ARGV[4]) do redis.call('ZADD', KEYS[scope], latest, ARGV[1]) end
return {0, 0}
"""

# The reply came: the message counts from this time on.
_CONFIRM = """
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, ARGV[2], ARGV[1])
  if redis.call('PTTL', key) < 0 then redis.call('PEXPIRE', key, 120000) end
end
"""

#: How long the latest reservation in a shared rate is remembered, seconds.
_REMEMBERED_SECONDS = 3600


class RateReachedError(Exception):
    """A shared rate is used up; other messages of the account may be sent meanwhile.

    Attributes:
        seconds: when to try again.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


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
        #: The account's latest reservation in a shared rate.
        self._latest_key = f"pace:latest:{account_id}"
        self._egress_key = f"pace:egress:{egress_id}"
        self._recent_sends = recent_sends
        self._reserve = live().register_script(_RESERVE)
        self._confirm = live().register_script(_CONFIRM)

    def reserve(
        self,
        *,
        limits: Limits,
        member: str,
        rate: SharedRate | None = None,
        is_repeat: bool = False,
    ) -> float:
        """Reserve a slot in all windows at once, or in none.

        Args:
            limits: the limits in force.
            member: the name of the message in the windows' sorted sets.
            rate: the rate of its own that the message has, or None.
            is_repeat: whether the message was reserved before and its request is repeated. It waits
                for no window in which it still has a place. Without Redis it does not wait at all,
                because it may leave only until the gateway forgets its SEQ.

        Returns:
            0.0 if reserved; else the seconds to wait before trying again.

        Raises:
            RateReachedError: the shared rate is used up, whatever the other limits say.
        """
        scopes = self._scopes(limits, rate)
        if not scopes:
            return 0.0
        latest, earliest = _milliseconds(shared.now()), _milliseconds(shared.earliest())
        arguments: list[str | float] = [member, latest, earliest, len(scopes)]
        own = (self._account_key, rate.key if rate is not None else "")
        for key, windows in scopes:
            seed = _seed_name(windows) if key == self._account_key else _SEED
            arguments += [len(windows), int(key not in own), seed]
            for seconds, limit in windows:
                arguments += [seconds, limit]
        try:
            if rate is not None:
                note = f"{rate.key} {member}"
                live().set(self._latest_key, note, ex=_REMEMBERED_SECONDS)
            verdict, *details = self._reserve(keys=[key for key, _ in scopes], args=arguments)
            if verdict == 2:
                self._seed(limits, rate, key=scopes[int(details[0]) - 1][0])
                return 0.001
        except RedisError:
            # Without the windows it is not known whether the account may send.
            return 0.0 if is_repeat else 0.5
        if verdict and rate is not None and details[1] == len(scopes):
            raise RateReachedError(float(details[2]) / 1000)
        return float(details[0]) / 1000 if verdict else 0.0

    def confirm(
        self,
        *,
        limits: Limits,
        member: str,
        rate: SharedRate | None = None,
        rate_member: str | None = None,
    ) -> None:
        """Note that the reply came. If Redis is away, the time of the reservation stays.

        Args:
            limits, member, rate: as reserved.
            rate_member: the name of the request in the shared rate, where each repeat of a message
                counts too; None: the message's own.
        """
        keys = [key for key, _ in self._scopes(limits, None)]
        if not keys and rate is None:
            return
        at = _milliseconds(shared.now())
        try:
            if keys:
                self._confirm(keys=keys, args=[member, at])
            if rate is not None:
                self._confirm(keys=[rate.key], args=[rate_member or member, at])
        except RedisError:
            return

    def release(self, *, limits: Limits, member: str, rate: SharedRate | None = None) -> None:
        """Release the reservation of a message that is not sent after all.

        If Redis is away the reservation stays: then too few messages are sent, never too many.
        """
        try:
            for key, _windows in self._scopes(limits, rate):
                live().zrem(key, member)
        except RedisError:
            return

    def forget_reservations(self, *, was_made: Callable[[str], bool]) -> None:
        """Delete the account's reservations, so that they are seeded anew from its attempts.

        A lane that died may have left a reservation for which nothing was sent. It had one at a
        time, so in a shared rate only its latest one can be such a reservation.

        Args:
            was_made: returns whether the message of this name was marked.
        """
        try:
            live().delete(self._account_key)
            key, _space, member = str(live().get(self._latest_key) or "").partition(" ")
            if key and not was_made(member):
                live().zrem(key, member)
        except RedisError:
            return

    def _scopes(
        self, limits: Limits, rate: SharedRate | None
    ) -> list[tuple[str, tuple[tuple[float, int], ...]]]:
        scopes: list[tuple[str, tuple[tuple[float, int], ...]]] = []
        if limits.windows:
            scopes.append((self._account_key, limits.windows))
        if limits.egress_per_second:
            scopes.append((self._egress_key, (_ceiling(limits.egress_per_second),)))
        if limits.gateway_per_second:
            scopes.append(("pace:gateway", (_ceiling(limits.gateway_per_second),)))
        if rate is not None:
            scopes.append((rate.key, rate.windows))
        return scopes

    def _seed(self, limits: Limits, rate: SharedRate | None, *, key: str) -> None:
        seed = _SEED
        if rate is not None and key == rate.key:
            found = rate.recent()
        else:
            found = self._recent_sends(max(limit for _, limit in limits.windows))
            seed = _seed_name(limits.windows)
            live().zremrangebyscore(key, 0, 0)  # the seed for other limits
        members: dict[str, float] = {seed: 0.0}
        for member, at in found:
            members[member] = _milliseconds(at)
        # Another lane may have reserved, or seeded, meanwhile: no time becomes an earlier one.
        live().zadd(key, members, gt=True)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _seed_name(windows: tuple[tuple[float, int], ...]) -> str:
    return f"{_SEED} {' '.join(f'{seconds:g}/{limit}' for seconds, limit in windows)}"


def _ceiling(per_second: float) -> tuple[float, int]:
    """Return a ceiling as a window: of a second, or of the time per message if that is longer."""
    if per_second >= 1:
        return 1.0, int(per_second)
    return 1.0 / per_second, 1

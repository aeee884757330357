"""Injected faults: what fails, for which requests and how often.

A fault is written as `KIND[:before|after][,key=value...]`, for example
`reset:after,command=CLTMSG,p=0.1` or `empty,uin=1000001,count=3`. With `before` the request is not
carried out. With `after` it is carried out, but the client does not get the reply.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from qqhttp.simulator.codec import COMMANDS, GatewayRequest
from qqhttp.simulator.settings import SimulatorError

When = Literal["before", "after"]

KINDS: Final = {
    "empty": "HTTP 200 with an empty body",
    "reset": "the connection is reset (RST)",
    "hang": "no reply; the connection stays open (until a reset after `seconds`, if given)",
    "http": "an HTTP error, `status` (502)",
    "refuse": "RES=`res` (20) and nothing more",
    "latency": "the reply is delayed by `seconds` and a random time up to `jitter`",
    "close": "the reply does not announce that the connection is closed after it",
    "lie": "the reply says keep-alive, but the connection is closed after it",
}
_ALWAYS_AFTER: Final = frozenset({"close", "lie"})
_KEYS: Final = {
    "command": str, "uin": int, "un": int, "p": float, "count": int, "status": int, "res": int,
    "seconds": float, "jitter": float, "when": str, "kind": str, "fired": int,
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault and the requests it applies to.

    Attributes:
        kind: one of `KINDS`.
        when: whether it fires before or after the request is carried out.
        command: only requests with this command; None: all.
        uin: only requests of this account; None: all.
        un: only requests about this person; None: all.
        p: the probability that it fires, 0 to 1.
        count: how often it may still fire; None: no limit.
        status: the HTTP status of kind `http`.
        res: RES of kind `refuse`.
        seconds: the delay of kind `latency`, or the time to the reset of kind `hang`.
        jitter: the upper bound of a random additional delay of kind `latency`, in seconds.
        fired: how often it has fired.
    """

    kind: str
    when: When = "before"
    command: str | None = None
    uin: int | None = None
    un: int | None = None
    p: float = 1.0
    count: int | None = None
    status: int = 502
    res: int = 20
    seconds: float = 0.0
    jitter: float = 0.0
    fired: int = 0

    def applies_to(self, request: GatewayRequest) -> bool:
        """Return whether the fault applies to this request and may still fire."""
        return (
            (self.command is None or self.command == request.command)
            and (self.uin is None or self.uin == request.uin)
            and (self.un is None or request.fields.get(b"UN") == str(self.un).encode())
            and self.count != 0
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the fault as the control API shows and takes it."""
        return {name: getattr(self, name) for name in _KEYS}


def make_fault(values: Mapping[str, Any]) -> Fault:
    """Return the fault with these attributes.

    Raises:
        SimulatorError: an attribute is unknown or its value is wrong.
    """
    given = {key: value for key, value in values.items() if value is not None}
    unknown = sorted(given.keys() - _KEYS.keys())
    if unknown:
        raise SimulatorError(f"A fault has no {unknown[0]!r}; it has: {', '.join(sorted(_KEYS))}.")
    try:
        given = {key: _KEYS[key](value) for key, value in given.items()}
    except (TypeError, ValueError) as error:
        raise SimulatorError(f"These values must be numbers: {dict(values)}.") from error
    if given.get("kind") not in KINDS:
        kinds = ", ".join(sorted(KINDS))
        raise SimulatorError(f"There is no fault {given.get('kind')!r}; there are: {kinds}.")
    if given.get("when", "before") not in {"before", "after"}:
        raise SimulatorError(f"A fault fires before or after, not {given['when']!r}.")
    if "command" in given:
        command = COMMANDS.get(given["command"].upper().encode())
        if command is None:
            raise SimulatorError(f"There is no command {given['command']!r}.")
        given["command"] = command
    if not 0.0 <= given.get("p", 1.0) <= 1.0:
        raise SimulatorError(f"p is a probability from 0 to 1, not {given['p']}.")
    if given["kind"] in _ALWAYS_AFTER:
        given["when"] = "after"
    return Fault(**given)


def parse_fault(spec: str) -> Fault:
    """Return the fault written as `KIND[:before|after][,key=value...]`.

    Raises:
        SimulatorError: the text is not a fault.
    """
    head, *pairs = spec.split(",")
    kind, _, when = head.partition(":")
    values: dict[str, Any] = {"kind": kind.strip()}
    if when:
        values["when"] = when.strip()
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise SimulatorError(f"{pair!r} in the fault {spec!r} is not key=value.")
        values[key.strip()] = value.strip()
    return make_fault(values)


class FaultRules:
    """The active faults. If several apply to a request, the first that fires is used."""

    def __init__(self, rules: Iterable[Fault], random_numbers: random.Random) -> None:
        self.rules = list(rules)
        self._random = random_numbers

    def draw(self, request: GatewayRequest, when: When) -> Fault | None:
        """Return the fault that fires for this request now, or None."""
        for rule in self.rules:
            if rule.kind != "latency" and rule.when == when and self._fires(rule, request):
                return rule
        return None

    def latency(self, request: GatewayRequest, when: When) -> float:
        """Return the sum of the delays of all latency faults that fire, in seconds."""
        return sum(
            rule.seconds + self._random.uniform(0.0, rule.jitter)
            for rule in self.rules
            if rule.kind == "latency" and rule.when == when and self._fires(rule, request)
        )

    def _fires(self, rule: Fault, request: GatewayRequest) -> bool:
        if not rule.applies_to(request) or (rule.p < 1.0 and self._random.random() >= rule.p):
            return False
        if rule.count is not None:
            rule.count -= 1
        rule.fired += 1
        return True

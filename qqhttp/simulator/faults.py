"""Faults on demand: what goes wrong, when, for whom, how often.

Written as `KIND[:before|after][,key=value...]`, for example `reset:after,command=CLTMSG,p=0.1`
or `empty,uin=1000001,count=3`. Before: nothing was done. After: it was, and nobody hears of it.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from qqhttp.simulator.settings import SimulatorError
from qqhttp.simulator.wire import COMMANDS, Call

When = Literal["before", "after"]

KINDS: Final = {
    "empty": "HTTP 200 with an empty body",
    "reset": "the connection is reset (RST)",
    "hang": "no answer; the connection stays open (for `seconds`, if given)",
    "http": "an HTTP error, `status` (502)",
    "refuse": "RES=`res` (20) and nothing more",
    "latency": "the answer takes `seconds` more, and up to `jitter` on top",
    "close": "the answer, then the connection is closed, and the answer does not say so",
    "lie": "the answer says keep-alive, then the connection is closed",
}
_ALWAYS_AFTER: Final = frozenset({"close", "lie"})
_KEYS: Final = {
    "command": str, "uin": int, "un": int, "p": float, "count": int, "status": int, "res": int,
    "seconds": float, "jitter": float, "when": str, "kind": str, "fired": int,
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Fault:
    """One rule. `p` is a probability, `count` how often it may still fire (None: for ever)."""

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

    def is_for(self, call: Call) -> bool:
        """Whether the rule is about this request and has not run out."""
        return (
            (self.command is None or self.command == call.command)
            and (self.uin is None or self.uin == call.uin)
            and (self.un is None or call.fields.get(b"UN") == str(self.un).encode())
            and self.count != 0
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the rule as the control interface shows it and takes it."""
        return {name: getattr(self, name) for name in _KEYS}


def make_fault(values: Mapping[str, Any]) -> Fault:
    """Return the rule that `values` describe; SimulatorError says what is wrong with them."""
    given = {key: value for key, value in values.items() if value is not None}
    unknown = sorted(given.keys() - _KEYS.keys())
    if unknown:
        raise SimulatorError(f"A fault has no {unknown[0]!r}; it has: {', '.join(sorted(_KEYS))}.")
    try:
        given = {key: _KEYS[key](value) for key, value in given.items()}
    except (TypeError, ValueError) as error:
        raise SimulatorError(f"A fault's figures have to be numbers: {dict(values)}.") from error
    if given.get("kind") not in KINDS:
        raise SimulatorError(f"There is no fault {given.get('kind')!r}; there are: {_known()}.")
    if given.get("when", "before") not in {"before", "after"}:
        raise SimulatorError(f"A fault comes before or after the work, not {given['when']!r}.")
    if "command" in given:
        command = COMMANDS.get(given["command"].upper().encode())
        if command is None:
            raise SimulatorError(f"There is no command {given['command']!r}.")
        given["command"] = command
    if not 0.0 <= given.get("p", 1.0) <= 1.0:
        raise SimulatorError(f"A fault's p is a probability, from 0 to 1, not {given['p']}.")
    if given["kind"] in _ALWAYS_AFTER:
        given["when"] = "after"
    return Fault(**given)


def parse_fault(spec: str) -> Fault:
    """Return the rule written as `KIND[:WHEN][,key=value...]`; SimulatorError if it is none."""
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


def _known() -> str:
    return ", ".join(sorted(KINDS))


class Faults:
    """The rules in force. Of several that fit a request, the first that fires wins."""

    def __init__(self, rules: Iterable[Fault], dice: random.Random) -> None:
        self.rules = list(rules)
        self._dice = dice

    def draw(self, call: Call, when: When) -> Fault | None:
        """Return the fault that strikes this request now, if one does."""
        for rule in self.rules:
            if rule.kind != "latency" and rule.when == when and self._fires(rule, call):
                return rule
        return None

    def latency(self, call: Call, when: When) -> float:
        """Return the seconds that all fitting rules of latency add up to."""
        return sum(
            rule.seconds + self._dice.uniform(0.0, rule.jitter)
            for rule in self.rules
            if rule.kind == "latency" and rule.when == when and self._fires(rule, call)
        )

    def _fires(self, rule: Fault, call: Call) -> bool:
        if not rule.is_for(call) or (rule.p < 1.0 and self._dice.random() >= rule.p):
            return False
        if rule.count is not None:
            rule.count -= 1
        rule.fired += 1
        return True

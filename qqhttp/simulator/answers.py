"""What a command answers: the body, its code for the figures, and how long the gateway waits."""

from typing import Final, NamedTuple

from qqhttp.simulator.population import Account
from qqhttp.simulator.wire import Call


class Answer(NamedTuple):
    """An answer not yet sent."""

    body: bytes
    code: str  # "0", "3", "5", "20", "RS_1" or "NULL"
    delay: float = 0.0  # seconds until it is sent
    second: bytes | None = None  # another reply on the same connection (Query_Stat, TN=0)
    paced: Account | None = None  # whose pace is measured from the moment this is sent


# HTTP 200 with an empty body: what the reference calls NULL.
NULL: Final = Answer(b"", "NULL")


def done(call: Call, tail: str = "0") -> Answer:
    """Return the answer RES=0; `tail` begins with the 0 and goes on with what follows it."""
    return Answer(call.reply(tail), "0")


def illegal(call: Call) -> Answer:
    """Return RES=5: a UIN that cannot be one."""
    return Answer(call.reply("5"), "5")


def not_logged_in(call: Call) -> Answer:
    """Return RES=20: no session of this UIN from this address."""
    return Answer(call.reply("20"), "20")


def refused(call: Call, res: int) -> Answer:
    """Return RES=`res` and nothing more: a fault's answer."""
    return Answer(call.reply(str(res)), str(res))


def punished(call: Call, delay: float, paced: Account | None = None) -> Answer:
    """Return RES=3, to be sent after `delay` seconds."""
    return Answer(call.reply("3"), "3", delay, paced=paced)

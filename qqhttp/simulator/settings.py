"""What a simulated gateway can be told: one frozen record, the same for every way to start it."""

from dataclasses import dataclass, fields
from typing import Any

# What may change while the gateway runs (`POST /control/settings`). The rest is read at start.
LIVE = frozenset(
    {
        "min_interval", "penalty", "delete_penalty", "change_interval", "replay_window",
        "is_replay_known", "heartbeat", "idle", "latency", "jitter", "is_keep_alive",
        "is_silent_close", "null_h", "list_cut", "login_extra", "refuse_code",
    }
)  # fmt: skip


class SimulatorError(Exception):
    """A refusal with a sentence for whoever operates the simulator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one simulated gateway. Times are seconds unless a name says otherwise.

    The defaults are for tests: no pace limit and no latency. The command line has its own
    defaults for the two, see `arguments.py`.
    """

    hosts: tuple[str, ...] = ("127.0.0.1",)
    port: int = 0

    # Population (see population.py for the rule by which UINs are given out).
    accounts: int = 10
    friends: int = 20
    overlap: float = 0.0
    population: str | None = None  # a JSON file instead of the generated accounts

    # Pace (reference 研究成果 (6), (7), (10)): too soon is answered RES=3, after the penalty.
    min_interval: float = 0.0
    penalty: float = 20.0
    delete_penalty: float = 30.0
    change_interval: float = 0.0  # between two Change_Stat; 0: never too often

    # SEQ: a repeated CLTMSG within the window is answered again and not delivered again.
    replay_window: float = 600.0
    is_replay_known: bool = True

    # Sessions: HI and LI of the login reply.
    heartbeat: int = 60
    idle: float = 300.0
    login_extra: str = ""  # for example "COMP=NOKIA": appended to a login's reply

    # Transport.
    latency: float = 0.0
    jitter: float = 0.0
    is_keep_alive: bool = True
    is_silent_close: bool = False  # close after each reply and never say so

    # Quirks of the old gateway.
    null_h: float = 0.0  # probability of NULL for a message with a raw lowercase h
    list_cut: int = 0  # friend lists end after so many names; 0: never
    refuse_code: int = 2  # AddToList refused: 2 in the second write-up, 3 in the first

    # What is kept of a message: its text, or its digest and length alone.
    is_text_kept: bool = True
    seed: int = 1  # of the dice that faults, jitter and null_h are thrown with

    def __post_init__(self) -> None:
        for name in ("min_interval", "penalty", "delete_penalty", "replay_window", "idle",
                     "latency", "jitter", "change_interval", "accounts", "friends",
                     "list_cut", "heartbeat"):  # fmt: skip
            if getattr(self, name) < 0:
                raise SimulatorError(f"{name} is {getattr(self, name)}: it cannot be negative.")
        for name in ("overlap", "null_h"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise SimulatorError(
                    f"{name} is {getattr(self, name)}: it is a share, from 0 to 1."
                )

    def live(self) -> dict[str, Any]:
        """Return the settings that may change while the gateway runs, by name."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name in LIVE}


def checked_changes(changes: dict[str, Any]) -> dict[str, Any]:
    """Return `changes` if each names a live setting and has its type; else raise SimulatorError."""
    # The defaults tell the types: a value in force may be an int where a float is meant.
    defaults = {item.name: item.default for item in fields(Settings)}
    for name, value in changes.items():
        if name not in LIVE:
            raise SimulatorError(
                f"There is no setting {name!r} that can change while the gateway runs; "
                f"there are: {', '.join(sorted(LIVE))}."
            )
        wanted = type(defaults[name])
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (isinstance(value, wanted) or (wanted is float and is_number)):
            raise SimulatorError(f"{name} takes a {wanted.__name__}, not {value!r}.")
    return changes

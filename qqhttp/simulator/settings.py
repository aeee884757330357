"""The settings of a simulated gateway: one frozen record, used by every way to start it."""

from dataclasses import dataclass, fields
from typing import Any

# Settings that may change while the gateway runs (`POST /control/settings`).
LIVE = frozenset(
    {
        "min_interval", "penalty", "delete_penalty", "change_interval", "replay_window",
        "is_replay_known", "heartbeat", "idle", "latency", "jitter", "is_keep_alive",
        "is_silent_close", "null_h", "list_cut", "login_extra", "refuse_code",
    }
)  # fmt: skip


class SimulatorError(Exception):
    """The simulator refuses something. The message is a sentence for its operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one simulated gateway. Times are in seconds.

    The defaults are for tests: no rate limit and no latency. The command line has other defaults,
    see `arguments.py`.

    Raises:
        SimulatorError: a value is out of range.
    """

    hosts: tuple[str, ...] = ("127.0.0.1",)
    port: int = 0

    # Population (population.py has the rule by which UINs are assigned).
    accounts: int = 10
    friends: int = 20
    overlap: float = 0.0
    population: str | None = None  # path of a JSON file to use instead of generated accounts

    # Rate limit (reference 研究成果 (6), (7), (10)): a request that comes too soon is answered
    # RES=3 after the penalty.
    min_interval: float = 0.0
    penalty: float = 20.0
    delete_penalty: float = 30.0
    change_interval: float = 0.0  # between two Change_Stat; 0: no limit

    # A CLTMSG with a repeated SEQ within the window is answered again but not delivered again.
    replay_window: float = 600.0
    is_replay_known: bool = True

    # Sessions: HI and LI of the reply to Login.
    heartbeat: int = 60
    idle: float = 300.0
    login_extra: str = ""  # appended to the reply to Login, for example "COMP=NOKIA"

    # Transport.
    latency: float = 0.0
    jitter: float = 0.0
    is_keep_alive: bool = True
    is_silent_close: bool = False  # close after each reply without a Connection header

    # Quirks of the old gateway.
    null_h: float = 0.0  # probability of NULL for a message with an unescaped lowercase h
    list_cut: int = 0  # maximum length of a friend list in a reply; 0: no limit
    refuse_code: int = 2  # CD of a refused AddToList: 2 in the second write-up, 3 in the first

    # Whether a request may be a GET with its fields in the address. The gateway takes POST only;
    # this is for programs that the engine is compared with.
    is_get_taken: bool = False

    # Whether a message is kept with its text, or only with its digest and length.
    is_text_kept: bool = True
    seed: int = 1  # of the random numbers for faults, jitter and null_h

    def __post_init__(self) -> None:
        for name in ("min_interval", "penalty", "delete_penalty", "replay_window", "idle",
                     "latency", "jitter", "change_interval", "accounts", "friends",
                     "list_cut", "heartbeat"):  # fmt: skip
            if getattr(self, name) < 0:
                raise SimulatorError(f"{name} is {getattr(self, name)}: it cannot be negative.")
        for name in ("overlap", "null_h"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise SimulatorError(
                    f"{name} is {getattr(self, name)}: it must be a share from 0 to 1."
                )

    def live(self) -> dict[str, Any]:
        """Return the live settings by name."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name in LIVE}


def checked_changes(changes: dict[str, Any]) -> dict[str, Any]:
    """Return `changes` if each is a live setting with a value of its type.

    Raises:
        SimulatorError: a setting is not live, or a value has another type.
    """
    # The types come from the defaults: a current value may be an int where a float is expected.
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

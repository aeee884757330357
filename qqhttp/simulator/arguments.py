"""The simulator's command line, shared by `python -m qqhttp.simulator` and `manage.py`."""

import argparse
from pathlib import Path
from typing import Any, Final

from qqhttp.simulator.faults import KINDS, Fault, parse_fault
from qqhttp.simulator.population import write_accounts, write_contacts
from qqhttp.simulator.server import Server
from qqhttp.simulator.settings import Settings, SimulatorError

# Settings whose options say the same thing in the same unit: option, setting, type, help.
_PLAIN: Final[tuple[tuple[str, str, type, str], ...]] = (
    ("--port", "port", int, "port to listen on; 0 takes a free one"),
    ("--accounts", "accounts", int, "number of accounts, UIN 1000001 on, password pw-<uin>"),
    ("--friends", "friends", int, "number of friends an account, UIN 20000001 on"),
    ("--overlap", "overlap", float, "share of friends in common with the next account, 0 to 1"),
    ("--population", "population", str, "JSON file with accounts instead of generated ones"),
    ("--min-interval", "min_interval", float, "seconds between two messages of an account"),
    ("--penalty", "penalty", float, "seconds after which RES=3 is answered"),
    ("--delete-penalty", "delete_penalty", float, "the same for DelFromList"),
    ("--change-interval", "change_interval", float, "seconds between two Change_Stat"),
    ("--replay-window", "replay_window", float, "seconds for which a SEQ is remembered"),
    ("--heartbeat", "heartbeat", int, "HI of a login's reply, seconds"),
    ("--idle", "idle", float, "LI: seconds for which a silent session is kept"),
    ("--login-extra", "login_extra", str, "more fields for a login's reply, as KEY=VALUE"),
    ("--null-h", "null_h", float, "probability of NULL for a text with a raw lowercase h"),
    ("--list-cut", "list_cut", int, "friend lists end after so many names; 0: never"),
    ("--refuse-code", "refuse_code", int, "CD for a refused friend request: 2 or 3"),
    ("--seed", "seed", int, "seed of the dice"),
)
_SWITCHES: Final[tuple[tuple[str, str, str], ...]] = (
    ("--keep-alive", "is_keep_alive", "keep connections whose client wants it"),
    ("--silent-close", "is_silent_close", "close after each reply without saying so"),
    ("--seq-replay", "is_replay_known", "answer a repeated SEQ without delivering again"),
    ("--texts", "is_text_kept", "keep the texts of messages, not only digests"),
)
_MILLISECONDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("--latency", "latency", "milliseconds by which every answer is delayed"),
    ("--jitter", "jitter", "up to so many milliseconds more, at random"),
)
# For people, not for tests: the pace that the old gateway is said to have had.
_DEFAULTS: Final = Settings(port=8000, accounts=10, friends=200, min_interval=1.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give `parser` every option of the simulator."""
    parser.add_argument(
        "--host", action="append", help="address to listen on; may be repeated (127.0.0.1)"
    )
    for option, name, kind, text in _PLAIN:
        default = getattr(_DEFAULTS, name)
        shown = "" if default in (None, "") else f" ({default})"
        parser.add_argument(option, dest=name, type=kind, default=default, help=text + shown)
    for option, name, text in _MILLISECONDS:
        parser.add_argument(option, dest=name, type=float, default=0.0, help=f"{text} (0)")
    for option, name, text in _SWITCHES:
        default = getattr(_DEFAULTS, name)
        parser.add_argument(
            option, dest=name, action=argparse.BooleanOptionalAction, default=default,
            help=f"{text} ({'yes' if default else 'no'})",
        )  # fmt: skip
    parser.add_argument(
        "--fault", action="append", default=[], metavar="SPEC",
        help="KIND[:before|after][,command=..][,uin=..][,p=..][,count=..]; may be repeated; "
        f"kinds: {', '.join(KINDS)}",
    )  # fmt: skip
    parser.add_argument("--write-accounts", metavar="FILE", help="write the accounts as CSV")
    parser.add_argument("--write-contacts", metavar="FILE", help="write their friends as CSV")
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="end when standard input does"
    )


def settings_from(options: dict[str, Any]) -> Settings:
    """Return the settings that parsed options stand for; SimulatorError if they cannot be."""
    values = {name: options[name] for _, name, _, _ in _PLAIN}
    values |= {name: options[name] for _, name, _ in _SWITCHES}
    values |= {name: options[name] / 1000.0 for _, name, _ in _MILLISECONDS}
    return Settings(hosts=tuple(options["host"] or ("127.0.0.1",)), **values)


def faults_from(options: dict[str, Any]) -> list[Fault]:
    """Return the faults that parsed options ask for."""
    return [parse_fault(spec) for spec in options["fault"]]


def command_line(settings: Settings, faults: tuple[str, ...] = ()) -> list[str]:
    """Return the arguments that start a simulator with exactly these settings."""
    words = [word for host in settings.hosts for word in ("--host", host)]
    for option, name, _, _ in _PLAIN:
        value = getattr(settings, name)
        if value is not None:
            words.append(f"{option}={value}")
    for option, name, _ in _MILLISECONDS:
        words.append(f"{option}={getattr(settings, name) * 1000.0}")
    for option, name, _ in _SWITCHES:
        words.append(option if getattr(settings, name) else f"--no-{option.removeprefix('--')}")
    return words + [f"--fault={spec}" for spec in faults]


def write_files(options: dict[str, Any], server: Server) -> None:
    """Write the CSV files that the options name."""
    if options["write_accounts"]:
        if server.settings.population is not None:
            raise SimulatorError(
                "--write-accounts knows the passwords of generated accounts alone, "
                "not those of a --population."
            )
        write_accounts(Path(options["write_accounts"]), server.settings)
    if options["write_contacts"]:
        write_contacts(Path(options["write_contacts"]), server.world.accounts)

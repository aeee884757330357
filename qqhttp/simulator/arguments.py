"""The simulator's command line, shared by `python -m qqhttp.simulator` and `manage.py`."""

import argparse
from pathlib import Path
from typing import Any, Final

from qqhttp.simulator.accounts import Account
from qqhttp.simulator.faults import KINDS, Fault, parse_fault
from qqhttp.simulator.population import write_accounts, write_contacts
from qqhttp.simulator.settings import Settings, SimulatorError

# Options with the same unit as their setting: option, setting, type, help.
_PLAIN: Final[tuple[tuple[str, str, type, str], ...]] = (
    ("--port", "port", int, "port to listen on; 0 takes a free one"),
    ("--accounts", "accounts", int, "number of accounts, UIN 1000001 on, password pw-<uin>"),
    ("--friends", "friends", int, "number of friends of each account, UIN 20000001 on"),
    ("--overlap", "overlap", float, "share of friends in common with the next account, 0 to 1"),
    ("--population", "population", str, "JSON file with accounts instead of generated ones"),
    ("--min-interval", "min_interval", float, "seconds between two messages of an account"),
    ("--penalty", "penalty", float, "seconds until RES=3 is answered"),
    ("--delete-penalty", "delete_penalty", float, "seconds until RES=3 is answered to DelFromList"),
    ("--change-interval", "change_interval", float, "seconds between two Change_Stat"),
    ("--replay-window", "replay_window", float, "seconds for which a SEQ is remembered"),
    ("--heartbeat", "heartbeat", int, "HI of the reply to Login, seconds"),
    ("--idle", "idle", float, "LI: seconds after which a silent session ends"),
    ("--login-extra", "login_extra", str, "more fields for the reply to Login, as KEY=VALUE"),
    ("--null-h", "null_h", float, "probability of NULL for a text with an unescaped lowercase h"),
    ("--list-cut", "list_cut", int, "maximum length of a friend list; 0: no limit"),
    ("--refuse-code", "refuse_code", int, "CD for a refused friend request: 2 or 3"),
    ("--seed", "seed", int, "seed of the random numbers"),
)
_SWITCHES: Final[tuple[tuple[str, str, str], ...]] = (
    ("--keep-alive", "is_keep_alive", "keep connections open if the client allows it"),
    ("--silent-close", "is_silent_close", "close after each reply without announcing it"),
    ("--seq-replay", "is_replay_known", "answer a repeated SEQ without delivering again"),
    ("--take-get", "is_get_taken", "take GET, with the fields in the address"),
    ("--texts", "is_text_kept", "keep the texts of messages, not only their digests"),
)
_MILLISECONDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("--latency", "latency", "milliseconds by which every answer is delayed"),
    ("--jitter", "jitter", "upper bound of a random additional delay in milliseconds"),
)
# The defaults of the command line. The old gateway is said to have had this minimum interval.
_DEFAULTS: Final = Settings(port=8000, accounts=10, friends=200, min_interval=1.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add every option of the simulator to `parser`."""
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
        "--until-stdin-closes", action="store_true", help="end when standard input is closed"
    )


def settings_from(options: dict[str, Any]) -> Settings:
    """Return the settings of a parsed command line.

    Raises:
        SimulatorError: an option is out of range.
    """
    values = {name: options[name] for _, name, _, _ in _PLAIN}
    values |= {name: options[name] for _, name, _ in _SWITCHES}
    values |= {name: options[name] / 1000.0 for _, name, _ in _MILLISECONDS}
    return Settings(hosts=tuple(options["host"] or ("127.0.0.1",)), **values)


def faults_from(options: dict[str, Any]) -> list[Fault]:
    """Return the faults of a parsed command line.

    Raises:
        SimulatorError: a `--fault` is not a fault.
    """
    return [parse_fault(spec) for spec in options["fault"]]


def command_line(settings: Settings, faults: tuple[str, ...] = ()) -> list[str]:
    """Return the arguments that start a simulator with these settings and faults."""
    arguments = [argument for host in settings.hosts for argument in ("--host", host)]
    for option, name, _, _ in _PLAIN:
        value = getattr(settings, name)
        if value is not None:
            arguments.append(f"{option}={value}")
    for option, name, _ in _MILLISECONDS:
        arguments.append(f"{option}={getattr(settings, name) * 1000.0}")
    for option, name, _ in _SWITCHES:
        arguments.append(option if getattr(settings, name) else f"--no-{option.removeprefix('--')}")
    return arguments + [f"--fault={spec}" for spec in faults]


def write_files(options: dict[str, Any], settings: Settings, accounts: dict[int, Account]) -> None:
    """Write the CSV files named by `--write-accounts` and `--write-contacts`.

    Raises:
        SimulatorError: a file cannot be written, or the passwords of the accounts are not known.
    """
    if options["write_accounts"]:
        if settings.population is not None:
            raise SimulatorError(
                "--write-accounts works only for generated accounts: the passwords of a "
                "--population are not known."
            )
        write_accounts(Path(options["write_accounts"]), settings)
    if options["write_contacts"]:
        write_contacts(Path(options["write_contacts"]), accounts)

"""Accounts, people and friendships for the scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.black_box.behaviour import Manners
from tests.black_box.gateway import Gateway
from tests.black_box.history import Rules, check_history
from tests.black_box.operator_cli import Stranger, table

FIRST_ACCOUNT, FIRST_PERSON = 20_001, 3_000_000


@dataclass
class World:
    """So many accounts with so many friends each, nobody being the friend of two.

    Args:
        accounts: how many.
        friends: of each.
    """

    accounts: int = 10
    friends: int = 100
    passwords: dict[int, str] = field(init=False)
    friends_of: dict[int, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        uins = range(FIRST_ACCOUNT, FIRST_ACCOUNT + self.accounts)
        self.passwords = {uin: f"pass-{uin}-秘密" for uin in uins}
        self.friends_of = {
            uin: [FIRST_PERSON + number * self.friends + one for one in range(self.friends)]
            for number, uin in enumerate(uins)
        }

    @property
    def uins(self) -> list[int]:
        """The accounts."""
        return list(self.passwords)

    @property
    def people(self) -> list[int]:
        """Everybody's friends."""
        return [person for friends in self.friends_of.values() for person in friends]

    def gateway(self, manners: Manners | None = None) -> Gateway:
        """The gateway they all use."""
        return Gateway(self.passwords, self.friends_of, manners)


def move_in(stranger: Stranger, world: World, **columns: object) -> None:
    """Import the accounts and everybody's friends (list `all`), and read the friend lists."""
    file = stranger.accounts_file(world.passwords, columns=columns)
    assert stranger.ok("import_accounts", file)["created"] == world.accounts
    import_people(stranger, "all", world.people)
    said = stranger.ok("accounts", "sync", "--all")
    assert {row["uin"]: row["friends"] for row in said} == dict.fromkeys(world.uins, world.friends)


def import_people(stranger: Stranger, name: str, people: Sequence[int]) -> dict[str, Any]:
    """Import people into a list, in the plainest file."""
    rows: list[list[object]] = [["uin", "name"], *([uin, f"人 {uin}"] for uin in people)]
    file = stranger.write(f"{name}.csv", table(rows))
    done: dict[str, Any] = stranger.ok("import_contacts", file, "--list", name)
    return done


def launch_campaign(stranger: Stranger, name: str, text: str, *more: object) -> None:
    """Create a campaign and start it."""
    lists = [] if "--list" in more else ["--list", "all"]
    stranger.ok("campaign", "create", name, *lists, "--text", text, *more)
    stranger.ok("campaign", "start", name)


def assert_all_arrived(gateway: Gateway, text: str, people: Sequence[int]) -> None:
    """Each of them got this very text, to the byte, exactly once."""
    got = [m.to for m in list(gateway.arrived.messages) if m.text == text.encode()]
    missing, extra = set(people) - set(got), set(got) - set(people)
    assert (len(got), missing, extra) == (len(people), set(), set())
    assert not gateway.arrived.conflicts, gateway.arrived.conflicts[:3]
    history = check_history(list(gateway.arrived.departures), rules=Rules())
    assert not history.faults, history.faults
    assert not gateway.arrived.shared_seqs()

"""The accounts and their friends in a black-box test, and how they are imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.black_box.behaviour import Behaviour
from tests.black_box.gateway import Gateway
from tests.black_box.history import Rules, check_history
from tests.black_box.operator_cli import Operator, table

FIRST_ACCOUNT, FIRST_PERSON = 20_001, 3_000_000


@dataclass
class Population:
    """Accounts with an equal number of friends; no two accounts share a friend.

    Args:
        accounts: the number of accounts.
        friends: the number of friends of each.
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
        """The UINs of the accounts."""
        return list(self.passwords)

    @property
    def people(self) -> list[int]:
        """The UINs of all friends."""
        return [person for friends in self.friends_of.values() for person in friends]

    def gateway(self, behaviour: Behaviour | None = None) -> Gateway:
        """Return a gateway with these accounts."""
        return Gateway(self.passwords, self.friends_of, behaviour)


def import_population(operator: Operator, population: Population, **columns: object) -> None:
    """Import the accounts and all friends (list `all`), and sync the friend lists."""
    file = operator.accounts_file(population.passwords, columns=columns)
    assert operator.ok("import_accounts", file)["created"] == population.accounts
    import_people(operator, "all", population.people)
    result = operator.ok("accounts", "sync", "--all")
    assert {row["uin"]: row["friends"] for row in result} == dict.fromkeys(
        population.uins, population.friends
    )


def import_people(operator: Operator, name: str, people: Sequence[int]) -> dict[str, Any]:
    """Import people into a list from a plain CSV file; return the answer."""
    rows: list[list[object]] = [["uin", "name"], *([uin, f"人 {uin}"] for uin in people)]
    file = operator.write(f"{name}.csv", table(rows))
    done: dict[str, Any] = operator.ok("import_contacts", file, "--list", name)
    return done


def launch_campaign(operator: Operator, name: str, text: str, *more: object) -> None:
    """Create a campaign and start it."""
    lists = [] if "--list" in more else ["--list", "all"]
    operator.ok("campaign", "create", name, *lists, "--text", text, *more)
    operator.ok("campaign", "start", name)


def wait_for_messages(
    operator: Operator, gateway: Gateway, count: int, *, seconds: float = 60
) -> None:
    """Wait until so many more messages have arrived."""
    wanted = len(gateway.traffic.messages) + count
    operator.wait_until(lambda: len(gateway.traffic.messages) >= wanted, seconds=seconds)


def assert_all_arrived(gateway: Gateway, text: str, people: Sequence[int]) -> None:
    """Fail unless each of these people got this text, byte for byte, exactly once."""
    got = [m.to for m in list(gateway.traffic.messages) if m.text == text.encode()]
    missing, extra = set(people) - set(got), set(got) - set(people)
    assert (len(got), missing, extra) == (len(people), set(), set())
    assert not gateway.traffic.conflicts, gateway.traffic.conflicts[:3]
    history = check_history(list(gateway.traffic.message_requests), rules=Rules())
    assert not history.violations, history.violations
    assert not gateway.traffic.shared_seqs()

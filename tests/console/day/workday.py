"""The stack, its gateway and the colleagues of a day at work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import populate
from tests.console.colleague import Colleague
from tests.running_stack import RunningStack

ACCOUNTS, FRIENDS = 3, 4
PEOPLE = ACCOUNTS * FRIENDS
PASSWORD = "a long enough day 2026"
ROLES = {"olga": "operator", "ann": "approver", "vera": "viewer"}
TEMPLATE, CAMPAIGN, PEOPLE_LIST = "问候", "双十一", "老客户"
#: Somebody who is nobody's friend yet. The simulator adds this person at once.
STRANGER = 60_000
#: Seconds for what the workers do; the machine may be busy.
PATIENCE = 180.0


class Workday:
    """What the chapters of a day share.

    Args:
        chromium: the browser.
        stack: the running stack, empty.
        gateway: the gateway that it talks to.
        folder: for the files that are imported.
        language: "en" or "zh-hans".
    """

    def __init__(
        self,
        chromium: Any,
        stack: RunningStack,
        gateway: GatewaySimulator,
        *,
        folder: Path,
        language: str,
    ) -> None:
        self._chromium, self._language = chromium, language
        self.stack, self.gateway, self.folder = stack, gateway, folder
        self._colleagues: dict[str, Colleague] = {}
        self.friends = {one.uin: sorted(one.friends) for one in populate(gateway.settings).values()}
        #: The account to which people write back, who asks it something, and who writes TD to it.
        self.account = min(self.friends)
        self.asking, self.leaving = self.friends[self.account][:2]
        name, password = stack.login
        self.admin = self.arrives(name, password)

    @property
    def olga(self) -> Colleague:
        """The operator, who signs in when first needed."""
        return self._colleagues.get("olga") or self.arrives("olga")

    @property
    def ann(self) -> Colleague:
        """The approver."""
        return self._colleagues.get("ann") or self.arrives("ann")

    @property
    def vera(self) -> Colleague:
        """The viewer."""
        return self._colleagues.get("vera") or self.arrives("vera")

    def arrives(self, name: str, password: str = PASSWORD) -> Colleague:
        """Sign somebody in."""
        colleague = Colleague(
            self._chromium,
            self.stack.url.rstrip("/"),
            name=name,
            password=password,
            language=self._language,
        )
        self._colleagues[name] = colleague
        return colleague

    def sent(self) -> int:
        """Return how many messages the gateway has."""
        return len(self.gateway.control.messages())

    def wait_until(self, condition: Callable[[], bool], *, what: str) -> None:
        """Wait until a condition holds; else fail with the logs of the stack."""
        self.stack.wait_until(condition, what=what, seconds=PATIENCE)

    def file(self, name: str, content: bytes) -> Path:
        """Return a new file to import."""
        made = self.folder / name
        made.write_bytes(content)
        return made

    def problems(self) -> list[str]:
        """Return what was found on the pages that somebody looked at."""
        return [problem for one in self._colleagues.values() for problem in one.problems]

"""The result policies as lanes use them: a table in memory, looked up by code.

See docs/decisions/0012-result-policies.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.gateway.logins import LoginPolicy
from foundation.kept_queries import KeptQuery
from sending.models import AccountAction, PolicyAction, PolicyCommand, ResultPolicy
from sending.models.result_policy import LONGEST_PAUSE_SECONDS


@dataclass(frozen=True, slots=True)
class Policy:
    """One row of `sending.models.ResultPolicy`; the columns are described there."""

    command: str
    code: str
    action: str
    max_tries: int = 1
    backoff_seconds: float = 0.0
    backoff_factor: float = 2.0
    backoff_longest: float = 300.0
    account_action: str = AccountAction.NONE.value
    suppresses_contact: bool = False
    stops_run: bool = False

    def pause(self, tries: int) -> float:
        """Return the pause after the given number of tries (1 is the first), seconds."""
        longest = min(self.backoff_longest, LONGEST_PAUSE_SECONDS)
        try:
            pause = self.backoff_seconds * self.backoff_factor ** max(0, tries - 1)
        except OverflowError:  # the number of tries has no limit
            return longest if self.backoff_seconds else 0.0
        return min(pause, longest)


_MESSAGE, _LOGIN = PolicyCommand.MESSAGE.value, PolicyCommand.LOGIN.value
_REPLAY = PolicyAction.REPLAY.value

#: The policy for a login that ends with a code without a policy of its own. NULL, timeouts and the
#: like say nothing about the account: it tries again without end.
LOGIN_DEFAULT = Policy(
    _LOGIN, "*", PolicyAction.LATER.value, backoff_seconds=1.0, backoff_longest=30.0
)

#: The policies of a fresh installation. No policy limits how often a request is repeated: that ends
#: when the gateway forgets its SEQ. RES=3 and RES=20 are about the account and not the message, so
#: the message has many tries. After NULL, a timeout and the like it is unknown whether the message
#: was sent, so the same request is repeated: the protocol's guard against sending twice.
DEFAULTS: tuple[Policy, ...] = (
    Policy(_MESSAGE, "0", PolicyAction.DONE.value),
    Policy(
        _MESSAGE, "3", PolicyAction.LATER.value, max_tries=100,
        backoff_seconds=20.0, account_action=AccountAction.REST.value,
    ),
    Policy(_MESSAGE, "5", PolicyAction.FAIL.value),
    Policy(
        _MESSAGE, "20", PolicyAction.LATER.value, max_tries=100,
        account_action=AccountAction.LOG_IN.value,
    ),
    Policy(_MESSAGE, "NULL", _REPLAY, backoff_seconds=1.0, backoff_longest=20.0),
    Policy(_MESSAGE, "timeout", _REPLAY, backoff_seconds=1.0, backoff_longest=20.0),
    Policy(_MESSAGE, "reset", _REPLAY, backoff_seconds=1.0, backoff_longest=20.0),
    Policy(_MESSAGE, "malformed", _REPLAY, backoff_seconds=1.0, backoff_longest=20.0),
    Policy(_MESSAGE, "HTTP_*", _REPLAY, backoff_seconds=1.0, backoff_longest=20.0),
    Policy(_MESSAGE, "*", PolicyAction.FAIL.value),
    Policy(
        # The penalty of the gateway lasts 20 seconds, however often it is given.
        _LOGIN, "3", PolicyAction.LATER.value, backoff_seconds=20.0, backoff_factor=1.0,
    ),
    Policy(
        _LOGIN, "5", PolicyAction.FAIL.value, account_action=AccountAction.QUARANTINE.value
    ),
    Policy(
        _LOGIN, "RS_*", PolicyAction.FAIL.value, account_action=AccountAction.QUARANTINE.value
    ),
    LOGIN_DEFAULT,
)  # fmt: skip


class PolicyTable:
    """All policies, by command and code.

    Args:
        policies: the policies in force; codes without one use the defaults.
    """

    def __init__(self, policies: Iterable[Policy] = ()) -> None:
        self._table = {(p.command, p.code): p for p in DEFAULTS}
        self._table.update({(p.command, p.code): p for p in policies})

    def find(self, *, command: str, code: str) -> Policy:
        """Return the policy for a code: its own, its family's (HTTP_*), or the one for `*`."""
        family = f"{code.partition('_')[0]}_*"
        for pattern in (code, family):
            if (command, pattern) in self._table:
                return self._table[command, pattern]
        return self._table[command, "*"]

    def for_login(self, *, code: str) -> LoginPolicy:
        """Return what the policy for a code says about a login that ended with it.

        "Fail" quarantines the account. Its pauses are those of the default: they apply when an
        answer is not definite, because such an answer quarantines no account.
        """
        policy = self.find(command=_LOGIN, code=code)
        fails = policy.action == PolicyAction.FAIL
        return LoginPolicy(fails, pause=(LOGIN_DEFAULT if fails else policy).pause)


def load_policies() -> PolicyTable:
    """Read the policies in force from the database."""
    return PolicyTable(Policy(*row) for row in _IN_FORCE.rows())


_IN_FORCE = KeptQuery(
    lambda: ResultPolicy.objects.order_by().values_list(*Policy.__dataclass_fields__)
)

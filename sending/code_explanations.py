"""What a result code means, what the engine does about it, and what an operator can do.

The one source of these sentences: the console shows them where a code stands, and docs/codes.md
has them in a table. What the engine does is read from the result policies in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sending.code_meanings import code_meaning
from sending.models import AccountAction, PolicyAction, PolicyCommand
from sending.policies import Policy, PolicyTable

_NOTHING = gettext_lazy("Nothing needs to be done.")
_UNKNOWN_ENDS = gettext_lazy(
    "Nothing needs to be done. What stays open is shown as unknown, and you decide about it."
)

#: By code: what it means, and what an operator can do.
_SENTENCES: dict[str, tuple[Any, Any]] = {
    "": (gettext_lazy("The request is on its way, or its answer is not here yet."), _NOTHING),
    "0": (
        gettext_lazy("The gateway accepted the message."),
        gettext_lazy(
            "Nothing needs to be done. A person who is no longer a friend may still not see it."
        ),
    ),
    "3": (
        gettext_lazy("The account sent faster than the gateway allows."),
        gettext_lazy("If it comes again and again, give the account a slower pace."),
    ),
    "5": (
        gettext_lazy("The number cannot be a UIN."),
        gettext_lazy("Correct the contact's UIN, or remove the contact."),
    ),
    "20": (
        gettext_lazy("The gateway does not know the account as logged in from this address."),
        gettext_lazy(
            "If it comes again and again, see whether the account is logged in somewhere else."
        ),
    ),
    "NULL": (
        gettext_lazy("The gateway answered with nothing, so it is not known whether the message "
                     "went out."),
        _UNKNOWN_ENDS,
    ),
    "timeout": (
        gettext_lazy("No answer came in time, so it is not known whether the message went out."),
        _UNKNOWN_ENDS,
    ),
    "reset": (
        gettext_lazy("The connection broke before the answer, so it is not known whether the "
                     "message went out."),
        _UNKNOWN_ENDS,
    ),
    "malformed": (
        gettext_lazy("The answer belongs to no request of ours, so it is not known whether the "
                     "message went out."),
        _UNKNOWN_ENDS,
    ),
    "HTTP_*": (
        gettext_lazy("The gateway's server failed, so it is not known whether the message went "
                     "out."),
        gettext_lazy("If it lasts, tell the gateway's operator."),
    ),
    "unreachable": (
        gettext_lazy("No connection to the gateway was made, so nothing was sent."),
        gettext_lazy("If it lasts, check the address of the gateway and the network."),
    ),
    "RS_*": (
        gettext_lazy("The gateway refused the login, most likely because of the password."),
        gettext_lazy("Correct the account's password, then enable the account."),
    ),
    "*": (
        gettext_lazy("The gateway refused with a code that its protocol does not name."),
        gettext_lazy("Look at the attempts of the delivery. A result policy can decide what this "
                     "code does."),
    ),
}  # fmt: skip
_FAMILIES = ("HTTP_*", "RS_*")
#: The codes that the page of codes lists, in this order.
CODES = tuple(code for code in _SENTENCES if code)

_ACTIONS: dict[str, Any] = {
    PolicyAction.DONE: gettext_lazy("The message counts as sent."),
    PolicyAction.REPLAY: gettext_lazy(
        "The same request is repeated under its SEQ, so that nobody gets the message twice."
    ),
    PolicyAction.LATER: gettext_lazy("The message is tried again later."),
    PolicyAction.FAIL: gettext_lazy("The message fails and is not tried again."),
}
_LOGIN_ACTIONS: dict[str, Any] = {
    PolicyAction.LATER: gettext_lazy("The account tries to log in again later."),
    PolicyAction.FAIL: gettext_lazy("The login is not tried again."),
}
_ACCOUNT_ACTIONS: dict[str, Any] = {
    AccountAction.REST: gettext_lazy("The account rests, and then goes slower."),
    AccountAction.LOG_IN: gettext_lazy("The account logs in again."),
    AccountAction.QUARANTINE: gettext_lazy("The account is quarantined."),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """A code in words.

    Attributes:
        title: the code with its short meaning.
        meaning: what it says.
        engine: what the engine does about it.
        remedy: what an operator can do.
    """

    title: str
    meaning: str
    engine: str
    remedy: str

    def __str__(self) -> str:
        return _joined((self.meaning, self.engine, self.remedy))


def explain(code: str, policies: PolicyTable) -> Explanation:
    """Return what a result code means, what the engine does about it, and what one can do.

    Args:
        code: a RES, or NULL, timeout, HTTP_502 and the like; "" before there is one.
        policies: the policies in force.
    """
    family = f"{code.partition('_')[0]}_*"
    key = code if code in _SENTENCES else family if family in _FAMILIES else "*"
    meaning, remedy = _SENTENCES[key]
    engine = _joined(str(part) for part in _done(code, policies))
    return Explanation(str(code_meaning(code)), str(meaning), engine, str(remedy))


def _joined(sentences: Iterable[str]) -> str:
    """Return sentences one after another; Chinese has no blank between them."""
    return " ".join(one for one in sentences if one).replace("。 ", "。")


def _done(code: str, policies: PolicyTable) -> Iterator[Any]:
    if not code:
        return
    if code == "unreachable":  # no answer, so no policy: the gateway is waited for
        yield _("The message is tried again when the gateway can be reached.")
        return
    if code.startswith("RS_"):
        policy = policies.find(command=PolicyCommand.LOGIN, code=code)
        yield _LOGIN_ACTIONS.get(policy.action, "")
    else:
        policy = policies.find(command=PolicyCommand.MESSAGE, code=code)
        yield _ACTIONS[policy.action]
    yield from _beyond_the_message(policy)


def _beyond_the_message(policy: Policy) -> Iterator[Any]:
    if policy.account_action in _ACCOUNT_ACTIONS:
        yield _ACCOUNT_ACTIONS[policy.account_action]
    if policy.suppresses_contact:
        yield _("The person is suppressed.")
    if policy.stops_run:
        yield _("The run stops.")

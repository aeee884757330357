"""The tables of the sending app, one module each."""

from sending.models.attempt import Attempt
from sending.models.delivery import Delivery
from sending.models.forbidden_word import ForbiddenWord, WordAction
from sending.models.quiet_hours import QuietHours
from sending.models.result_policy import AccountAction, PolicyAction, PolicyCommand, ResultPolicy
from sending.models.run import OnceAcross, Run, RunEvent
from sending.models.run_text import RunText
from sending.models.tally import Tally, TallyKind

__all__ = [
    "AccountAction",
    "Attempt",
    "Delivery",
    "ForbiddenWord",
    "OnceAcross",
    "PolicyAction",
    "PolicyCommand",
    "QuietHours",
    "ResultPolicy",
    "Run",
    "RunEvent",
    "RunText",
    "Tally",
    "TallyKind",
    "WordAction",
]

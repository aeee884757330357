"""The tables of the sending app, one module each."""

from sending.models.attempt import Attempt
from sending.models.cap_origin import CapOrigin
from sending.models.delivery import Delivery
from sending.models.forbidden_word import ForbiddenWord, WordAction
from sending.models.opt_out import Confirmation, OptOut
from sending.models.opt_out_settings import OptOutSettings
from sending.models.opt_out_word import OptDirection, OptOutWord, WordMatch
from sending.models.quiet_hours import QuietHours
from sending.models.reply import Reply
from sending.models.result_policy import AccountAction, PolicyAction, PolicyCommand, ResultPolicy
from sending.models.run import OnceAcross, Run, RunEvent
from sending.models.run_minute import RunMinute
from sending.models.run_text import RunText
from sending.models.tally import Tally, TallyKind

__all__ = [
    "AccountAction",
    "Attempt",
    "CapOrigin",
    "Confirmation",
    "Delivery",
    "ForbiddenWord",
    "OnceAcross",
    "OptDirection",
    "OptOut",
    "OptOutSettings",
    "OptOutWord",
    "PolicyAction",
    "PolicyCommand",
    "QuietHours",
    "Reply",
    "ResultPolicy",
    "Run",
    "RunEvent",
    "RunMinute",
    "RunText",
    "Tally",
    "TallyKind",
    "WordAction",
    "WordMatch",
]

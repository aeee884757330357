"""Result policies, quiet hours, forbidden words and opt-outs in the console."""

from sending.admin.forbidden_word import ForbiddenWordAdmin
from sending.admin.opt_out import OptOutAdmin
from sending.admin.opt_out_settings import OptOutSettingsAdmin
from sending.admin.opt_out_word import OptOutWordAdmin
from sending.admin.quiet_hours import QuietHoursAdmin
from sending.admin.result_policy import ResultPolicyAdmin

__all__ = [
    "ForbiddenWordAdmin",
    "OptOutAdmin",
    "OptOutSettingsAdmin",
    "OptOutWordAdmin",
    "QuietHoursAdmin",
    "ResultPolicyAdmin",
]

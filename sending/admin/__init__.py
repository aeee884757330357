"""Result policies, quiet hours and forbidden words in the console."""

from sending.admin.forbidden_word import ForbiddenWordAdmin
from sending.admin.quiet_hours import QuietHoursAdmin
from sending.admin.result_policy import ResultPolicyAdmin

__all__ = ["ForbiddenWordAdmin", "QuietHoursAdmin", "ResultPolicyAdmin"]

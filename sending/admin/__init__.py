"""Result policies and quiet hours in the console."""

from sending.admin.quiet_hours import QuietHoursAdmin
from sending.admin.result_policy import ResultPolicyAdmin

__all__ = ["QuietHoursAdmin", "ResultPolicyAdmin"]

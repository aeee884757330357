"""Result policies in the console."""

from sending.admin.result_policy import ResultPolicyAdmin

__all__ = ["ResultPolicyAdmin"]

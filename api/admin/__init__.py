"""The page of API tokens."""

from api.admin.token import TokenAdmin

__all__ = ["TokenAdmin"]

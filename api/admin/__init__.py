"""The pages of API tokens and of the requests made with them."""

from api.admin.request import ApiRequestAdmin
from api.admin.token import TokenAdmin

__all__ = ["ApiRequestAdmin", "TokenAdmin"]

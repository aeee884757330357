"""The console's pages of webhooks."""

from webhooks.admin.endpoint import EndpointAdmin
from webhooks.admin.message import MessageAdmin

__all__ = ["EndpointAdmin", "MessageAdmin"]

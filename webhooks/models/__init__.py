"""The tables of webhooks: endpoints, and the messages to them."""

from webhooks.models.endpoint import Endpoint, EndpointStates
from webhooks.models.message import Message

__all__ = ["Endpoint", "EndpointStates", "Message"]

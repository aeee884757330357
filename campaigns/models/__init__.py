"""The tables of the campaigns app, one module each."""

from campaigns.models.attempt import Attempt
from campaigns.models.campaign import Campaign
from campaigns.models.delivery import Delivery
from campaigns.models.message_template import MessageTemplate
from campaigns.models.run import Run, RunEvent
from campaigns.models.tally import Tally, TallyKind

__all__ = [
    "Attempt",
    "Campaign",
    "Delivery",
    "MessageTemplate",
    "Run",
    "RunEvent",
    "Tally",
    "TallyKind",
]

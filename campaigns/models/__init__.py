"""The tables of the campaigns app, one module each."""

from campaigns.models.campaign import Campaign
from campaigns.models.campaign_run import CampaignRun
from campaigns.models.message_template import MessageTemplate

__all__ = ["Campaign", "CampaignRun", "MessageTemplate"]

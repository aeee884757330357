"""The campaigns app in the console, one module per model."""

from campaigns.admin.approval_settings import ApprovalSettingsAdmin
from campaigns.admin.attempt import AttemptAdmin
from campaigns.admin.campaign import CampaignAdmin
from campaigns.admin.default_cap import DefaultCapAdmin
from campaigns.admin.delivery import DeliveryAdmin
from campaigns.admin.holiday_calendar import HolidayCalendarAdmin
from campaigns.admin.message_template import MessageTemplateAdmin
from campaigns.admin.notification import NotificationAdmin
from campaigns.admin.run import RunAdmin
from campaigns.admin.sequence import SequenceAdmin
from campaigns.admin.sequence_person import SequencePersonAdmin
from campaigns.admin.snippet import SnippetAdmin

__all__ = [
    "ApprovalSettingsAdmin",
    "AttemptAdmin",
    "CampaignAdmin",
    "DefaultCapAdmin",
    "DeliveryAdmin",
    "HolidayCalendarAdmin",
    "MessageTemplateAdmin",
    "NotificationAdmin",
    "RunAdmin",
    "SequenceAdmin",
    "SequencePersonAdmin",
    "SnippetAdmin",
]

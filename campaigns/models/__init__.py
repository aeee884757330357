"""The tables of the campaigns app, one module each."""

from campaigns.models.approval import Approval
from campaigns.models.approval_request import ApprovalRequest
from campaigns.models.approval_settings import ApprovalSettings
from campaigns.models.campaign import Campaign
from campaigns.models.campaign_run import CampaignRun
from campaigns.models.campaign_variant import CampaignVariant
from campaigns.models.default_cap import DefaultCap
from campaigns.models.holiday_calendar import Holiday, HolidayCalendar, HolidayKind
from campaigns.models.message_template import MessageTemplate
from campaigns.models.notification import Notification
from campaigns.models.notification_settings import CampaignNotifications, UserNotifications
from campaigns.models.occurrence import Occurrence
from campaigns.models.owners import OWNERS_OF_DELIVERIES, owner_of
from campaigns.models.rehearsal import Rehearsal
from campaigns.models.saved_report import AccountsOfRun, ReportMail, SavedReport
from campaigns.models.sequence import Sequence, SequencePerson, SequenceStep
from campaigns.models.sequence_approval import SequenceApproval
from campaigns.models.snippet import Snippet
from campaigns.models.template_text import TemplateText
from campaigns.models.template_version import TemplateVersion
from campaigns.models.test_run import TestRun
from campaigns.models.typed_step import TypedStep

__all__ = [
    "OWNERS_OF_DELIVERIES",
    "AccountsOfRun",
    "Approval",
    "ApprovalRequest",
    "ApprovalSettings",
    "Campaign",
    "CampaignNotifications",
    "CampaignRun",
    "CampaignVariant",
    "DefaultCap",
    "Holiday",
    "HolidayCalendar",
    "HolidayKind",
    "MessageTemplate",
    "Notification",
    "Occurrence",
    "Rehearsal",
    "ReportMail",
    "SavedReport",
    "Sequence",
    "SequenceApproval",
    "SequencePerson",
    "SequenceStep",
    "Snippet",
    "TemplateText",
    "TemplateVersion",
    "TestRun",
    "TypedStep",
    "UserNotifications",
    "owner_of",
]

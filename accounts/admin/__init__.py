"""The console's pages of accounts, egresses, workers, friends and inbound messages."""

from accounts.admin.account import AccountAdmin
from accounts.admin.account_pool import AccountPoolAdmin
from accounts.admin.account_task import AccountTaskAdmin
from accounts.admin.egress import EgressAdmin
from accounts.admin.friend import FriendAdmin
from accounts.admin.friend_link import FriendEventAdmin, FriendLinkAdmin, ProfileAdmin
from accounts.admin.friend_request import FriendRequestAdmin
from accounts.admin.inbound_message import InboundMessageAdmin
from accounts.admin.outage import OutageAdmin
from accounts.admin.session import SessionAdmin
from accounts.admin.warm_up_curve import WarmUpCurveAdmin
from accounts.admin.worker import WorkerAdmin

__all__ = [
    "AccountAdmin",
    "AccountPoolAdmin",
    "AccountTaskAdmin",
    "EgressAdmin",
    "FriendAdmin",
    "FriendEventAdmin",
    "FriendLinkAdmin",
    "FriendRequestAdmin",
    "InboundMessageAdmin",
    "OutageAdmin",
    "ProfileAdmin",
    "SessionAdmin",
    "WarmUpCurveAdmin",
    "WorkerAdmin",
]

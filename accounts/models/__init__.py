"""The tables of the accounts app."""

from accounts.models.account import Account, AccountEvent
from accounts.models.account_pool import AccountPool
from accounts.models.account_task import AccountTask, AccountTaskKind, AccountTaskState
from accounts.models.egress import Egress, Worker
from accounts.models.friend import Friend
from accounts.models.friend_event import FriendEvent, FriendEventKind
from accounts.models.friend_link import FriendLink, FriendLinkKind
from accounts.models.friend_request import FriendRequest
from accounts.models.inbound_message import InboundKind, InboundMessage
from accounts.models.lease import Lease
from accounts.models.outage import Outage
from accounts.models.profile import Profile
from accounts.models.session import Session
from accounts.models.warm_up import WarmUp, WarmUpCurve

__all__ = [
    "Account",
    "AccountEvent",
    "AccountPool",
    "AccountTask",
    "AccountTaskKind",
    "AccountTaskState",
    "Egress",
    "Friend",
    "FriendEvent",
    "FriendEventKind",
    "FriendLink",
    "FriendLinkKind",
    "FriendRequest",
    "InboundKind",
    "InboundMessage",
    "Lease",
    "Outage",
    "Profile",
    "Session",
    "WarmUp",
    "WarmUpCurve",
    "Worker",
]

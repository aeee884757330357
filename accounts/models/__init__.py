"""The tables of the accounts app."""

from accounts.models.account import Account, AccountEvent
from accounts.models.account_task import AccountTask, AccountTaskKind, AccountTaskState
from accounts.models.egress import Egress, Worker
from accounts.models.friend import Friend
from accounts.models.inbound_message import InboundKind, InboundMessage
from accounts.models.lease import Lease
from accounts.models.outage import Outage
from accounts.models.session import Session

__all__ = [
    "Account",
    "AccountEvent",
    "AccountTask",
    "AccountTaskKind",
    "AccountTaskState",
    "Egress",
    "Friend",
    "InboundKind",
    "InboundMessage",
    "Lease",
    "Outage",
    "Session",
    "Worker",
]

"""The tables of the accounts app, one module each."""

from accounts.models.account import Account, AccountEvent
from accounts.models.egress import Egress, Worker
from accounts.models.errand import Errand, ErrandKind, ErrandState
from accounts.models.friend import Friend
from accounts.models.inbound_message import InboundKind, InboundMessage
from accounts.models.lease import Lease
from accounts.models.outage import Outage
from accounts.models.result_policy import (
    AccountAction,
    PolicyAction,
    PolicyCommand,
    ResultPolicy,
)
from accounts.models.session import Session

__all__ = [
    "Account",
    "AccountAction",
    "AccountEvent",
    "Egress",
    "Errand",
    "ErrandKind",
    "ErrandState",
    "Friend",
    "InboundKind",
    "InboundMessage",
    "Lease",
    "Outage",
    "PolicyAction",
    "PolicyCommand",
    "ResultPolicy",
    "Session",
    "Worker",
]

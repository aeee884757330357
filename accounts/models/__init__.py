"""The tables of the accounts app, one module each."""

from accounts.models.account import Account, AccountEvent
from accounts.models.egress import Egress, Worker
from accounts.models.errand import Errand, ErrandKind, ErrandState
from accounts.models.friend import Friend
from accounts.models.lease import Lease
from accounts.models.session import Session

__all__ = [
    "Account",
    "AccountEvent",
    "Egress",
    "Errand",
    "ErrandKind",
    "ErrandState",
    "Friend",
    "Lease",
    "Session",
    "Worker",
]

"""The querysets of the accounts app."""

from accounts.querysets.account import AccountQuerySet
from accounts.querysets.friend import FriendQuerySet
from accounts.querysets.lease import LeaseQuerySet
from accounts.querysets.session import SessionQuerySet
from accounts.querysets.worker import WorkerQuerySet

__all__ = [
    "AccountQuerySet",
    "FriendQuerySet",
    "LeaseQuerySet",
    "SessionQuerySet",
    "WorkerQuerySet",
]

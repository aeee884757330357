"""The querysets of the accounts app."""

from accounts.querysets.account import AccountQuerySet
from accounts.querysets.account_task import AccountTaskQuerySet
from accounts.querysets.friend import FriendQuerySet
from accounts.querysets.friend_link import FriendLinkQuerySet
from accounts.querysets.friend_request import FriendRequestQuerySet
from accounts.querysets.lease import LeaseQuerySet
from accounts.querysets.session import SessionQuerySet
from accounts.querysets.worker import WorkerQuerySet

__all__ = [
    "AccountQuerySet",
    "AccountTaskQuerySet",
    "FriendLinkQuerySet",
    "FriendQuerySet",
    "FriendRequestQuerySet",
    "LeaseQuerySet",
    "SessionQuerySet",
    "WorkerQuerySet",
]

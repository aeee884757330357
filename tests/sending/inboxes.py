"""What the tests of inboxes share: a login, the open session and the stored texts."""

from __future__ import annotations

from accounts.account_tasks import request_account_task
from accounts.models import Account, AccountTaskKind, InboundMessage, Session
from tests.sending.working import wait_until

#: A heartbeat, the tick, and time for a busy machine.
A_HEARTBEAT = 6.0


def logged_in(account: Account) -> None:
    """Request a login and wait until the account has a session."""
    request_account_task(account=account, kind=AccountTaskKind.LOGIN)
    wait_until(lambda: open_session(account), what="the login")


def open_session(account: Account) -> Session | None:
    """Return the account's open session, or None."""
    found: Session | None = Session.objects.filter(account=account, ended_at=None).first()
    return found


def texts() -> list[str]:
    """Return the texts of all stored messages, oldest first."""
    return list(InboundMessage.objects.order_by("pk").values_list("text", flat=True))

"""Decides from the head of a request whether its body is accepted; counts what is under way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext as _
from waitress.utilities import Error

#: Bytes of a body that everybody may send: enough for the sign-in form.
ALWAYS = 16 << 10
#: Bytes of a body without a pass, and of all of those together. They are kept in memory.
WITHOUT_PASS, ALL_WITHOUT_PASS = 1 << 20, 64 << 20


class Refused(Error):
    """The answer to a request whose body is not accepted."""

    def __init__(self, code: int, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.reason = code, reason


@dataclass(frozen=True)
class Limits:
    """The most bytes of one upload, of those of one user at a time, and of all at a time."""

    one: int
    per_user: int
    in_all: int


class Admission:
    """Counts the bytes of the bodies under way. Used by one thread, the server's loop."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._by_user: Counter[str] = Counter()
        self._without_pass = 0

    def admit(self, size: int, user: str | None) -> Refused | None:
        """Count a body in, or return the refusal.

        Args:
            size: its bytes.
            user: whom the pass names; None without one.
        """
        if size <= ALWAYS:
            return None
        if user is None:
            if size > WITHOUT_PASS:
                sentence = _(
                    "Sign in first: only operators who are signed in may send files. Nothing was "
                    "stored."
                )
                return Refused(401, "Unauthorized", sentence)
            if self._without_pass + size > ALL_WITHOUT_PASS:
                return _busy()
            self._without_pass += size
            return None
        if size > self.limits.one:
            sentence = _(
                "The upload is larger than %(limit)d MB, the most that UPLOAD_MB allows. Make it "
                "smaller."
            )
            return _refused(413, "Content Too Large", sentence, self.limits.one)
        if self._by_user[user] + size > self.limits.per_user:
            sentence = _(
                "Your other uploads are still under way, and together they may have %(limit)d MB "
                "(UPLOAD_MB_PER_USER). Wait until one has ended, then send this one again."
            )
            return _refused(429, "Too Many Requests", sentence, self.limits.per_user)
        if self._by_user.total() + size > self.limits.in_all:
            return _busy()
        self._by_user[user] += size
        return None

    def release(self, size: int, user: str | None) -> None:
        """Count out a body that was counted in."""
        if size <= ALWAYS:
            return
        if user is None:
            self._without_pass -= size
            return
        self._by_user[user] -= size
        if self._by_user[user] <= 0:
            del self._by_user[user]


def _refused(code: int, reason: str, sentence: str, limit: int) -> Refused:
    return Refused(code, reason, sentence % {"limit": limit >> 20})


def _busy() -> Refused:
    sentence = _("Too many uploads are under way. Wait a minute, then send it again.")
    return Refused(503, "Service Unavailable", sentence)

"""Everything that can go wrong with one request, as a tree of classes.

::

    GatewayError
    ├── NeverLeft            unreachable   definite, retryable: no byte of the request went out
    │   └── Withheld         withheld      not even tried: its sender's right to send had run out
    ├── NoAnswer                           not definite: it may or may not have been carried out
    │   ├── EmptyReply       NULL          HTTP 200 with nothing in it
    │   ├── ReadTimeout      timeout       no complete reply in time
    │   ├── ConnectionReset  reset         the connection ended before the reply did
    │   ├── HttpError        HTTP_nnn      an HTTP status other than 200
    │   └── MalformedReply   malformed     something came back, but not the reply to this request
    └── Refusal                            definite: the gateway said no
        ├── NotLoggedIn      20            log in again, then send again
        ├── TooFast          3             wait, then send again
        ├── IllegalUin       5             never
        ├── OtherRefusal     n             a RES the reference does not know
        └── LoginRefused     RS_n          RES=0 with RS other than 0: wrong password; never hammer

Two questions decide what a caller does, and each class answers both:

``definite``
    Is it certain whether the request was carried out? Only then may it be sent under a new SEQ;
    otherwise it is replayed under the same one, or left as unknown.
``is_retryable``
    Is another try worth anything?

No error carries a request, a reply's text, a password or its digest, in its arguments or its chain.
"""

from __future__ import annotations

from typing import ClassVar

from qqhttp.translatable import Translatable as _


class GatewayError(Exception):
    """The root of the tree.

    Args:
        sentence: what the operator reads: what is wrong, where, what to do. It is English, and the
            `Translatable` of this package's errors can be put into other languages.
        code: the short result code that reports count by.
    """

    definite: ClassVar[bool] = False
    is_retryable: ClassVar[bool] = False

    def __init__(self, sentence: str, *, code: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        # The default would call the class with the sentence alone, which no subclass accepts.
        return (_rebuild, (type(self), self.sentence, self.code, dict(self.__dict__)))


def _rebuild(
    error_class: type[GatewayError], sentence: str, code: str, state: dict[str, object]
) -> GatewayError:
    """Restore a pickled error without its subclass's own signature."""
    error = error_class.__new__(error_class)
    GatewayError.__init__(error, sentence, code=code)
    error.__dict__.update(state)
    return error


class NeverLeft(GatewayError):
    """The connection was never made, so no byte of the request can have left.

    Refused or timed-out connects, names that do not resolve, a source address this machine does
    not have, a proxy that refuses or wants a login. Anything after a first possible byte is a
    :class:`NoAnswer` instead.
    """

    definite = True
    is_retryable = True

    def __init__(self, sentence: str, *, code: str = "unreachable") -> None:
        super().__init__(sentence, code=code)


class Withheld(NeverLeft):
    """The request was ready later than its sender may send it, so no byte of it went out.

    Connecting took too long, or the process stood still meanwhile. It says nothing about the
    gateway.
    """

    def __init__(self) -> None:
        super().__init__(
            _("The request was held back: it was ready too late to be sent safely."),
            code="withheld",
        )


class NoAnswer(GatewayError):
    """The request left, and no definite answer came: it may or may not have been carried out."""

    definite = False
    is_retryable = True


class EmptyReply(NoAnswer):
    """HTTP 200 with an empty body: what the reference writes as NULL."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "The gateway answered with nothing (NULL), so it is not known whether it did what "
                "was asked."
            ),
            code="NULL",
        )


class ReadTimeout(NoAnswer):
    """No complete reply came in time.

    Args:
        seconds: how long was waited.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(
            _(
                "The gateway gave no complete answer within %(seconds)s s. Its penalties last 20 s "
                "(30 s for removing a friend), so a read timeout under 35 s is too short."
            )
            % {"seconds": f"{seconds:g}"},
            code="timeout",
        )


class ConnectionReset(NoAnswer):
    """The connection ended before a complete reply had come."""

    def __init__(self) -> None:
        super().__init__(
            _("The gateway closed the connection before it had answered."),
            code="reset",
        )


class HttpError(NoAnswer):
    """An HTTP status other than 200; a gateway's own refusals come with 200.

    Args:
        status: the HTTP status.
    """

    def __init__(self, status: int) -> None:
        super().__init__(
            _(
                "The gateway, or something in front of it, answered with HTTP status %(status)s. "
                "Check that its address is right and that it is up."
            )
            % {"status": status},
            code=f"HTTP_{status}",
        )
        self.status = status


class MalformedReply(NoAnswer):
    """Something came back that is not the reply to this request.

    Args:
        what: what is wrong with it, without quoting any of it.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            _("The gateway's answer cannot be understood: %(what)s.") % {"what": what},
            code="malformed",
        )


class Refusal(GatewayError):
    """The gateway answered, and the answer is no.

    Args:
        sentence: what the operator reads.
        res: the reply's RES.
        code: the result code, RES itself unless a subclass says otherwise.
    """

    definite = True

    def __init__(self, sentence: str, *, res: int, code: str | None = None) -> None:
        super().__init__(sentence, code=str(res) if code is None else code)
        self.res = res


class NotLoggedIn(Refusal):
    """RES=20: this UIN is not logged in from this address; nothing was carried out."""

    is_retryable = True

    def __init__(self) -> None:
        super().__init__(
            _("The gateway says that the account is not logged in from this address (RES=20)."),
            res=20,
        )


class TooFast(Refusal):
    """RES=3: too fast, or repeated; answered after a penalty of 20 s (30 s for DelFromList)."""

    is_retryable = True

    def __init__(self) -> None:
        super().__init__(
            _(
                "The gateway says that the account is too fast (RES=3). Let it rest, then go "
                "slower."
            ),
            res=3,
        )


class IllegalUin(Refusal):
    """RES=5: the UIN is illegal (100, for example)."""

    def __init__(self) -> None:
        super().__init__(
            _("The gateway says that the number is not a legal UIN (RES=5). Check the number."),
            res=5,
        )


class OtherRefusal(Refusal):
    """A RES that the reference does not know.

    Args:
        res: the reply's RES.
    """

    def __init__(self, res: int) -> None:
        super().__init__(
            _("The gateway refused with RES=%(res)s, an unknown code.") % {"res": res}, res=res
        )


class LoginRefused(Refusal):
    """RES=0 with RS other than 0: the login is refused, and RA says why.

    Not retryable: the same password again is what gets an account locked.

    Args:
        rs: the reply's RS.
        reason: the reply's RA, the gateway's own words.
    """

    def __init__(self, *, rs: int, reason: str) -> None:
        # RA comes from outside: one line, of bounded length, whatever it holds.
        self.reason = " ".join(reason.split())[:200]
        why = self.reason.rstrip(".。 ")  # the sentence has a full stop of its own
        words = (
            _(
                "The gateway refuses the login (RS=%(rs)s): %(reason)s. Check the account's "
                "password."
            )
            if why
            else _(
                "The gateway refuses the login (RS=%(rs)s) without a reason. Check the account's "
                "password."
            )
        )
        super().__init__(words % {"rs": rs, "reason": why}, res=0, code=f"RS_{rs}")
        self.rs = rs


_BY_RES: dict[int, type[NotLoggedIn] | type[TooFast] | type[IllegalUin]] = {
    3: TooFast,
    5: IllegalUin,
    20: NotLoggedIn,
}


def refusal_for(res: int) -> Refusal:
    """Return the error for a RES other than 0.

    Source: the reference's second write-up, the replies of each command.
    """
    error_class = _BY_RES.get(res)
    return OtherRefusal(res) if error_class is None else error_class()

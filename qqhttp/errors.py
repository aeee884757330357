"""The errors of one request, as a tree of classes.

::

    GatewayError
    ├── NeverLeft            unreachable   definite, retryable: no byte of the request was sent
    │   └── Withheld         withheld      not sent, because it was ready after its `leave_by`
    ├── NoAnswer                           not definite: it may or may not have been carried out
    │   ├── EmptyReply       NULL          HTTP 200 with an empty body
    │   ├── ReadTimeout      timeout       no complete reply in time
    │   ├── ConnectionReset  reset         the connection ended before the reply was complete
    │   ├── HttpError        HTTP_nnn      an HTTP status other than 200
    │   └── MalformedReply   malformed     not a reply, or the reply to another request
    └── Refusal                            definite: the gateway refused
        ├── NotLoggedIn      20            log in again, then send again
        ├── TooFast          3             wait, then send again
        ├── IllegalUin       5             never
        ├── OtherRefusal     n             a RES that is not in the reference
        └── LoginRefused     RS_n          RES=0 and RS is not 0: wrong password; do not retry

Two attributes of each class decide what the caller does:

``definite``
    Whether it is certain if the request was carried out. Only then may it be sent again with a new
    SEQ. Otherwise it must be replayed with the same SEQ, or left as unknown.
``is_retryable``
    Whether another attempt can succeed.

No error contains a request, the text of a reply, a password or its digest, neither in its arguments
nor in its chain of exceptions.
"""

from __future__ import annotations

from typing import ClassVar

from qqhttp.translatable import Translatable as _


class GatewayError(Exception):
    """The base class of all errors.

    Args:
        sentence: a message for the operator: what is wrong, where, and what to do. The errors of
            this package pass a `Translatable`.
        code: the short result code, by which reports group.
    """

    definite: ClassVar[bool] = False
    is_retryable: ClassVar[bool] = False

    def __init__(self, sentence: str, *, code: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        # The default would call the class with only the sentence, which no subclass accepts.
        return (_rebuild, (type(self), self.sentence, self.code, dict(self.__dict__)))


def _rebuild(
    error_class: type[GatewayError], sentence: str, code: str, state: dict[str, object]
) -> GatewayError:
    """Restore a pickled error without calling its subclass's `__init__`."""
    error = error_class.__new__(error_class)
    GatewayError.__init__(error, sentence, code=code)
    error.__dict__.update(state)
    return error


class NeverLeft(GatewayError):
    """No connection was made, so no byte of the request was sent.

    Causes: the connection is refused or times out, the name does not resolve, the machine does not
    have the source address, the proxy refuses or requires a login. A failure after the first byte
    may have been sent is a :class:`NoAnswer`.
    """

    definite = True
    is_retryable = True

    def __init__(self, sentence: str, *, code: str = "unreachable") -> None:
        super().__init__(sentence, code=code)


class Withheld(NeverLeft):
    """The request was ready after its `leave_by`, so no byte of it was sent.

    Connecting took too long, or the process was suspended. The gateway may be working normally.
    """

    def __init__(self) -> None:
        super().__init__(
            _("The request was held back: it was ready too late to be sent safely."),
            code="withheld",
        )


class NoAnswer(GatewayError):
    """The request was sent without a definite reply: it may or may not have been carried out."""

    definite = False
    is_retryable = True


class EmptyReply(NoAnswer):
    """HTTP 200 with an empty body, which the reference calls NULL."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "The gateway sent an empty reply (NULL). It is not known whether the request was "
                "carried out."
            ),
            code="NULL",
        )


class ReadTimeout(NoAnswer):
    """No complete reply came in time.

    Args:
        seconds: the read timeout.
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
    """The connection ended before the reply was complete."""

    def __init__(self) -> None:
        super().__init__(
            _("The gateway closed the connection before it had answered."),
            code="reset",
        )


class HttpError(NoAnswer):
    """An HTTP status other than 200. The gateway sends its own refusals with 200.

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
    """The response is not a reply, or it is the reply to another request.

    Args:
        what: what is wrong with it, without a quotation from it.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            _("The gateway's answer cannot be understood: %(what)s.") % {"what": what},
            code="malformed",
        )


class Refusal(GatewayError):
    """The gateway answered and refused the request.

    Args:
        sentence: a message for the operator.
        res: the reply's RES.
        code: the result code; None for RES itself.
    """

    definite = True

    def __init__(self, sentence: str, *, res: int, code: str | None = None) -> None:
        super().__init__(sentence, code=str(res) if code is None else code)
        self.res = res


class NotLoggedIn(Refusal):
    """RES=20: the account is not logged in from this address; nothing was carried out."""

    is_retryable = True

    def __init__(self) -> None:
        super().__init__(
            _("The gateway reports that the account is not logged in from this address (RES=20)."),
            res=20,
        )


class TooFast(Refusal):
    """RES=3: too fast or repeated. The reply comes after 20 s (30 s for DelFromList)."""

    is_retryable = True

    def __init__(self) -> None:
        super().__init__(
            _(
                "The gateway reports that the account sends too fast (RES=3). Let the account "
                "rest, then lower its rate."
            ),
            res=3,
        )


class IllegalUin(Refusal):
    """RES=5: the UIN is illegal, for example 100."""

    def __init__(self) -> None:
        super().__init__(
            _("The gateway reports that the number is not a legal UIN (RES=5). Check the number."),
            res=5,
        )


class OtherRefusal(Refusal):
    """A RES that is not in the reference.

    Args:
        res: the reply's RES.
    """

    def __init__(self, res: int) -> None:
        super().__init__(
            _("The gateway refused with RES=%(res)s, an unknown code.") % {"res": res}, res=res
        )


class LoginRefused(Refusal):
    """RES=0 and RS is not 0: the login is refused, and RA gives the reason.

    Not retryable, because repeated logins with a wrong password get an account locked.

    Args:
        rs: the reply's RS.
        reason: the reply's RA, a text of the gateway.
    """

    def __init__(self, *, rs: int, reason: str) -> None:
        # RA comes from outside: limit it to one line of bounded length.
        self.reason = " ".join(reason.split())[:200]
        why = self.reason.rstrip(".。 ")  # the sentence adds a full stop
        sentence = (
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
        super().__init__(sentence % {"rs": rs, "reason": why}, res=0, code=f"RS_{rs}")
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

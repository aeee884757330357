"""The messages for failures to connect to the gateway or to a proxy."""

from __future__ import annotations

from dataclasses import dataclass

from urllib3.connection import HTTPConnection
from urllib3.exceptions import NameResolutionError

from qqhttp.translatable import Translatable
from qqhttp.translatable import Translatable as _


@dataclass(frozen=True)
class _ConnectMessages:
    """The messages for failures to connect to one kind of host."""

    unresolved: Translatable
    refused: Translatable
    took_too_long: Translatable
    failed: Translatable
    failed_from: Translatable
    otherwise: Translatable


_GATEWAY = _ConnectMessages(
    _("The gateway's name %(host)s cannot be resolved. Check its address."),
    _("The gateway at %(where)s refuses connections. Check its address and that it is up."),
    _("The gateway at %(where)s cannot be reached: connecting took too long."),
    _("The gateway at %(where)s cannot be reached: %(problem)s."),
    _(
        "The gateway at %(where)s cannot be reached from the source address %(source)s: "
        "%(problem)s."
    ),
    _("No connection could be made to the gateway at %(where)s. Check its address."),
)
_PROXY = _ConnectMessages(
    _("The proxy's name %(host)s cannot be resolved. Check its address."),
    _("The proxy at %(where)s refuses connections. Check its address and that it is up."),
    _("The proxy at %(where)s cannot be reached: connecting took too long."),
    _("The proxy at %(where)s cannot be reached: %(problem)s."),
    _("The proxy at %(where)s cannot be reached from the source address %(source)s: %(problem)s."),
    _("No connection could be made to the proxy at %(where)s. Check its address."),
)
#: The most frequent errors of Linux for a failed connection, listed so that message extraction
#: finds them.
_SYSTEM_MESSAGES = (
    _("Cannot assign requested address"),
    _("Network is unreachable"),
    _("No route to host"),
)


def connect_message(connection: HTTPConnection, error: Exception) -> Translatable:
    """Return the message for a failed connection.

    It names only host and port, because a proxy's URL may contain a password.
    """
    messages = _GATEWAY if connection.proxy is None else _PROXY
    where = {"where": f"{connection.host}:{connection.port}"}
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    if isinstance(error, NameResolutionError):
        return messages.unresolved % {"host": connection.host}
    if isinstance(cause, ConnectionRefusedError):
        return messages.refused % where
    if isinstance(cause, TimeoutError):
        return messages.took_too_long % where
    if isinstance(cause, OSError) and cause.strerror:
        source, problem = connection.source_address, _(cause.strerror)
        if source:
            return messages.failed_from % {**where, "source": source[0], "problem": problem}
        return messages.failed % {**where, "problem": problem}
    return messages.otherwise % where

"""Reads the mail server from EMAIL_URL and the sender from EMAIL_FROM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

from qqcampaign.environment import EnvironmentProblem, read

_WRONG = (
    "EMAIL_URL cannot be used: write smtp://user:password@host:587?tls=1, or smtps:// for a server "
    "that speaks TLS from the first byte (leave it out for no e-mail). Signs in the password such "
    "as @ or / are written as %40 or %2F."
)


@dataclass(frozen=True, slots=True)
class Email:
    """The mail server and the sender; without a host, e-mail is off."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    uses_starttls: bool = False
    uses_tls: bool = False
    sender: str = "qqcampaign@localhost"


def read_email(environ: Mapping[str, str], name: str, default: Email) -> Email:
    """Return the mail server in NAME, a URL, with the sender in EMAIL_FROM.

    Raises:
        EnvironmentProblem: one of them cannot be used. The text leaves out the password.
    """
    url = read(environ, name)
    if not url:
        return default
    try:
        parts = urlsplit(url)
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise EnvironmentProblem(_WRONG) from None
    tls = options.pop("tls", ["0"])[-1]
    is_right = parts.scheme in ("smtp", "smtps") and host and port != 0 and not options
    if not is_right or tls not in ("0", "1") or parts.path not in ("", "/"):
        raise EnvironmentProblem(_WRONG)
    uses_tls = parts.scheme == "smtps"
    return Email(
        host=host,
        port=port or (465 if uses_tls else 587 if tls == "1" else 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        uses_starttls=tls == "1" and not uses_tls,
        uses_tls=uses_tls,
        sender=_sender(environ),
    )


def _sender(environ: Mapping[str, str]) -> str:
    sender = read(environ, "EMAIL_FROM")
    _words, address = parseaddr(sender)
    local, _at, host = address.rpartition("@")
    if not (local and host) or any(sign in sender for sign in "\r\n"):
        raise EnvironmentProblem(
            "EMAIL_URL is set, but EMAIL_FROM is no e-mail address: write the sender, like "
            "campaigns@example.com."
        )
    return sender

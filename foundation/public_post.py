"""One POST to a URL that an operator typed: bounded in time and size, to the Internet alone."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from foundation.bounded_time import cut_after
from foundation.public_address import PrivateAddressError, PublicAdapter, public_session
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: Bytes of the answer that are read.
BEGINNING = 400


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a POST.

    Attributes:
        status: the HTTP status, None if there was no answer.
        beginning: the beginning of the body.
        problem: why it was not taken, a sentence; empty if it was taken (2xx).
    """

    status: int | None
    beginning: str
    problem: str


def post(url: str, *, body: bytes, headers: Mapping[str, str], seconds: float) -> Answer:
    """Post a body and return the answer. No redirect is followed, and no proxy is used.

    Args:
        url: the URL, http or https.
        body: the body.
        headers: the headers.
        seconds: the longest time for all of it.
    """
    session, adapter = public_session()
    status, beginning = None, ""
    try:
        with (
            session,
            cut_after(seconds, lambda: _cut(adapter)) as was_cut,
            session.post(
                url,
                data=body,
                headers=dict(headers),
                timeout=seconds,
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            status = answer.status_code
            # Not decompressed: a small body could become a large one.
            read = answer.raw.read(BEGINNING, decode_content=False) or b""
            beginning = read.decode("utf-8", "replace").replace("\x00", "")
    except PrivateAddressError as problem:
        return Answer(None, "", problem.refusal.sentence)
    except Refusal as refusal:
        return Answer(None, "", refusal.sentence)
    except (RequestException, HTTPError, OSError, ValueError) as problem:
        if status is None:
            return Answer(
                None,
                "",
                _("It could not be reached (%(problem)s).") % {"problem": type(problem).__name__},
            )
    if was_cut.is_set():  # cut off in its headers, the answer looks like a whole one
        return Answer(None, "", _("It took longer than %(n)d seconds.") % {"n": round(seconds)})
    if not 200 <= (status or 0) < 300:
        return Answer(
            status,
            beginning,
            _("It answered %(status)d; only 2xx means that it was taken.") % {"status": status},
        )
    return Answer(status, beginning, "")


def _cut(adapter: PublicAdapter) -> None:
    """Close the connection under the feet of a request that takes too long."""
    for made in adapter.sockets:
        with contextlib.suppress(OSError):
            made.shutdown(socket.SHUT_RDWR)

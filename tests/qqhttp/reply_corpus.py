"""Replies byte by byte, as gateways and what stands in front of them send them.

For each reply the verdict of the first transport (urllib3 and http.client, with the same checks) is
recorded: the RES of an answer with ``kept`` or ``closed`` for its connection, or the code of the
error. Where the present transport differs on purpose, `now` says how, and `why` says why.
"""

from __future__ import annotations

from dataclasses import dataclass

BODY = b"VER=1.1&CMD=CLTMSG&SEQ=1&UIN=29501213&RES=0&"
OK, KEEP = b"HTTP/1.1 200 OK\r\n", b"Connection: keep-alive\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"5\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (BODY[:5], len(BODY) - 5, BODY[5:])


@dataclass(frozen=True)
class Case:
    """One reply.

    Attributes:
        reply: its bytes.
        was: the verdict of the first transport.
        ends: whether the gateway closes the connection after it.
        now: the verdict of the present transport, if it differs.
        why: the reason for the difference.
    """

    reply: bytes
    was: str
    ends: bool = False
    now: str = ""
    why: str = ""

    @property
    def verdict(self) -> str:
        """The verdict that is expected now."""
        return self.now or self.was


PLAIN = OK + KEEP + LENGTH + b"\r\n" + BODY

CORPUS: dict[str, Case] = {
    # --- as gateways send them ---------------------------------------------------------------
    "kept": Case(PLAIN, "0 kept"),
    "without Connection": Case(OK + LENGTH + b"\r\n" + BODY, "0 closed"),
    "Connection: close": Case(OK + b"Connection: close\r\n" + LENGTH + b"\r\n" + BODY, "0 closed"),
    "HTTP/1.0": Case(PLAIN.replace(b"/1.1", b"/1.0").replace(KEEP, b""), "0 closed"),
    "HTTP/1.0, kept": Case(PLAIN.replace(b"/1.1", b"/1.0"), "0 kept"),
    "no length, ends": Case(OK + b"\r\n" + BODY, "0 closed", ends=True),
    "no length, says keep-alive, ends": Case(OK + KEEP + b"\r\n" + BODY, "0 closed", ends=True),
    "no length, stays open": Case(OK + b"\r\n" + BODY, "timeout"),
    "chunked": Case(OK + KEEP + CHUNKED + b"\r\n" + CHUNKS, "0 kept"),
    "chunked with an extension": Case(
        OK + KEEP + CHUNKED + b"\r\n" + CHUNKS.replace(b"5\r\n", b"5;x=y\r\n", 1), "0 kept"
    ),
    "chunked with a trailer": Case(
        OK + KEEP + CHUNKED + b"\r\n" + CHUNKS[:-2] + b"X: y\r\n\r\n", "0 kept"
    ),
    "chunked over HTTP/1.0": Case(
        b"HTTP/1.0 200 OK\r\n" + KEEP + CHUNKED + b"\r\n" + CHUNKS, "0 closed", ends=True
    ),
    "identity with a length": Case(
        OK + KEEP + b"Transfer-Encoding: identity\r\n" + LENGTH + b"\r\n" + BODY,
        "0 kept",
        now="malformed",
        why="two statements about where it ends",
    ),
    "identity without a length": Case(
        OK + b"Transfer-Encoding: identity\r\n\r\n" + BODY, "0 closed", ends=True
    ),
    "100 Continue first": Case(b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN, "0 kept"),
    "100 Continue twice, with a header": Case(
        b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" * 2 + PLAIN, "0 kept"
    ),
    # --- heads that are odd -------------------------------------------------------------------
    "bare line feeds": Case(PLAIN.replace(b"\r\n", b"\n"), "0 kept"),
    "bare line feeds, chunked": Case(
        (OK + KEEP + CHUNKED + b"\r\n" + CHUNKS).replace(b"\r\n", b"\n"), "reset"
    ),
    "bare carriage returns": Case(
        PLAIN.replace(b"\r\n", b"\r"), "timeout", now="malformed", why="known at once"
    ),
    "a folded header": Case(OK + b"X: a\r\n b\r\n" + KEEP + LENGTH + b"\r\n" + BODY, "0 kept"),
    "a folded Connection": Case(
        OK + b"Connection:\r\n keep-alive\r\n" + LENGTH + b"\r\n" + BODY, "0 kept"
    ),
    "a folded length": Case(
        OK + KEEP + b"Content-Length:\r\n %d\r\n" % len(BODY) + b"\r\n" + BODY, "0 kept"
    ),
    "headers in capitals": Case(PLAIN.replace(LENGTH, LENGTH.upper()), "0 kept"),
    "no space after the colon": Case(PLAIN.replace(b": ", b":"), "0 kept"),
    "a space before the colon": Case(
        OK + b"X : y\r\n" + KEEP + LENGTH + b"\r\n" + BODY, "malformed"
    ),
    "a space before the colon of the length": Case(
        PLAIN.replace(b"Length:", b"Length :"),
        "malformed",
        now="0 kept",
        why="the body is checked anyway",
    ),
    "a header with an empty name": Case(
        OK + b": y\r\n" + KEEP + LENGTH + b"\r\n" + BODY, "malformed"
    ),
    "a header without a value": Case(OK + b"X:\r\n" + KEEP + LENGTH + b"\r\n" + BODY, "0 kept"),
    "a header without a colon": Case(OK + b"X y\r\n" + KEEP + LENGTH + b"\r\n" + BODY, "malformed"),
    "GBK in a header": Case(
        OK + "X: 你好\r\n".encode("gbk") + KEEP + LENGTH + b"\r\n" + BODY, "0 kept"
    ),
    "a control character in a header": Case(
        OK + b"X: a\x01b\r\n" + KEEP + LENGTH + b"\r\n" + BODY, "0 kept"
    ),
    "a null byte in a header": Case(
        OK + b"X: a\x00b\r\n" + KEEP + LENGTH + b"\r\n" + BODY, "0 kept"
    ),
    "a carriage return in a header": Case(
        OK + b"X: a\rb\r\n" + KEEP + LENGTH + b"\r\n" + BODY, "malformed"
    ),
    "a space in a header's name": Case(
        OK + b"X Y: z\r\n" + KEEP + LENGTH + b"\r\n" + BODY, "malformed"
    ),
    "an odd header's name": Case(
        OK + b"X(Y): z\r\n" + KEEP + LENGTH + b"\r\n" + BODY,
        "0 kept",
        now="malformed",
        why="stricter",
    ),
    "a line end first": Case(
        b"\r\n" + PLAIN, "malformed", now="0 kept", why="harmless: it is no part of a reply"
    ),
    "no reason": Case(PLAIN.replace(b"200 OK", b"200"), "0 kept"),
    "no reason, a space": Case(PLAIN.replace(b"200 OK", b"200 "), "0 kept"),
    "a Chinese reason": Case(PLAIN.replace(b"OK", "好".encode("gbk")), "0 kept"),
    "two spaces before the status": Case(
        PLAIN.replace(b" 200", b"  200"), "0 kept", now="malformed", why="stricter"
    ),
    "HTTP/1.2": Case(PLAIN.replace(b"/1.1", b"/1.2"), "0 kept"),
    "HTTP/2.0": Case(
        PLAIN.replace(b"/1.1", b"/2.0"), "malformed", now="0 kept", why="the body is checked anyway"
    ),
    "ICY": Case(PLAIN.replace(b"HTTP/1.1", b"ICY"), "malformed"),
    "status 20": Case(PLAIN.replace(b"200", b"20"), "malformed"),
    "status 2000": Case(PLAIN.replace(b"200", b"2000"), "malformed"),
    "status 099": Case(
        PLAIN.replace(b"200", b"099"), "malformed", now="HTTP_99", why="as uncertain"
    ),
    "status 2x0": Case(PLAIN.replace(b"200", b"2x0"), "malformed"),
    "101 headers": Case(OK + b"X: y\r\n" * 101 + KEEP + LENGTH + b"\r\n" + BODY, "malformed"),
    "90 headers": Case(OK + b"X: y\r\n" * 90 + KEEP + LENGTH + b"\r\n" + BODY, "0 kept"),
    "a long header": Case(
        OK + b"X: " + b"y" * 30_000 + b"\r\n" + KEEP + LENGTH + b"\r\n" + BODY, "0 kept"
    ),
    "a header of 70 kB": Case(
        OK + b"X: " + b"y" * 70_000 + b"\r\n" + KEEP + LENGTH + b"\r\n" + BODY, "malformed"
    ),
    # --- Connection ---------------------------------------------------------------------------
    "Connection twice, keep-alive": Case(OK + KEEP * 2 + LENGTH + b"\r\n" + BODY, "0 kept"),
    "Connection twice, one says close": Case(
        OK + KEEP + b"Connection: close\r\n" + LENGTH + b"\r\n" + BODY, "0 closed"
    ),
    "Connection: keep-alive, close": Case(
        OK + b"Connection: keep-alive, close\r\n" + LENGTH + b"\r\n" + BODY, "0 closed"
    ),
    "Connection: Upgrade, keep-alive": Case(
        OK + b"Connection: Upgrade, keep-alive\r\nUpgrade: x\r\n" + LENGTH + b"\r\n" + BODY,
        "0 kept",
    ),
    "Proxy-Connection only": Case(
        OK + b"Proxy-Connection: keep-alive\r\n" + LENGTH + b"\r\n" + BODY, "0 closed"
    ),
    # --- lengths ------------------------------------------------------------------------------
    "the same length twice": Case(
        OK + KEEP + LENGTH * 2 + b"\r\n" + BODY,
        "0 kept",
        now="malformed",
        why="two statements about where it ends",
    ),
    "a list of equal lengths": Case(
        OK + KEEP + b"Content-Length: %d, %d\r\n\r\n" % (len(BODY), len(BODY)) + BODY,
        "timeout",
        now="malformed",
        why="known at once",
    ),
    "a length with a plus": Case(
        PLAIN.replace(b"Length: ", b"Length: +"),
        "0 closed",
        ends=True,
        now="malformed",
        why="no length that can be trusted",
    ),
    "a negative length": Case(
        PLAIN.replace(b"Length: ", b"Length: -"),
        "0 closed",
        ends=True,
        now="malformed",
        why="no length that can be trusted",
    ),
    "a length that is no number": Case(
        PLAIN.replace(b"Length: ", b"Length: x"),
        "0 closed",
        ends=True,
        now="malformed",
        why="no length that can be trusted",
    ),
    "an empty length": Case(
        OK + KEEP + b"Content-Length:\r\n\r\n" + BODY,
        "0 closed",
        ends=True,
        now="malformed",
        why="no length that can be trusted",
    ),
    "a length beyond 64 bits": Case(
        OK + b"Content-Length: 99999999999999999999\r\n\r\n" + BODY,
        "reset",
        ends=True,
        now="malformed",
        why="as uncertain",
    ),
    "a length and chunks": Case(
        OK + KEEP + LENGTH + CHUNKED + b"\r\n" + CHUNKS,
        "0 kept",
        now="malformed",
        why="two statements about where it ends",
    ),
    "chunks and a length": Case(
        OK + KEEP + CHUNKED + LENGTH + b"\r\n" + CHUNKS,
        "0 kept",
        now="malformed",
        why="two statements about where it ends",
    ),
    "an unknown transfer encoding": Case(
        OK + b"Transfer-Encoding: x\r\n\r\n" + BODY, "0 closed", ends=True
    ),
    "gzip, chunked": Case(
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS, "0 closed", ends=True
    ),
    "chunked, gzip": Case(
        OK + b"Transfer-Encoding: chunked, gzip\r\n\r\n" + CHUNKS,
        "0 closed",
        ends=True,
        now="reset",
        why="it said chunked and was not",
    ),
    "chunked twice": Case(OK + KEEP + CHUNKED * 2 + b"\r\n" + CHUNKS, "0 closed", ends=True),
    "a length of 0": Case(OK + KEEP + b"Content-Length: 0\r\n\r\n", "NULL"),
    "no chunk": Case(OK + KEEP + CHUNKED + b"\r\n0\r\n\r\n", "NULL"),
    # --- chunks that are odd ------------------------------------------------------------------
    "chunk sizes with spaces": Case(
        OK + KEEP + CHUNKED + b"\r\n" + CHUNKS.replace(b"5\r\n", b"5 \r\n", 1), "0 kept"
    ),
    "a chunk size with 0x": Case(
        OK + KEEP + CHUNKED + b"\r\n" + CHUNKS.replace(b"5\r\n", b"0x5\r\n", 1),
        "0 closed",
        ends=True,
        now="reset",
        why="stricter",
    ),
    "a negative chunk size": Case(
        OK + CHUNKED + b"\r\n-5\r\n" + BODY + b"\r\n0\r\n\r\n",
        "ValueError",
        ends=True,
        now="reset",
        why="no error of Python leaves the client",
    ),
    "an empty chunk size": Case(OK + CHUNKED + b"\r\n\r\n" + BODY, "reset", ends=True),
    "a chunk that is longer than it says": Case(
        OK + CHUNKED + b"\r\n5\r\n" + BODY + b"\r\n0\r\n\r\n", "reset", ends=True
    ),
    "no last chunk, ends": Case(
        OK + CHUNKED + b"\r\n%x\r\n%b\r\n" % (len(BODY), BODY), "reset", ends=True
    ),
    "no line end after the last chunk, ends": Case(
        OK + CHUNKED + b"\r\n%x\r\n%b\r\n0\r\n" % (len(BODY), BODY),
        "0 closed",
        ends=True,
        now="reset",
        why="it is torn",
    ),
    "no line end after the last chunk's size, ends": Case(
        OK + CHUNKED + b"\r\n%x\r\n%b\r\n0" % (len(BODY), BODY),
        "0 closed",
        ends=True,
        now="reset",
        why="it is torn",
    ),
    "ends inside a chunk that would read as RES=2": Case(
        OK + CHUNKED + b"\r\n%x\r\n%b2" % (len(BODY), BODY[:-2]), "reset", ends=True
    ),
    # --- out of step --------------------------------------------------------------------------
    "a second reply": Case(PLAIN * 2, "0 kept", now="0 closed", why="out of step"),
    "half a second reply": Case(PLAIN + PLAIN[:20], "0 kept", now="0 closed", why="out of step"),
    "one byte more": Case(PLAIN + b"x", "0 kept", now="0 closed", why="out of step"),
    "a line end more": Case(PLAIN + b"\r\n", "0 kept"),
    "a body longer than its length": Case(
        OK + KEEP + b"Content-Length: %d\r\n\r\n" % (len(BODY) - 1) + BODY,
        "0 kept",
        now="0 closed",
        why="out of step",
    ),
    "a second chunked reply": Case(
        (OK + KEEP + CHUNKED + b"\r\n" + CHUNKS) * 2, "0 kept", now="0 closed", why="out of step"
    ),
    "bytes after Connection: close": Case(
        OK + b"Connection: close\r\n" + LENGTH + b"\r\n" + BODY + b"junk", "0 closed"
    ),
    "the reply to an earlier request": Case(PLAIN.replace(b"SEQ=1", b"SEQ=0"), "malformed"),
    # --- other statuses -----------------------------------------------------------------------
    "103 first": Case(b"HTTP/1.1 103 Early Hints\r\n\r\n" + PLAIN, "HTTP_103"),
    "101": Case(b"HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", "HTTP_101"),
    "204": Case(b"HTTP/1.1 204 No\r\n" + KEEP + b"\r\n", "HTTP_204"),
    "204 with a body": Case(PLAIN.replace(b"200", b"204"), "HTTP_204"),
    "302": Case(b"HTTP/1.1 302 Go\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", "HTTP_302"),
    "407": Case(PLAIN.replace(b"200", b"407"), "HTTP_407"),
    "500 with an answer": Case(PLAIN.replace(b"200", b"500"), "HTTP_500"),
    "503, torn": Case(b"HTTP/1.1 503 X\r\nContent-Length: 99\r\n\r\nx", "HTTP_503", ends=True),
    "500, in the head": Case(b"HTTP/1.1 500 X\r\nContent-Le", "malformed", ends=True),
    # --- torn ---------------------------------------------------------------------------------
    "nothing": Case(b"", "reset", ends=True),
    "one byte": Case(b"H", "malformed", ends=True),
    "a line end": Case(b"\r\n", "malformed", ends=True, now="reset", why="as uncertain"),
    "HTTP": Case(b"HTTP/1.1", "malformed", ends=True),
    "half a status": Case(b"HTTP/1.1 20", "malformed", ends=True),
    "a status": Case(b"HTTP/1.1 200", "NULL", ends=True),
    "a status line": Case(OK, "NULL", ends=True),
    "half a header's name": Case(OK + b"Conte", "malformed", ends=True),
    "half a header": Case(OK + b"Content-Length: 4", "reset", ends=True),
    "a length": Case(OK + LENGTH, "reset", ends=True),
    "a carriage return": Case(
        OK + LENGTH + b"\r", "reset", ends=True, now="malformed", why="as uncertain"
    ),
    "a head": Case(OK + LENGTH + b"\r\n", "reset", ends=True),
    "half a body": Case(PLAIN[:-9], "reset", ends=True),
    "all but one byte": Case(PLAIN[:-1], "reset", ends=True),
    "100 Continue, ends": Case(b"HTTP/1.1 100 Continue\r\n\r\n", "reset", ends=True),
    "half a 100 Continue": Case(b"HTTP/1.1 100 Cont", "reset", ends=True),
    "silence": Case(b"", "timeout"),
    "half a head, silence": Case(OK + b"Content-", "timeout"),
    "half a body, silence": Case(PLAIN[:-9], "timeout"),
    # --- bodies -------------------------------------------------------------------------------
    "empty": Case(OK + b"\r\n", "NULL", ends=True),
    "spaces": Case(OK + b"Content-Length: 3\r\n\r\n \r\n", "NULL"),
    "NULL": Case(OK + KEEP + b"Content-Length: 4\r\n\r\nNULL", "NULL"),
    "not HTTP": Case(b"hello there\r\n\r\n", "malformed"),
    "TLS": Case(b"\x15\x03\x01\x00\x02\x02\x46", "malformed", ends=True),
    "a reply without a head": Case(BODY, "malformed", ends=True),
    "RES=20": Case(
        PLAIN.replace(b"RES=0&", b"RES=20").replace(b"Length: ", b"Length: 0"), "20 kept"
    ),
}

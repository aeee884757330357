"""Which bodies are accepted, from the head alone, and what is under way."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
from pathlib import Path

import pytest

from api.tokens.marks import is_marked, new_secret
from qqcampaign.web.admission import ALWAYS, WITHOUT_PASS, Admission, Limits
from qqcampaign.web.upload_pass import COOKIE, make_pass, user_of
from tests.sending.working import wait_until
from tests.web_process import signed_in, web_process

pytestmark = pytest.mark.slow

MB = 1 << 20


def test_limits_of_one_of_a_user_and_of_all() -> None:
    admission = Admission(Limits(one=10 * MB, per_user=15 * MB, in_all=25 * MB))
    codes = []
    for size, user in [
        (11 * MB, "1"), (10 * MB, "1"), (6 * MB, "1"), (5 * MB, "1"),
        (10 * MB, "2"), (ALWAYS, None), (WITHOUT_PASS, None), (WITHOUT_PASS + 1, None),
    ]:  # fmt: skip
        refused = admission.admit(size, user)
        codes.append(refused.code if refused else 0)
    assert codes == [413, 0, 429, 0, 0, 0, 0, 401]
    busy = admission.admit(MB, "3")
    assert busy is not None
    assert busy.code == 503
    admission.release(10 * MB, "1")
    assert admission.admit(MB, "3") is None


def test_bodies_without_a_pass_leave_room_for_signing_in() -> None:
    admission = Admission(Limits(one=MB, per_user=MB, in_all=MB))
    refused = [admission.admit(WITHOUT_PASS, None) for _n in range(65)]
    assert refused[:64] == [None] * 64
    assert refused[64] is not None
    assert admission.admit(ALWAYS, None) is None


def test_a_pass_names_its_user_and_nothing_else_does() -> None:
    assert user_of(f"a=b; {COOKIE}={make_pass('7')}") == "7"
    for cookie in ("", f"{COOKIE}=", f"{COOKIE}={make_pass('7')}x", f"{COOKIE}=WyI3Iiwx"):
        assert user_of(cookie) is None


def test_a_programs_token_is_known_without_a_query() -> None:
    token = new_secret()
    assert is_marked(token)
    for other in ("", "qqc_", token[:-1], token + "x", token[:-1] + "é", "qqc_" + "x" * 59):
        assert not is_marked(other)


@pytest.fixture
def console(tmp_path: Path) -> object:
    with web_process(tmp_path, UPLOAD_MB="2") as (address, pid):
        yield address, pid


def _answer_to_head(
    address: str, length: int, cookie: str = "", language: str = "en", token: str = ""
) -> bytes:
    """Send only the head of an upload; return the answer, which must not wait for the body."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as one:
        head = (
            f"POST /contacts/contactimport/upload/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Accept-Language: {language}\r\nCookie: {cookie}\r\nExpect: 100-continue\r\n"
            f"Authorization: Bearer {token}\r\n"
            f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {length}\r\n\r\n"
        )
        one.sendall(head.encode())
        return _whole_answer(one)


def _whole_answer(one: socket.socket) -> bytes:
    """Return the head of an answer and its body, which may come in parts."""
    answer = b""
    while b"\r\n\r\n" not in answer and (part := one.recv(65536)):
        answer += part
    head, _blank, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    while length and len(body) < int(length[1]) and (part := one.recv(65536)):
        body += part
    return head + b"\r\n\r\n" + body


def test_an_upload_by_nobody_is_refused_before_it_is_sent(console: tuple[str, int]) -> None:
    address, pid = console
    open_before = _files_without_a_name(pid)  # pytest captures its output in such files
    answer = _answer_to_head(address, 60 * MB)
    assert answer.startswith(b"HTTP/1.1 401")
    assert b"Sign in first" in answer
    assert "请先登录" in _answer_to_head(address, 60 * MB, language="zh-CN").decode()
    operator = signed_in(address)
    operator.get(f"{address}/", timeout=60)
    cookie = f"{COOKIE}={operator.cookies[COOKIE]}"
    assert _answer_to_head(address, 60 * MB, cookie).startswith(b"HTTP/1.1 413")
    assert _answer_to_head(address, MB + MB // 2, cookie).startswith(b"HTTP/1.1 100")
    # A program's token of this installation is a pass, too; another is none.
    assert _answer_to_head(address, MB + MB // 2, token="qqc_nonsense").startswith(b"HTTP/1.1 401")
    # What was accepted is closed soon after its connection; what was refused has left no file.
    wait_until(lambda: _files_without_a_name(pid) == open_before, what="its files are closed")


def _files_without_a_name(pid: int) -> list[str]:
    names = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            names.append(path.readlink().name)
    return [name for name in names if name.endswith("(deleted)")]


def test_a_body_without_a_length_is_small(console: tuple[str, int]) -> None:
    address, _pid = console
    host, port = address.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    blocks = [b"x" * 65536] * 32
    status = 0
    try:
        connection.request("POST", "/login/", iter(blocks), encode_chunked=True,
                           headers={"Transfer-Encoding": "chunked"})  # fmt: skip
        status = connection.getresponse().status
    except (BrokenPipeError, ConnectionResetError):
        status = 413  # the answer was there before the rest of the body
    assert status == 413

"""The control API, in the same process and over HTTP."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from qqhttp.simulator import (
    GatewaySimulator,
    SimulatorControl,
    SimulatorError,
    text_digest,
)

from .raw_client import ALICE, BOB, FRIEND, RawClient, ask, log_in, login_of, message

Start = Callable[..., GatewaySimulator]


@pytest.fixture(params=["in process", "over HTTP"])
def control(gateway: GatewaySimulator, request: pytest.FixtureRequest) -> SimulatorControl:
    return gateway.control if request.param == "in process" else SimulatorControl(gateway.url)


def test_figures_count_requests_results_and_messages(
    gateway: GatewaySimulator, control: SimulatorControl
) -> None:
    for body in (message(1), message(2), message(2), message(3, uin=BOB), message(4, "%ff")):
        ask(gateway, body)
    ask(gateway, "nonsense")
    figures = control.figures()
    assert figures.requests == {"Login": 1, "CLTMSG": 5, "malformed": 1}
    assert figures.results == {"Login": {"0": 1}, "CLTMSG": {"0": 3, "20": 1, "NULL": 1}}
    assert (figures.arrived, figures.distinct, figures.twice) == (2, 1, 1)
    assert (figures.repeats, figures.to_strangers, figures.sessions) == (1, 0, 1)
    assert figures.accounts == 3
    assert figures.uptime > 0


def test_messages_are_paged_and_filtered_by_sender_and_recipient(
    gateway: GatewaySimulator, control: SimulatorControl
) -> None:
    log_in(gateway, BOB)
    for seq in range(1, 8):
        uin = BOB if seq % 3 == 0 else ALICE
        ask(gateway, message(seq, f"第{seq}", uin=uin, un=FRIEND + seq))
    messages = control.messages()
    assert [item.number for item in messages] == list(range(7))
    assert [item.text for item in messages] == [f"第{seq}" for seq in range(1, 8)]
    assert messages[0].length == len("第1".encode())
    assert messages[0].digest == text_digest("第1".encode())
    assert [item.seq for item in control.messages(uin=BOB)] == ["3", "6"]
    assert [item.seq for item in control.messages(un=FRIEND + 5)] == ["5"]
    page = _get(gateway, "messages?offset=2&limit=3")
    assert [entry["seq"] for entry in page["messages"]] == ["3", "4", "5"]
    assert (page["arrived"], page["next"]) == (7, 5)
    assert _get(gateway, "messages?offset=5&limit=3")["next"] is None


def test_duplicates_are_counted_by_recipient_and_text(
    gateway: GatewaySimulator, control: SimulatorControl
) -> None:
    for seq, text in enumerate(["a", "b", "a", "a"]):
        ask(gateway, message(seq, text))
    ask(gateway, message(9, "a", un=FRIEND + 1))
    assert control.times(un=FRIEND, text="a") == 3
    assert control.times(un=FRIEND + 1, text="a") == 1
    assert control.times(un=FRIEND, text="c") == 0
    summary = control.summary()
    assert (summary["arrived"], summary["distinct"], summary["recipients"]) == (5, 3, 2)
    assert summary["recipients_by_text"] == {text_digest(b"a"): 2, text_digest(b"b"): 1}
    assert summary["twice_count"] == 2
    assert [(entry["un"], entry["seq"]) for entry in summary["twice"]] == [
        (FRIEND, "2"), (FRIEND, "3"),
    ]  # fmt: skip
    # A second query after another message adds it and counts no message twice.
    ask(gateway, message(10, "a", un=FRIEND + 2))
    assert control.summary()["recipients_by_text"][text_digest(b"a")] == 3


def test_check_finds_missing_unexpected_and_repeated_messages(
    gateway: GatewaySimulator, control: SimulatorControl
) -> None:
    for seq, text in enumerate(["one", "two", "two", "surprise"]):
        ask(gateway, message(seq, text))
    check = control.check([(FRIEND, "one"), (FRIEND, "two"), (FRIEND, "three")])
    assert check == (4, [(FRIEND, "three")], [(FRIEND, "surprise")], [(FRIEND, "two")])
    assert not check.is_exact
    assert control.check([(FRIEND, t) for t in ("one", "two", "two", "surprise")]).is_exact


def test_digests_are_kept_if_texts_are_not(start: Start) -> None:
    gateway = start(is_text_kept=False)
    log_in(gateway)
    ask(gateway, message(1, "你好"))
    (item,) = gateway.control.messages()
    assert (item.text, item.length) == (None, 6)
    assert item.digest == text_digest("你好".encode())
    assert gateway.control.times(un=FRIEND, text="你好") == 1


def test_a_reset_clears_messages_and_keeps_sessions(
    gateway: GatewaySimulator, control: SimulatorControl
) -> None:
    ask(gateway, message(1))
    control.reset()
    assert control.figures().arrived == 0
    assert control.messages() == []
    # The SEQ is forgotten too; the session is kept.
    ask(gateway, message(1))
    assert control.figures().arrived == 1
    control.reset(population=True)
    assert ask(gateway, message(2)).endswith("&RES=20")


def test_live_settings_can_be_changed(gateway: GatewaySimulator, control: SimulatorControl) -> None:
    ask(gateway, message(1))
    control.change(min_interval=60, penalty=0)
    assert control.settings()["min_interval"] == 60
    assert ask(gateway, message(2)).endswith("&RES=3")


@pytest.mark.parametrize(("changes", "part"), [
    ({"port": 1}, "port"), ({"penalty": "long"}, "penalty"), ({"min_interval": -1}, "negative"),
    ({"null_h": 2}, "share"), ({"is_keep_alive": 1}, "is_keep_alive"),
    ({"penalty": True}, "penalty"),
])  # fmt: skip
def test_an_invalid_setting_is_refused_with_a_message(
    control: SimulatorControl, changes: dict[str, object], part: str
) -> None:
    with pytest.raises(SimulatorError, match=part):
        control.change(**changes)


def test_an_account_can_be_created(gateway: GatewaySimulator, control: SimulatorControl) -> None:
    control.set_account(uin=5000000, password="geheim", friends=[7000000])
    assert "&RS=1&" in ask(gateway, login_of(5000000, "wrong"))
    assert "&RS=0&" in ask(gateway, login_of(5000000, "geheim"))
    assert ask(gateway, "VER=1.1&CMD=List&SEQ=1&UIN=5000000&TN=1").endswith("&UN=7000000,")
    shown = {account["uin"]: account for account in control.accounts()}
    assert shown[5000000]["is_online"]
    assert shown[5000000]["address"] == "127.0.0.1"
    assert not shown[BOB]["is_online"]


def test_a_friend_request_reaches_the_inbox(
    gateway: GatewaySimulator, control: SimulatorControl
) -> None:
    control.push_friend_request(uin=ALICE, sender=7000000, text="我是小李")
    reply = ask(gateway, f"VER=1.1&CMD=GetMsgEx&SEQ=1&UIN={ALICE}")
    assert reply.endswith("&MN=1&MT=2,&UN=7000000,&MG=我是小李,")


def test_a_kept_control_connection_can_end_offline(gateway: GatewaySimulator) -> None:
    control = SimulatorControl(gateway.url)
    control.go_offline(seconds=600)
    assert control.figures().is_offline
    control.come_online()
    while control.figures().is_offline:
        pass
    assert ask(gateway, message(1)).endswith("&RES=0&")


# Method, path, body, part of the error message.
INVALID = [
    ("GET", "nowhere", b"", "no GET 'nowhere'"),
    ("POST", "figures", b"", "no POST 'figures'"),
    ("POST", "settings", b"{", "not understood"),
    ("POST", "settings", b"[1]", "not understood"),
    ("POST", "inbound", b'{"uin": 1000001}', "'from' is missing"),
    ("POST", "inbound", b'{"uin": 77777, "from": 1, "text": ""}', "no account 77777"),
    ("POST", "offline", b'{"seconds": 99999}', "3600"),
    ("POST", "friend-answer", b'{"uin": 1000001, "from": 5}', "never asked"),
    ("GET", "messages?offset=x", b"", "not understood"),
]


@pytest.mark.parametrize(("method", "path", "body", "part"), INVALID)
def test_an_invalid_request_gets_an_error_message(
    gateway: GatewaySimulator, method: str, path: str, body: bytes, part: str
) -> None:
    with RawClient(gateway.port) as client:
        client.post(body, line=f"{method} /control/{path} HTTP/1.1")
        head, content = client.head_and_body()
    assert head.startswith("HTTP/1.1 400 ")
    assert part in json.loads(content)["error"]


def _get(gateway: GatewaySimulator, path: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{gateway.url}/control/{path}", timeout=10) as response:
        return dict(json.load(response))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "{url}"}, 200),
        ({"Host": "simulator:8765"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Host": "rebound.evil.example"}, 403),
    ],
    ids=str,
)
def test_pages_of_other_sites_are_refused(
    gateway: GatewaySimulator, headers: dict[str, str], status: int
) -> None:
    """A page that the operator visits must not command the simulator by the operator's browser."""
    url = gateway.url.rstrip("/")
    sent = {name: value.format(url=url) for name, value in headers.items()}
    for method, path, body in (("GET", "figures", None), ("POST", "reset", b"{}")):
        request = urllib.request.Request(f"{url}/control/{path}", body, sent, method=method)
        assert _status(request) == status


def _status(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code

"""The client against the simulator.

They share no code and implement the reference independently, so a misreading in one of them makes
a test fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from qqhttp import (
    AckAddToList,
    AddToList,
    ChangeStat,
    CltMsg,
    DelFromList,
    EmptyReply,
    Finger,
    GatewayClient,
    GetInfo,
    GetMsgEx,
    IllegalUin,
    Login,
    LoginRefused,
    Logout,
    MessageKind,
    NotLoggedIn,
    QueryStat,
    Request,
    Status,
    TooFast,
    password_digest,
)
from qqhttp import List as ListRequest
from qqhttp.simulator import GatewaySimulator, profiles
from qqhttp.simulator.population import FIRST_ACCOUNT, FIRST_FRIEND, password_of

UIN = FIRST_ACCOUNT
FRIEND = FIRST_FRIEND
FRIENDS = tuple(range(FRIEND, FRIEND + 20))
MUST_BE_ASKED = 30000003
SPECIAL = "你好 100% & more = fine + hi\r\n😀, %2f"
TEXTS = [
    SPECIAL,
    "line\r\nline\nline",
    "😀, 春风,十里,不如你",
    "%2c %252c %41 100%25",
    "a=b&c=d&RES=20",
    " leading and trailing ",
    "\x00\x01\x7f",
    "",
]


@pytest.fixture(scope="module")
def gateway() -> Iterator[GatewaySimulator]:
    with GatewaySimulator(
        accounts=3, friends=len(FRIENDS), penalty=0.05, delete_penalty=0.05
    ) as simulator:
        yield simulator


@pytest.fixture
def client(gateway: GatewaySimulator) -> Iterator[GatewayClient]:
    """Return a client with a session, at a gateway with its initial accounts."""
    gateway.control.reset(population=True)
    with GatewayClient(gateway.url) as client:
        login = client.exchange(Login(seq=0, uin=UIN, ps=password_digest(password_of(UIN))))
        login.raise_for_res()
        assert login.heartbeat_seconds == 60
        assert login.idle_seconds == 300
        yield client


REQUESTS: list[Request[Any]] = [
    ListRequest(seq=2, uin=UIN),
    ListRequest(seq=2, uin=UIN, tn=0),
    QueryStat(seq=2, uin=UIN),
    *(GetInfo(seq=2, uin=UIN, un=FRIEND, lv=level) for level in range(4)),
    AddToList(seq=2, uin=UIN, un=MUST_BE_ASKED),
    AckAddToList(seq=2, uin=UIN, un=FRIEND, cd=0, rs=SPECIAL),
    Finger(seq=2, uin=UIN, ag=20, sx=0, pv="广东"),
    ChangeStat(seq=2, uin=UIN, st=Status.BUSY),
    GetMsgEx(seq=2, uin=UIN),
    CltMsg(seq=2, uin=UIN, un=FRIEND, mg="hi"),
    DelFromList(seq=2, uin=UIN, un=FRIEND),
    Logout(seq=2, uin=UIN),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: type(request).__name__)
def test_each_command_is_accepted_and_its_reply_is_read(
    client: GatewayClient, request_: Request[Any]
) -> None:
    client.exchange(request_).raise_for_res()


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_delivered_unchanged(
    gateway: GatewaySimulator, client: GatewayClient, text: str
) -> None:
    client.exchange(CltMsg(seq=1, uin=UIN, un=FRIEND, mg=text)).raise_for_res()
    client.exchange(CltMsg(seq=2, uin=UIN, un=FRIEND, mg=text, escape_h=True)).raise_for_res()

    assert [message.text for message in gateway.control.messages()] == [text, text]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(max_size=40), min_size=2, max_size=4))
@example([SPECIAL, "", ","])
@example(["a,b", "c,,", " + "])
def test_any_text_is_delivered_and_received_unchanged(
    gateway: GatewaySimulator, client: GatewayClient, texts: list[str]
) -> None:
    gateway.control.reset()
    for number, text in enumerate(texts):
        client.exchange(CltMsg(seq=number, uin=UIN, un=FRIEND, mg=text)).raise_for_res()
        gateway.control.push_inbound(uin=UIN, sender=FRIEND + number, text=text)
    assert [message.text for message in gateway.control.messages()] == texts

    inbox = client.exchange(GetMsgEx(seq=9, uin=UIN)).messages
    # In a reply a literal %2c and a comma have the same encoding, `%252c`.
    expected = [text.replace("%2c", ",").replace("%2C", ",") for text in texts]
    # The gateway adds a space to a person's text, as in the reference ("hi ,").
    assert [message.text for message in inbox] == [f"{text} " for text in expected]
    assert [message.sender for message in inbox] == [FRIEND + n for n in range(len(texts))]
    assert {message.kind for message in inbox} == {MessageKind.USER}
    assert client.exchange(GetMsgEx(seq=10, uin=UIN)).messages == ()


def test_a_replay_with_the_same_seq_is_accepted_and_delivered_once(
    gateway: GatewaySimulator, client: GatewayClient
) -> None:
    for escape_h in (False, True):
        message = CltMsg(seq=2, uin=UIN, un=FRIEND, mg="hi there", escape_h=escape_h)
        assert client.exchange(message).res == 0

    assert gateway.control.times(un=FRIEND, text="hi there") == 1


def test_escape_h_avoids_the_null_for_a_lowercase_h(
    gateway: GatewaySimulator, client: GatewayClient
) -> None:
    gateway.control.change(null_h=1.0)
    try:
        with pytest.raises(EmptyReply):
            client.exchange(CltMsg(seq=2, uin=UIN, un=FRIEND, mg="hi"))
        assert client.exchange(CltMsg(seq=2, uin=UIN, un=FRIEND, mg="hi", escape_h=True)).res == 0
    finally:
        gateway.control.change(null_h=0.0)


def test_friend_list_and_online_friends_are_read(client: GatewayClient) -> None:
    reply = client.exchange(ListRequest(seq=1, uin=UIN))
    assert (reply.friends, reply.count, reply.is_complete) == (FRIENDS, len(FRIENDS), True)
    assert client.exchange(ListRequest(seq=2, uin=UIN, tn=0)).count == len(FRIENDS)

    presences = client.exchange(QueryStat(seq=3, uin=UIN)).presences
    assert presences
    for presence in presences:
        assert presence.uin in FRIENDS
        assert presence.nickname == profiles.nickname(presence.uin)
        assert presence.status == profiles.usual_status(presence.uin)
        assert presence.face == profiles.face(presence.uin)


def test_a_cut_friend_list_is_detected() -> None:
    with GatewaySimulator(list_cut=5) as gateway, GatewayClient(gateway.url) as client:
        client.exchange(Login(seq=1, uin=UIN, ps=password_digest(password_of(UIN))))
        reply = client.exchange(ListRequest(seq=2, uin=UIN))

    assert len(reply.friends) == 5
    assert not reply.is_complete


@pytest.mark.parametrize("level", range(4))
def test_a_profile_has_the_fields_of_its_level(client: GatewayClient, level: int) -> None:
    info = client.exchange(GetInfo(seq=4, uin=UIN, lv=level, un=FRIEND))

    assert (info.res, info.level, info.uin) == (0, level, FRIEND)
    assert info.nickname == profiles.nickname(FRIEND)
    assert info.age == (profiles.age(FRIEND) if level >= 2 else None)
    assert (info.blood_type is not None) == (level >= 3)


def test_of_two_friend_requests_one_is_answered_res_3(client: GatewayClient) -> None:
    results = [
        client.exchange(AckAddToList(seq=seq, uin=UIN, un=MUST_BE_ASKED, cd=2, rs=SPECIAL)).res
        for seq in (3, 4)
    ]
    assert sorted(results) == [0, 3]


def test_a_logout_ends_the_session(client: GatewayClient) -> None:
    client.exchange(Logout(seq=8, uin=UIN)).raise_for_res()
    with pytest.raises(NotLoggedIn):
        client.exchange(GetMsgEx(seq=9, uin=UIN)).raise_for_res()


def test_a_session_belongs_to_one_address(gateway: GatewaySimulator, client: GatewayClient) -> None:
    with GatewayClient(gateway.url, source_address="127.0.0.3") as elsewhere:
        with pytest.raises(NotLoggedIn):
            elsewhere.exchange(GetMsgEx(seq=1, uin=UIN)).raise_for_res()
        ps = password_digest(password_of(UIN))
        elsewhere.exchange(Login(seq=2, uin=UIN, ps=ps)).raise_for_res()
        with pytest.raises(NotLoggedIn):
            client.exchange(GetMsgEx(seq=3, uin=UIN)).raise_for_res()


def test_wrong_password_and_illegal_uin_are_different_errors(client: GatewayClient) -> None:
    with pytest.raises(LoginRefused) as refused:
        client.exchange(Login(seq=1, uin=UIN, ps=password_digest("wrong"))).raise_for_res()
    assert refused.value.reason
    with pytest.raises(IllegalUin):
        client.exchange(Login(seq=2, uin=100, ps=password_digest("x"))).raise_for_res()


def test_a_message_too_soon_raises_too_fast(
    gateway: GatewaySimulator, client: GatewayClient
) -> None:
    gateway.control.change(min_interval=60.0)
    try:
        client.exchange(CltMsg(seq=2, uin=UIN, un=FRIEND, mg="one")).raise_for_res()
        with pytest.raises(TooFast):
            client.exchange(CltMsg(seq=3, uin=UIN, un=FRIEND, mg="two")).raise_for_res()
    finally:
        gateway.control.change(min_interval=0.0)


@pytest.mark.parametrize("is_keep_alive", [True, False])
@pytest.mark.parametrize("is_silent_close", [True, False])
def test_a_connection_is_kept_exactly_when_the_gateway_keeps_it(
    is_keep_alive: bool, is_silent_close: bool
) -> None:
    with (
        GatewaySimulator(is_keep_alive=is_keep_alive, is_silent_close=is_silent_close) as gateway,
        GatewayClient(gateway.url) as client,
    ):
        for seq in range(4):
            assert client.exchange(Logout(seq=seq, uin=UIN)).res == 0
        total = gateway.control.figures().connections["total"]

    assert total == (1 if is_keep_alive and not is_silent_close else 4)

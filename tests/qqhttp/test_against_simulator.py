"""The client and the simulator: two independent readings of the reference that must agree."""

from __future__ import annotations

from collections.abc import Iterator

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
    Status,
    TooFast,
    password_digest,
)
from qqhttp import List as ListRequest
from qqhttp.simulator import GatewaySimulator

UIN = 1000001
AWKWARD = "你好 100% & more = fine + hi\r\n😀, %2f"


@pytest.fixture(scope="module")
def gateway() -> Iterator[GatewaySimulator]:
    with GatewaySimulator(accounts=3, friends=20, penalty=0.05, delete_penalty=0.05) as simulator:
        yield simulator


@pytest.fixture
def client(gateway: GatewaySimulator) -> Iterator[GatewayClient]:
    gateway.control.reset(population=True)
    with GatewayClient(gateway.url) as client:
        login = client.exchange(Login(seq=0, uin=UIN, ps=password_digest(f"pw-{UIN}")))
        login.raise_for_res()
        assert login.heartbeat_seconds == 60
        assert login.idle_seconds == 300
        yield client


def test_a_message_arrives_to_the_byte(gateway: GatewaySimulator, client: GatewayClient) -> None:
    [friend, *_] = client.exchange(ListRequest(seq=1, uin=UIN)).friends
    client.exchange(CltMsg(seq=2, uin=UIN, un=friend, mg=AWKWARD)).raise_for_res()

    assert gateway.control.times(un=friend, text=AWKWARD) == 1


def test_a_replay_with_the_same_seq_is_accepted_and_arrives_once(
    gateway: GatewaySimulator, client: GatewayClient
) -> None:
    [friend, *_] = client.exchange(ListRequest(seq=1, uin=UIN)).friends
    for spell_h in (False, True):
        message = CltMsg(seq=2, uin=UIN, un=friend, mg="hi there", spell_h=spell_h)
        assert client.exchange(message).res == 0

    assert gateway.control.times(un=friend, text="hi there") == 1


def test_a_bare_h_may_get_null_and_a_spelt_one_does_not(
    gateway: GatewaySimulator, client: GatewayClient
) -> None:
    [friend, *_] = client.exchange(ListRequest(seq=1, uin=UIN)).friends
    gateway.control.change(null_h=1.0)
    try:
        with pytest.raises(EmptyReply):
            client.exchange(CltMsg(seq=2, uin=UIN, un=friend, mg="hi"))
        assert client.exchange(CltMsg(seq=2, uin=UIN, un=friend, mg="hi", spell_h=True)).res == 0
    finally:
        gateway.control.change(null_h=0.0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(max_size=40), min_size=2, max_size=4))
@example([AWKWARD, "", ","])
@example(["a,b", "c,,", " + "])
def test_the_inbox_says_who_said_what(
    gateway: GatewaySimulator, client: GatewayClient, texts: list[str]
) -> None:
    for number, text in enumerate(texts):
        gateway.control.push_inbound(uin=UIN, sender=20000001 + number, text=text)
    messages = client.exchange(GetMsgEx(seq=1, uin=UIN)).messages

    # A literal %2c and a comma are the same on the wire.
    expected = [text.replace("%2c", ",").replace("%2C", ",") for text in texts]
    # As in the reference ("hi ,"), the gateway ends what a person wrote with a space.
    assert [message.text for message in messages] == [f"{text} " for text in expected]
    assert [message.sender for message in messages] == [20000001 + n for n in range(len(texts))]
    assert {message.kind for message in messages} == {MessageKind.USER}
    assert client.exchange(GetMsgEx(seq=2, uin=UIN)).messages == ()


def test_friends_presences_and_people(client: GatewayClient) -> None:
    listed = client.exchange(ListRequest(seq=1, uin=UIN))
    assert listed.is_complete
    assert len(listed.friends) == listed.count == 20
    assert client.exchange(ListRequest(seq=2, uin=UIN, tn=0)).count == 20

    online = client.exchange(QueryStat(seq=3, uin=UIN)).presences
    assert {presence.uin for presence in online} <= set(listed.friends)
    assert all(presence.nickname for presence in online)

    for level in range(4):
        info = client.exchange(GetInfo(seq=4 + level, uin=UIN, lv=level, un=listed.friends[0]))
        assert (info.res, info.level, info.uin) == (0, level, listed.friends[0])
        assert bool(info.nickname)
        assert (info.age is not None) == (level >= 2)
        assert (info.blood_type is not None) == (level >= 3)


def test_every_other_command_is_understood(client: GatewayClient) -> None:
    [friend, *_] = client.exchange(ListRequest(seq=1, uin=UIN)).friends
    assert client.exchange(AddToList(seq=2, uin=UIN, un=20000055)).consent in (0, 1, 2, 3)
    answers = [
        client.exchange(AckAddToList(seq=seq, uin=UIN, un=20000055, cd=2, rs=AWKWARD)).res
        for seq in (3, 4)
    ]
    assert sorted(answers) == [0, 3], "one of the two is answered RES=3 and lost"
    assert client.exchange(DelFromList(seq=5, uin=UIN, un=friend)).res == 0
    assert client.exchange(ChangeStat(seq=6, uin=UIN, st=Status.BUSY)).res == 0
    assert client.exchange(Finger(seq=7, uin=UIN, ag=0, sx=0, pv="江苏")).res == 0
    assert client.exchange(Logout(seq=8, uin=UIN)).res == 0
    with pytest.raises(NotLoggedIn):
        client.exchange(GetMsgEx(seq=9, uin=UIN)).raise_for_res()


def test_a_session_belongs_to_an_address(gateway: GatewaySimulator, client: GatewayClient) -> None:
    with GatewayClient(gateway.url, source_address="127.0.0.3") as elsewhere:
        with pytest.raises(NotLoggedIn):
            elsewhere.exchange(GetMsgEx(seq=1, uin=UIN)).raise_for_res()
        ps = password_digest(f"pw-{UIN}")
        elsewhere.exchange(Login(seq=2, uin=UIN, ps=ps)).raise_for_res()
        with pytest.raises(NotLoggedIn):
            client.exchange(GetMsgEx(seq=3, uin=UIN)).raise_for_res()


def test_the_ways_a_login_is_refused(client: GatewayClient) -> None:
    with pytest.raises(LoginRefused) as refused:
        client.exchange(Login(seq=1, uin=UIN, ps=password_digest("wrong"))).raise_for_res()
    assert refused.value.reason
    with pytest.raises(IllegalUin):
        client.exchange(Login(seq=2, uin=100, ps=password_digest("x"))).raise_for_res()


def test_too_fast_is_an_answer_not_a_loss(gateway: GatewaySimulator, client: GatewayClient) -> None:
    [friend, *_] = client.exchange(ListRequest(seq=1, uin=UIN)).friends
    gateway.control.change(min_interval=60.0)
    try:
        client.exchange(CltMsg(seq=2, uin=UIN, un=friend, mg="one")).raise_for_res()
        with pytest.raises(TooFast):
            client.exchange(CltMsg(seq=3, uin=UIN, un=friend, mg="two")).raise_for_res()
    finally:
        gateway.control.change(min_interval=0.0)


@pytest.mark.parametrize("is_keep_alive", [True, False])
@pytest.mark.parametrize("is_silent_close", [True, False])
def test_connections_are_kept_exactly_where_the_gateway_keeps_them(
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

"""The exact replies to every command, by section of the reference."""

import time
from collections.abc import Callable

import pytest

from qqhttp.simulator import GatewaySimulator

from .raw_client import ALICE, BOB, FRIEND, LC, RawClient, ask, log_in, login_of

TEN = "20000001,20000002,20000003,20000004,20000005,20000006,20000007,20000008,20000009,20000010,"
FRIENDS = f"{TEN}20000011,20000012,"
PS = "0" * 32
STRANGER_OPEN, STRANGER_ASKS, STRANGER_REFUSES = 30000000, 30000003, 30000005

# Request and reply, both without the leading `VER=1.1&CMD=`; "" is NULL.
LOGGED_IN = [
    # (1) Login
    ("Login&SEQ=7&UIN=100&PS=x&M5=1&LC=" + LC, "LOGIN&SEQ=7&UIN=100&RES=5"),
    (f"Login&SEQ=7&UIN={ALICE}&PS={PS}&M5=1&LC={LC}",
     f"LOGIN&SEQ=7&UIN={ALICE}&RES=0&RS=1&RA=密码错误"),
    (f"Login&SEQ=7&UIN=9999999&PS={PS}&M5=1&LC={LC}",
     "LOGIN&SEQ=7&UIN=9999999&RES=0&RS=1&RA=密码错误"),
    (f"Login&SEQ=7&UIN=abc&PS={PS}&M5=1&LC={LC}", ""),
    (f"Login&SEQ=7&UIN={ALICE}&PS=&M5=1&LC={LC}", ""),
    (f"Login&SEQ=7&UIN={ALICE}&M5=1&LC={LC}", ""),
    (f"Login&SEQ=7&UIN={ALICE}&PS={PS}&M5=1&LC=9326b87b234e7235", ""),
    (f"Login&SEQ=7&UIN={ALICE}&PS={PS}&M5=1", ""),
    # (2) List: FN is the number of friends without TN, and 1 with it
    (f"List&SEQ=8&UIN={ALICE}&TN=160&UN=0",
     f"LIST&SEQ=8&UIN={ALICE}&RES=0&FN=1&SN=12&UN={FRIENDS}"),
    (f"List&SEQ=8&UIN={ALICE}&TN=160", f"LIST&SEQ=8&UIN={ALICE}&RES=0&FN=1&SN=12&UN={FRIENDS}"),
    (f"List&SEQ=8&UIN={ALICE}&TN=0&UN=0", f"LIST&SEQ=8&UIN={ALICE}&RES=0&FN=12"),
    (f"List&SEQ=8&UIN={ALICE}", f"LIST&SEQ=8&UIN={ALICE}&RES=0&FN=12"),
    (f"List&SEQ=8&UIN={ALICE}&TN=x", ""),
    (f"List&SEQ=8&UIN={ALICE}&TN=160&UN=x", ""),
    (f"List&SEQ=8&UIN={BOB}&TN=160&UN=0", f"LIST&SEQ=8&UIN={BOB}&RES=20"),
    # (3) Query_Stat
    (f"Query_Stat&SEQ=9&UIN={ALICE}&TN=x", ""),
    (f"Query_Stat&SEQ=9&UIN={BOB}&TN=50&UN=0", f"QUERY_STAT&SEQ=9&UIN={BOB}&RES=20"),
    # (4) GetInfo
    (f"GetInfo&SEQ=1&UIN={ALICE}&LV=0&UN=24259134",
     f"GETINFO&SEQ=1&UIN={ALICE}&RES=0&LV=0&UN=24259134&NK=Hackfan 好"),
    (f"GetInfo&SEQ=1&UIN={ALICE}&LV=x&UN=24259132", ""),
    (f"GetInfo&SEQ=1&UIN={ALICE}&UN=24259132", ""),
    (f"GetInfo&SEQ=1&UIN={ALICE}&LV=2&UN=x", ""),
    (f"GetInfo&SEQ=1&UIN={BOB}&LV=2&UN=24259132", f"GETINFO&SEQ=1&UIN={BOB}&RES=20"),
    # (5) AddToList
    (f"AddToList&SEQ=2&UIN={ALICE}&UN={STRANGER_OPEN}",
     f"AddToList&SEQ=2&UIN={ALICE}&RES=0&CD=0&UN={STRANGER_OPEN}"),
    (f"AddToList&SEQ=2&UIN={ALICE}&UN={STRANGER_ASKS}",
     f"AddToList&SEQ=2&UIN={ALICE}&RES=0&CD=1&UN={STRANGER_ASKS}"),
    (f"AddToList&SEQ=2&UIN={ALICE}&UN={STRANGER_REFUSES}",
     f"AddToList&SEQ=2&UIN={ALICE}&RES=0&CD=2&UN={STRANGER_REFUSES}"),
    (f"AddToList&SEQ=2&UIN={ALICE}&UN=", ""),
    (f"AddToList&SEQ=2&UIN={BOB}&UN={FRIEND}", f"AddToList&SEQ=2&UIN={BOB}&RES=20"),
    # 发送验证
    (f"Ack_AddToList&SEQ=3&UIN={ALICE}&UN={FRIEND}&CD=0&RS=",
     f"Ack_AddToList&SEQ=3&UIN={ALICE}&RES=0"),
    (f"Ack_AddToList&SEQ=3&UIN={ALICE}&UN={FRIEND}&CD=1&RS=不",
     f"Ack_AddToList&SEQ=3&UIN={ALICE}&RES=0"),
    (f"Ack_AddToList&SEQ=3&UIN={ALICE}&UN={FRIEND}&CD=3&RS=",
     f"Ack_AddToList&SEQ=3&UIN={ALICE}&RES=3"),
    (f"Ack_AddToList&SEQ=3&UIN={ALICE}&UN={FRIEND}&CD=x&RS=", ""),
    (f"Ack_AddToList&SEQ=3&UIN={ALICE}&UN={FRIEND}&CD=1&RS=%ff", ""),
    (f"Ack_AddToList&SEQ=3&UIN={BOB}&UN={FRIEND}&CD=0&RS=",
     f"Ack_AddToList&SEQ=3&UIN={BOB}&RES=20"),
    # (6) DelFromList: a `&` at the end, and RES=3 for a person who is no friend
    (f"DelFromList&SEQ=4&UIN={ALICE}&UN={FRIEND}", f"DelFromList&SEQ=4&UIN={ALICE}&RES=0&"),
    (f"DelFromList&SEQ=4&UIN={ALICE}&UN=40000000", f"DelFromList&SEQ=4&UIN={ALICE}&RES=3"),
    (f"DelFromList&SEQ=4&UIN={ALICE}&UN=x", ""),
    (f"DelFromList&SEQ=4&UIN={BOB}&UN={FRIEND}", f"DelFromList&SEQ=4&UIN={BOB}&RES=20"),
    # (7) Change_Stat
    *((f"Change_Stat&SEQ=5&UIN={ALICE}&ST={status}", f"Change_Stat&SEQ=5&UIN={ALICE}&RES=0&")
      for status in (10, 20, 30, 40)),
    (f"Change_Stat&SEQ=5&UIN={ALICE}&ST=11", ""),
    (f"Change_Stat&SEQ=5&UIN={ALICE}", ""),
    (f"Change_Stat&SEQ=5&UIN={BOB}&ST=10", f"Change_Stat&SEQ=5&UIN={BOB}&RES=20"),
    # (9) GetMsgEx
    (f"GetMsgEx&SEQ=6&UIN={ALICE}", f"GETMSGEX&SEQ=6&UIN={ALICE}&RES=0&MN=0&MT=&UN=&MG="),
    (f"GetMsgEx&SEQ=6&UIN={BOB}", f"GETMSGEX&SEQ=6&UIN={BOB}&RES=20"),
    ("GetMsgEx&SEQ=6&UIN=x", ""),
    # (10) CLTMSG: a `&` at the end
    (f"CLTMSG&SEQ=1&UIN={ALICE}&UN={FRIEND}&MG=hi", f"CLTMSG&SEQ=1&UIN={ALICE}&RES=0&"),
    (f"CLTMSG&SEQ=1&UIN={ALICE}&UN=x&MG=hi", ""),
    (f"CLTMSG&SEQ=1&UIN={ALICE}&UN={FRIEND}", ""),
    (f"CLTMSG&SEQ=1&UIN={ALICE}&UN={FRIEND}&MG=%c4%e3%ba%c3", ""),
    (f"CLTMSG&SEQ=1&UIN=100&UN={FRIEND}&MG=hi", "CLTMSG&SEQ=1&UIN=100&RES=5"),
    (f"CLTMSG&SEQ=1&UIN={ALICE}&UN=100&MG=hi", f"CLTMSG&SEQ=1&UIN={ALICE}&RES=5"),
    (f"CLTMSG&SEQ=1&UIN={BOB}&UN={FRIEND}&MG=hi", f"CLTMSG&SEQ=1&UIN={BOB}&RES=20"),
    # (11) Logout: always RES=0
    (f"Logout&SEQ=1&UIN={ALICE}", f"LOGOUT&SEQ=1&UIN={ALICE}&RES=0"),
    (f"Logout&SEQ=1&UIN={BOB}", f"LOGOUT&SEQ=1&UIN={BOB}&RES=0"),
    ("Logout&SEQ=1&UIN=x", ""),
    # Finger
    (f"Finger&SEQ=1&UIN={ALICE}&AG=x&SX=0&PV=", ""),
    (f"Finger&SEQ=1&UIN={BOB}&AG=20&SX=0&PV=", f"Finger&SEQ=1&UIN={BOB}&RES=20"),
    # Common fields: CMD in any case, repeated as sent by some commands; SEQ missing; unknown CMD
    (f"cltmsg&SEQ=1&UIN={ALICE}&UN={FRIEND}&MG=hi", f"cltmsg&SEQ=1&UIN={ALICE}&RES=0&"),
    (f"lOgOuT&SEQ=-1&UIN={ALICE}", f"LOGOUT&SEQ=-1&UIN={ALICE}&RES=0"),
    (f"Logout&UIN={ALICE}", ""),
    (f"Logout&SEQ=&UIN={ALICE}", ""),
    (f"Nonsense&SEQ=1&UIN={ALICE}", ""),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "reply"), LOGGED_IN)
def test_a_reply_is_exactly_as_in_the_reference(
    gateway: GatewaySimulator, sent: str, reply: str
) -> None:
    expected = f"VER=1.1&CMD={reply}" if reply else ""
    assert ask(gateway, f"VER=1.1&CMD={sent}") == expected


def test_a_login_reply_has_heartbeat_and_idle_time(start: Callable[..., GatewaySimulator]) -> None:
    gateway = start(heartbeat=30, idle=90, login_extra="COMP=NOKIA")
    assert ask(gateway, login_of(ALICE, seq=7)) == (
        f"VER=1.1&CMD=LOGIN&SEQ=7&UIN={ALICE}&RES=0&RS=0&HI=30&LI=90&COMP=NOKIA"
    )


@pytest.mark.parametrize(("version", "is_known"), [
    ("1.0", True), ("1.1", True), ("1.2", True), ("1.3", False), ("4.0", False), ("", False),
])  # fmt: skip
def test_an_unknown_version_is_answered_null(
    gateway: GatewaySimulator, version: str, is_known: bool
) -> None:
    reply = ask(gateway, f"VER={version}&CMD=Logout&SEQ=1&UIN={ALICE}")
    assert reply == (f"VER=1.1&CMD=LOGOUT&SEQ=1&UIN={ALICE}&RES=0" if is_known else "")


def test_a_refused_login_has_the_reason_of_the_account(gateway: GatewaySimulator) -> None:
    gateway.control.set_account(uin=BOB, refusal="帐号被冻结, 请联系客服")
    assert ask(gateway, login_of(BOB)).endswith("&RES=0&RS=1&RA=帐号被冻结%252c 请联系客服")


def test_online_friends_are_lists_with_a_comma_after_each_item(gateway: GatewaySimulator) -> None:
    for uin in range(FRIEND, FRIEND + 12):
        gateway.control.set_friend_status(uin=uin, status=20)
    gateway.control.set_friend_status(uin=20000006, status=10)
    gateway.control.set_friend_status(uin=20000008, status=30)
    gateway.control.set_friend_status(uin=20000011, status=40)
    # The nickname of 20000006 has commas, that of 20000008 an ampersand.
    assert ask(gateway, f"VER=1.1&CMD=Query_Stat&SEQ=9&UIN={ALICE}&TN=50&UN=0") == (
        f"VER=1.1&CMD=QUERY_STAT&SEQ=9&UIN={ALICE}&RES=0&FC=78,84,&FN=1&SN=2&ST=10,30,"
        "&UN=20000006,20000008,&NK=春风%252c十里%252c不如你,明%26朋友,"
    )


@pytest.mark.parametrize("wanted", ["&TN=0", ""])
def test_query_stat_with_tn_0_or_without_tn_is_answered_twice(
    gateway: GatewaySimulator, wanted: str
) -> None:
    with RawClient(gateway.port) as client:
        client.post(f"VER=1.1&CMD=Query_Stat&SEQ=9&UIN={ALICE}{wanted}")
        start = f"VER=1.1&CMD=QUERY_STAT&SEQ=9&UIN={ALICE}&RES=0&"
        first = client.body()
        assert first.startswith(f"{start}FN=")
        assert int(first.rpartition("=")[2]) > 0
        assert client.body() == f"{start}FC=&FN=1&SN=0&ST=&UN=&NK="


@pytest.mark.parametrize(("level", "keys"), [
    (0, "LV UN NK"),
    (1, "LV UN NK"),
    (2, "AD AG EM FC HP JB LV PC PH PR PV RN SC SX UN NK"),
    (3, "AD AG BT CO CT CV CY EM FC HP ID JB LV MO MT MV PC PH PR PV RN SC SH SX UN NK"),
    (9, "AD AG BT CO CT CV CY EM FC HP ID JB LV MO MT MV PC PH PR PV RN SC SH SX UN NK"),
])  # fmt: skip
def test_a_profile_has_the_fields_of_its_level(
    gateway: GatewaySimulator, level: int, keys: str
) -> None:
    reply = ask(gateway, f"VER=1.1&CMD=GetInfo&SEQ=1&UIN={ALICE}&LV={level}&UN=24259132")
    fields = dict(item.split("=", 1) for item in reply.split("&")[5:])
    assert list(fields) == keys.split()
    assert fields["LV"] == str(level)
    if level >= 2:
        # As in the reference: commas are escaped twice, line ends once.
        assert fields["PR"] == "网络为媒%252c关系为本%252c信息为财%252c客户为主.%0d%0a"
    if level >= 3:
        assert (fields["MV"], fields["CV"]) == ("", "%01")


def test_an_account_without_friends_has_an_empty_list(gateway: GatewaySimulator) -> None:
    gateway.control.set_account(uin=ALICE, friends=[])
    reply = ask(gateway, f"VER=1.1&CMD=List&SEQ=1&UIN={ALICE}&TN=160")
    assert reply.endswith("&RES=0&FN=1&SN=0&UN=")


def test_list_cut_limits_the_friend_list_but_not_its_count(
    start: Callable[..., GatewaySimulator],
) -> None:
    gateway = start(list_cut=2)
    log_in(gateway)
    reply = ask(gateway, f"VER=1.1&CMD=List&SEQ=1&UIN={ALICE}&TN=160")
    assert reply.endswith("&FN=1&SN=12&UN=20000001,20000002,")


def test_finger_finds_by_age_sex_and_province(gateway: GatewaySimulator) -> None:
    reply = ask(gateway, f"VER=1.1&CMD=Finger&SEQ=1&UIN={ALICE}&AG=20&SX=0&PV=广东")
    fields = dict(item.split("=", 1) for item in reply.split("&"))
    found = fields["UN"].split(",")[:-1]
    assert int(fields["SN"]) == len(found) > 0
    info = ask(gateway, f"VER=1.1&CMD=GetInfo&SEQ=1&UIN={ALICE}&LV=2&UN={found[0]}")
    assert "&AG=20&" in info
    assert "&PV=广东&" in info
    assert "&SX=0&" in info


def test_a_friend_request_must_be_sent_twice(gateway: GatewaySimulator) -> None:
    log_in(gateway, BOB)
    asked = f"VER=1.2&CMD=Ack_AddToList&SEQ=3&UIN={ALICE}&UN={BOB}&CD=2&RS=我是小王,你好"
    began = time.monotonic()
    assert ask(gateway, asked).endswith("&RES=3")
    assert time.monotonic() - began >= gateway.settings.penalty
    assert "&MN=0&" in ask(gateway, f"VER=1.1&CMD=GetMsgEx&SEQ=6&UIN={BOB}")
    assert ask(gateway, asked).endswith("&RES=0")
    waiting = ask(gateway, f"VER=1.1&CMD=GetMsgEx&SEQ=6&UIN={BOB}")
    assert waiting.endswith(f"&MN=1&MT=2,&UN={ALICE},&MG=我是小王%252c你好,")
    # Bob accepts: both are friends now, and Alice gets a message.
    ask(gateway, f"VER=1.1&CMD=Ack_AddToList&SEQ=4&UIN={BOB}&UN={ALICE}&CD=0&RS=")
    assert f"MT=3,&UN={BOB}," in ask(gateway, f"VER=1.1&CMD=GetMsgEx&SEQ=6&UIN={ALICE}")
    assert f"{BOB}," in ask(gateway, f"VER=1.1&CMD=List&SEQ=1&UIN={ALICE}&TN=160")


def test_the_control_api_answers_a_friend_request(gateway: GatewaySimulator) -> None:
    asked = f"VER=1.1&CMD=Ack_AddToList&SEQ=3&UIN={ALICE}&UN={STRANGER_ASKS}&CD=2&RS=hi"
    ask(gateway, asked)
    ask(gateway, asked)
    gateway.control.push_friend_answer(
        uin=ALICE, sender=STRANGER_ASKS, is_accepted=False, text="不认识"
    )
    assert f"&MT=4,&UN={STRANGER_ASKS},&MG=不认识," in ask(
        gateway, f"VER=1.1&CMD=GetMsgEx&SEQ=6&UIN={ALICE}"
    )


def test_deleting_a_friend_twice_has_the_longer_penalty(gateway: GatewaySimulator) -> None:
    deletion = f"VER=1.1&CMD=DelFromList&SEQ=4&UIN={ALICE}&UN={FRIEND}"
    assert ask(gateway, deletion).endswith("&RES=0&")
    assert f"{FRIEND}," not in ask(gateway, f"VER=1.1&CMD=List&SEQ=1&UIN={ALICE}&TN=160")
    began = time.monotonic()
    assert ask(gateway, deletion).endswith("&RES=3")
    assert time.monotonic() - began >= gateway.settings.delete_penalty


@pytest.mark.parametrize(("status", "seen"), [(10, None), (20, 20), (30, 30), (40, 20)])
def test_friends_get_a_message_with_the_visible_status(
    gateway: GatewaySimulator, status: int, seen: int | None
) -> None:
    log_in(gateway, BOB)
    gateway.control.set_friends(uin=ALICE, add=[BOB])
    ask(gateway, f"VER=1.1&CMD=GetMsgEx&SEQ=6&UIN={BOB}")
    ask(gateway, f"VER=1.1&CMD=Change_Stat&SEQ=5&UIN={ALICE}&ST={status}")
    inbox = ask(gateway, f"VER=1.1&CMD=GetMsgEx&SEQ=6&UIN={BOB}")
    wanted = "&MN=0&MT=&UN=&MG=" if seen is None else f"&MN=1&MT=99,&UN={ALICE},&MG={seen},"
    assert inbox.endswith(wanted)


def test_changing_the_status_too_often_is_answered_res_3(
    start: Callable[..., GatewaySimulator],
) -> None:
    gateway = start(change_interval=60)
    log_in(gateway)
    change = f"VER=1.1&CMD=Change_Stat&SEQ=5&UIN={ALICE}&ST=30"
    assert ask(gateway, change).endswith("&RES=0&")
    assert ask(gateway, change).endswith("&RES=3")


def test_inbox_messages_are_escaped_and_returned_once(gateway: GatewaySimulator) -> None:
    gateway.control.push_inbound(uin=ALICE, sender=FRIEND, text="30", kind=99)
    gateway.control.push_inbound(uin=ALICE, sender=FRIEND, text="好,100% & a=b + c\r\n😀")
    query = f"VER=1.1&CMD=GetMsgEx&SEQ=6&UIN={ALICE}"
    assert ask(gateway, query) == (
        f"VER=1.1&CMD=GETMSGEX&SEQ=6&UIN={ALICE}&RES=0&MN=2&MT=99,9,&UN={FRIEND},{FRIEND},"
        "&MG=30,好%252c100%25 %26 a%3db + c%0d%0a😀 ,"
    )
    assert "&MN=0&" in ask(gateway, query)


def test_a_message_to_another_account_reaches_its_inbox(gateway: GatewaySimulator) -> None:
    log_in(gateway, BOB)
    ask(gateway, f"VER=1.1&CMD=CLTMSG&SEQ=1&UIN={ALICE}&UN={BOB}&MG=你好")
    assert ask(gateway, f"VER=1.1&CMD=GetMsgEx&SEQ=6&UIN={BOB}").endswith(
        f"&MN=1&MT=9,&UN={ALICE},&MG=你好 ,"
    )
    assert gateway.control.figures().to_strangers == 1

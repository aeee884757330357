"""The pitfalls in reading a reply, see docs/protocol.md."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qqhttp import (
    IllegalUin,
    LoginRefused,
    MalformedReply,
    Message,
    MessageKind,
    NotLoggedIn,
    OtherRefusal,
    Presence,
    Refusal,
    Status,
    TooFast,
    face_file,
    parse,
)
from qqhttp import List as ListRequest
from tests.qqhttp.reference_cases import (
    ADD,
    COMMON,
    GET_INFO,
    GET_MSG,
    LIST,
    LOGIN,
    QUERY_STAT,
    REQUESTS,
    SEND,
    reply,
)


def read(request: Any, rest: str) -> Any:
    return request.read(parse(reply(request.command, rest).encode()))


def test_a_login_with_res_0_and_rs_1_is_refused() -> None:
    refused = read(LOGIN, "RES=0&RS=1&RA=RES=0")
    assert refused.res == 0
    with pytest.raises(LoginRefused):
        refused.raise_for_res()


def test_a_login_without_rs_is_malformed() -> None:
    with pytest.raises(MalformedReply):
        read(LOGIN, "RES=0")


@pytest.mark.parametrize(
    ("res", "error_class", "is_retryable"),
    [
        (2, OtherRefusal, False),
        (20, NotLoggedIn, True),
        (200, OtherRefusal, False),
        (3, TooFast, True),
        (30, OtherRefusal, False),
        (5, IllegalUin, False),
        (-1, OtherRefusal, False),
    ],
)
def test_res_is_compared_as_a_number_not_as_a_prefix(
    res: int, error_class: type[Refusal], is_retryable: bool
) -> None:
    with pytest.raises(error_class) as refused:
        read(SEND, f"RES={res}").raise_for_res()
    assert refused.value.code == str(res)
    assert refused.value.definite
    assert refused.value.is_retryable is is_retryable


@pytest.mark.parametrize("rest", ["RES=0", "RES=0&", "RES=0&&", "RES=0\r\n", "RES= 0 &"])
def test_a_reply_may_end_with_an_ampersand(rest: str) -> None:
    assert read(SEND, rest).res == 0


def test_a_comma_at_the_end_of_a_list_adds_no_friend() -> None:
    assert read(LIST, "RES=0&FN=1&SN=2&UN=10001,10002,").friends == (10001, 10002)


def test_values_may_be_empty() -> None:
    info = read(GET_INFO, "RES=0&LV=&UN=106814&AG=&MV=&NK=")
    assert (info.level, info.age, info.unknown_mv, info.nickname) == (None, None, "", "")


def test_a_login_reply_may_have_unknown_fields() -> None:
    login = read(LOGIN, "RES=0&RS=0&HI=60&LI=300&COMP=1")
    assert login.fields["COMP"] == "1"
    assert login.heartbeat_seconds == 60


def test_an_escaped_comma_in_a_nickname_is_read() -> None:
    rest = "RES=0&FC=0,3,&SN=2&ST=10,30,&UN=10001,10002,&NK=a%252cb,c+d,"
    assert read(QUERY_STAT, rest).presences == (
        Presence(10001, Status.ONLINE, 0, "a,b"),
        Presence(10002, Status.BUSY, 3, "c+d"),
    )


def test_an_unescaped_comma_in_a_nickname_empties_only_the_nicknames() -> None:
    rest = "RES=0&FC=0,3,&SN=2&ST=10,30,&UN=10001,10002,&NK=a,b,c,"
    assert [p.nickname for p in read(QUERY_STAT, rest).presences] == ["", ""]
    assert [p.status for p in read(QUERY_STAT, rest).presences] == [10, 30]


def test_malformed_numbers_in_a_presence_are_none() -> None:
    [presence] = read(QUERY_STAT, "RES=0&FC=x,&ST=,&UN=10001,&NK=").presences
    assert presence == Presence(10001, None, None, "")
    assert presence.face_file is None


def test_fn_is_the_number_of_friends_only_when_tn_is_0() -> None:
    assert read(ListRequest(**COMMON, tn=0), "RES=0&FN=9").count == 9
    assert read(LIST, "RES=0&FN=1&SN=9&UN=1,2,3,4,5,6,7,8,9,").count == 9
    assert read(LIST, "RES=0&FN=1&SN=0&UN=").count == 0
    assert read(LIST, "RES=0&FN=1&UN=10001,10002,").count == 2


def test_a_friend_list_cut_at_120_is_incomplete() -> None:
    uins = ",".join(str(10000 + n) for n in range(120))
    assert not read(LIST, f"RES=0&FN=1&SN=121&UN={uins},").is_complete
    assert read(LIST, f"RES=0&FN=1&SN=120&UN={uins},").is_complete


@pytest.mark.parametrize("cd", [2, 3])
def test_cd_2_and_3_mean_a_refused_friend_request(cd: int) -> None:
    answer = read(ADD, f"RES=0&CD={cd}&UN=106814")
    assert answer.is_refused


@pytest.mark.parametrize("cd", ["0", "1", "4", ""])
def test_other_values_of_cd_do_not_mean_a_refusal(cd: str) -> None:
    assert not read(ADD, f"RES=0&CD={cd}&UN=106814").is_refused


@pytest.mark.parametrize(("face", "file"), [(270, 91), (0, 1), (2, 1), (3, 2), (141, 48)])
def test_the_face_file_is_fc_div_3_plus_1(face: int, file: int) -> None:
    assert face_file(face) == file
    assert read(GET_INFO, f"RES=0&FC={face}").face_file == file


def test_unknown_numbers_are_kept() -> None:
    info = read(GET_INFO, "RES=0&BT=77&CO=13&SH=-1&SX=2")
    assert (info.blood_type, info.constellation, info.zodiac, info.sex) == (77, 13, -1, 2)


@pytest.mark.parametrize(
    ("kind", "text", "status"),
    [
        (99, "10", Status.ONLINE),
        (99, "20 ", Status.OFFLINE),
        (99, "30", Status.BUSY),
        (99, "hello", None),
        (9, "10", None),
    ],
)
def test_a_system_message_has_the_new_status(kind: int, text: str, status: Status | None) -> None:
    assert Message(kind, 106814, text).status is status


def test_messages_of_unknown_kind_are_kept() -> None:
    rest = "RES=0&MN=2&MT=2,55,&UN=10001,10002,&MG=%E5%8A%A0+me%0d%0a%252c%26,,"
    assert read(GET_MSG, rest).messages == (
        Message(MessageKind.REQUEST, 10001, "加+me\r\n,&"),
        Message(55, 10002, ""),
    )


def test_an_unescaped_comma_in_a_single_message_is_part_of_it() -> None:
    rest = "RES=0&MN=1&MT=9,&UN=10001,&MG=stop, please,,"
    assert read(GET_MSG, rest).messages == (Message(9, 10001, "stop, please,"),)


@pytest.mark.parametrize(
    "rest",
    [
        "MN=2&MT=9,9,&UN=10001,10002,&MG=a,b,c,",
        "MN=2&MT=9,9,&UN=10001,&MG=a,b,",
        "MN=0&MT=&UN=&MG=a,",
        "MN=1&MT=x,&UN=10001,&MG=a,",
        "MN=1&MT=9,&UN=,&MG=a,",
    ],
)
def test_an_inbox_with_lists_of_different_length_is_malformed(rest: str) -> None:
    with pytest.raises(MalformedReply):
        read(GET_MSG, f"RES=0&{rest}")


@given(
    st.dictionaries(
        st.sampled_from(
            ["RES", "RS", "HI", "FN", "SN", "UN", "ST", "FC", "NK", "MT", "MN", "MG", "CD", "AG"]
        ),
        st.text(st.sampled_from("0123456789,-%2cx \n１")),
    )
)
@example({"RES": "0", "UN": ",,"})
@example({"RES": "0", "UN": "9" * 400})
def test_any_reply_raises_only_malformed_reply(fields: dict[str, str]) -> None:
    rest = "&".join(f"{key}={value}" for key, value in fields.items())
    for request, _ in REQUESTS.values():
        try:
            found = read(request, rest)
        except MalformedReply:
            continue
        assert found.res == int(fields["RES"])

"""Every request and reply of the reference, as test cases.

Placeholders of the reference (``SEQ=&UIN=``, 标记, QQ号) and its dots are filled in. Line breaks of
the layout are removed. Everything else is unchanged, a ``&`` or ``,`` at the end included.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from qqhttp import (
    AckAddToList,
    AddToList,
    ChangeStat,
    CltMsg,
    DelFromList,
    Finger,
    GetInfo,
    GetMsgEx,
    List,
    Login,
    Logout,
    Message,
    Presence,
    QueryStat,
    Request,
    Sex,
    Zodiac,
    password_digest,
)

ME = 29501213
PEER = 106814
PS = password_digest("secret")

COMMON: dict[str, Any] = {"seq": 7, "uin": ME}
HEAD = f"SEQ=7&UIN={ME}"

LOGIN = Login(**COMMON, ps=PS)
LOGOUT = Logout(**COMMON)
LIST = List(**COMMON)
QUERY_STAT = QueryStat(**COMMON)
GET_INFO = GetInfo(**COMMON, lv=2, un=PEER)
ADD = AddToList(**COMMON, un=PEER)
ACK = AckAddToList(**COMMON, un=PEER, cd=2, rs="hi")
DELETE = DelFromList(**COMMON, un=PEER)
FINGER = Finger(**COMMON, ag=19, sx=1, pv="江苏")
CHANGE = ChangeStat(**COMMON, st=30)
GET_MSG = GetMsgEx(**COMMON)
SEND = CltMsg(**COMMON, un=PEER, mg="hi")

REQUESTS: dict[str, tuple[Request[Any], str]] = {
    "login": (LOGIN, f"CMD=Login&{HEAD}&PS={PS}&M5=1&LC=9326B87B234E7235"),
    "list": (LIST, f"CMD=List&{HEAD}&TN=160&UN=0"),
    "query stat": (QUERY_STAT, f"CMD=Query_Stat&{HEAD}&TN=50&UN=0"),
    "get info": (GET_INFO, f"CMD=GetInfo&{HEAD}&LV=2&UN={PEER}"),
    "add": (ADD, f"CMD=AddToList&{HEAD}&UN={PEER}"),
    "ack": (ACK, f"CMD=Ack_AddToList&{HEAD}&UN={PEER}&CD=2&RS=hi"),
    "delete": (DELETE, f"CMD=DelFromList&{HEAD}&UN={PEER}"),
    "finger": (FINGER, f"CMD=Finger&{HEAD}&AG=19&SX=1&PV=%E6%B1%9F%E8%8B%8F"),
    "change status": (CHANGE, f"CMD=Change_Stat&{HEAD}&ST=30"),
    "get messages": (GET_MSG, f"CMD=GetMsgEx&{HEAD}"),
    "send": (SEND, f"CMD=CLTMSG&{HEAD}&UN={PEER}&MG=hi"),
    "logout": (LOGOUT, f"CMD=Logout&{HEAD}"),
}


@dataclass(frozen=True)
class Case:
    """A reply of the reference: its request, its body, the expected attributes and error code."""

    request: Request[Any]
    body: str
    expected: dict[str, Any] = field(default_factory=dict)
    code: str | None = None


def reply(command: str, rest: str) -> str:
    """Return the body of a reply to `COMMON`."""
    return f"VER=1.1&CMD={command}&{HEAD}&{rest}"


ADDRESS = (
    "AD=地址&AG=19&{bt}EM=hackfan@qq.com&FC=0&HP=http://blog.hackfan.net&{id}JB=学生&LV={lv}&{mo}"
    "PC=邮编&PH=电话&PR=The guy is updating to .NET Frameword......&PV=江苏&RN=胡吉阳&SC=毕业院校&"
    "{sh}SX=0&UN=106814&NK=Hackfan 好"
)
NORMAL = ADDRESS.format(bt="", id="", lv=2, mo="", sh="")
DETAILED = ADDRESS.format(
    bt="BT=2&CO=6&CT=苏州&CV=%01&CY=中华人民共和国&",
    id="ID=-&",
    lv=3,
    mo="MO=136********&MT=0&MV=&",
    sh="SH=3&",
)
PERSON: dict[str, Any] = {
    "address": "地址",
    "age": 19,
    "email": "hackfan@qq.com",
    "face": 0,
    "face_file": 1,
    "homepage": "http://blog.hackfan.net",
    "occupation": "学生",
    "postcode": "邮编",
    "phone": "电话",
    "profile": "The guy is updating to .NET Frameword......",
    "province": "江苏",
    "real_name": "胡吉阳",
    "school": "毕业院校",
    "sex": Sex.MALE,
    "uin": PEER,
    "nickname": "Hackfan 好",
}

REPLIES: dict[str, Case] = {
    "login, first write-up": Case(
        LOGIN,
        reply("Login", "RES=0&RS=0&HI=60&LI=300"),
        {"rs": 0, "heartbeat_seconds": 60, "idle_seconds": 300},
    ),
    "login refused, first write-up": Case(
        LOGIN, reply("Login", "RES=0&RS=1&RA=登录失败"), {"rs": 1, "ra": "登录失败"}, "RS_1"
    ),
    "login": Case(
        LOGIN,
        reply("LOGIN", "RES=0&RS=0&HI=60&LI=300"),
        {"rs": 0, "heartbeat_seconds": 60, "idle_seconds": 300},
    ),
    "login, wrong password": Case(
        LOGIN, reply("LOGIN", "RES=0&RS=1&RA=密码错误"), {"rs": 1, "ra": "密码错误"}, "RS_1"
    ),
    "login, illegal number": Case(LOGIN, reply("LOGIN", "RES=5"), {"rs": None}, "5"),
    "list, first write-up": Case(
        LIST,
        reply("LIST", "RES=0&FN=1&SN=24&UN=561256,1943497,"),
        {"friends": (561256, 1943497), "count": 24, "is_complete": False},
    ),
    "list, TN=0": Case(
        List(**COMMON, tn=0), reply("LIST", "RES=0&FN=9"), {"friends": (), "count": 9}
    ),
    "list": Case(
        LIST,
        reply("LIST", "RES=0&FN=1&SN=1&UN=3814526,"),
        {"friends": (3814526,), "count": 1, "is_complete": True},
    ),
    "list, not logged in": Case(LIST, reply("LIST", "RES=20"), {"friends": ()}, "20"),
    "query stat, first write-up": Case(
        QUERY_STAT,
        f"VER=1.1&CMD=QUERY_STAT&SEQ=-1&UIN={ME}&RES=0&FC=141,270,270,&FN=1&SN=3&ST=10,10,10,&UN=",
        {"presences": (), "count": 3},
    ),
    "query stat": Case(
        QUERY_STAT,
        reply("QUERY_STAT", "RES=0&FC=0,&FN=1&SN=1&ST=10,&UN=106814,&NK=Hackfan 好,"),
        {"presences": (Presence(PEER, 10, 0, "Hackfan 好"),), "count": 1},
    ),
    "query stat, TN=0, second answer": Case(
        QUERY_STAT,
        reply("QUERY_STAT", "RES=0&FC=&FN=1&SN=0&ST=&UN=&NK="),
        {"presences": (), "count": 0},
    ),
    "query stat, not logged in": Case(QUERY_STAT, reply("QUERY_STAT", "RES=20"), {}, "20"),
    "get info, first write-up": Case(
        GET_INFO,
        reply(
            "GETINFO",
            "RES=0&AD=云南昆明&AG=0&EM=Microprogramer@hotmail.com&FC=270&"
            "HP=msger.org(建设中...)&JB=程序员&LV=2&PC=650000&PH=0871-6466529&"
            "PR=网络为媒%252c关系为本%252c信息为财%252c客户为主.%0d%0a&PV=云南省&RN=刘X&"
            "SC=社会大学&SX=0&UN=24259132&NK=微程",
        ),
        {
            "address": "云南昆明",
            "age": 0,
            "face": 270,
            "face_file": 91,
            "homepage": "msger.org(建设中...)",
            "profile": "网络为媒,关系为本,信息为财,客户为主.\r\n",
            "school": "社会大学",
            "uin": 24259132,
            "nickname": "微程",
        },
    ),
    "get info, brief": Case(
        GET_INFO,
        reply("GETINFO", "RES=0&LV=0&UN=106814&NK=Hackfan 好"),
        {"level": 0, "uin": PEER, "nickname": "Hackfan 好", "age": None, "address": ""},
    ),
    "get info, normal": Case(GET_INFO, reply("GETINFO", f"RES=0&{NORMAL}"), {**PERSON, "level": 2}),
    "get info, detailed": Case(
        GET_INFO,
        reply("GETINFO", f"RES=0&{DETAILED}"),
        {
            **PERSON,
            "level": 3,
            "blood_type": 2,
            "constellation": 6,
            "city": "苏州",
            "country": "中华人民共和国",
            "mobile": "136********",
            "zodiac": Zodiac.TIGER,
            "unknown_cv": "\x01",
            "unknown_id": "-",
            "unknown_mt": "0",
            "unknown_mv": "",
        },
    ),
    "get info, not logged in": Case(GET_INFO, reply("GETINFO", "RES=20"), {"uin": None}, "20"),
    "add, first write-up": Case(
        ADD, reply("AddToList", "RES=0&CD=0&UN=24259132"), {"consent": 0, "uin": 24259132}
    ),
    "add, added": Case(
        ADD, reply("AddToList", f"RES=0&CD=0&UN={PEER}"), {"consent": 0, "is_refused": False}
    ),
    "add, to be asked": Case(
        ADD, reply("AddToList", f"RES=0&CD=1&UN={PEER}"), {"consent": 1, "is_refused": False}
    ),
    "add, refused": Case(
        ADD, reply("AddToList", f"RES=0&CD=2&UN={PEER}"), {"consent": 2, "is_refused": True}
    ),
    "add, not logged in": Case(ADD, reply("AddToList", "RES=20"), {"consent": None}, "20"),
    "ack, first write-up": Case(ACK, reply("Ack_AddToList", "RES=0&")),
    "ack": Case(ACK, reply("Ack_AddToList", "RES=0")),
    "ack, the one that is lost": Case(ACK, reply("Ack_AddToList", "RES=3"), {}, "3"),
    "ack, not logged in": Case(ACK, reply("Ack_AddToList", "RES=20"), {}, "20"),
    "delete": Case(DELETE, reply("DelFromList", "RES=0&")),
    "delete, repeated": Case(DELETE, reply("DelFromList", "RES=3"), {}, "3"),
    "delete, not logged in": Case(DELETE, reply("DelFromList", "RES=20"), {}, "20"),
    "change status": Case(CHANGE, reply("Change_Stat", "RES=0&")),
    "change status, too fast": Case(CHANGE, reply("Change_Stat", "RES=3"), {}, "3"),
    "change status, not logged in": Case(CHANGE, reply("Change_Stat", "RES=20"), {}, "20"),
    "get messages, first write-up": Case(
        GET_MSG,
        reply(
            "GETMSGEX",
            "RES=0&MN=3&MT=99,9,9,&UN=24259132,24259132,24259132,"
            "&MG=30 ,asdfasdfasdfasdf ,asdfasdfasdf ,&",
        ),
        {
            "messages": (
                Message(99, 24259132, "30 "),
                Message(9, 24259132, "asdfasdfasdfasdf "),
                Message(9, 24259132, "asdfasdfasdf "),
            )
        },
    ),
    "get messages": Case(
        GET_MSG,
        reply(
            "GETMSGEX",
            "RES=0&MN=4&MT=99,99,99,9,&UN=36791785,99833581,99833581,106814,&MG=20,30,10,hi ,",
        ),
        {
            "messages": (
                Message(99, 36791785, "20"),
                Message(99, 99833581, "30"),
                Message(99, 99833581, "10"),
                Message(9, PEER, "hi "),
            )
        },
    ),
    "get messages, none": Case(
        GET_MSG, reply("GETMSGEX", "RES=0&MN=0&MT=&UN=&MG="), {"messages": ()}
    ),
    "get messages, not logged in": Case(
        GET_MSG, reply("GETMSGEX", "RES=20"), {"messages": ()}, "20"
    ),
    "send, first write-up": Case(SEND, reply("CLTMSG", "RES=0")),
    "send": Case(SEND, reply("CLTMSG", "RES=0&")),
    "send, too fast": Case(SEND, reply("CLTMSG", "RES=3"), {}, "3"),
    "send, not logged in": Case(SEND, reply("CLTMSG", "RES=20"), {}, "20"),
    "logout": Case(LOGOUT, reply("LOGOUT", "RES=0")),
}

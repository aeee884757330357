"""The protocol's enumerations, with labels in Chinese and English.

An unknown number in a reply is not an error: replies keep plain integers, which compare equal to
the members here.

Source: the reference's second write-up, under GetInfo, Query_Stat, AddToList and GetMsgEx.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class Labelled(IntEnum):
    """An integer with labels in Chinese (`zh`, from the reference) and English (`en`)."""

    zh: str
    en: str

    def __new__(cls, value: int, zh: str = "", en: str = "") -> Self:
        """Make a member that equals `value` and has its labels."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.zh = zh
        member.en = en
        return member


def known(labels: type[Labelled], value: int | None) -> int | None:
    """Return the member with this value, or `value` itself if there is none."""
    return next((member for member in labels if member == value), value)


class Status(Labelled):
    """ST: an account's status. Others see INVISIBLE as OFFLINE."""

    ONLINE = 10, "上线", "online"
    OFFLINE = 20, "离线", "offline"
    BUSY = 30, "忙碌", "busy"
    INVISIBLE = 40, "隐身", "invisible"


class Sex(Labelled):
    """SX: the sex."""

    MALE = 0, "男", "male"
    FEMALE = 1, "女", "female"


class BloodType(Labelled):
    """BT: the blood type."""

    UNSET = 0
    A = 1, "A型", "A"
    B = 2, "B型", "B"
    O = 3, "O型", "O"  # noqa: E741 -- the blood type's name
    AB = 4, "AB型", "AB"
    OTHER = 5, "其他", "other"


class Constellation(Labelled):
    """CO: the sign of the zodiac, counted from Aquarius."""

    UNSET = 0
    AQUARIUS = 1, "水瓶座", "Aquarius"
    PISCES = 2, "双鱼座", "Pisces"
    ARIES = 3, "牡羊座", "Aries"
    TAURUS = 4, "金牛座", "Taurus"
    GEMINI = 5, "双子座", "Gemini"
    CANCER = 6, "巨蟹座", "Cancer"
    LEO = 7, "狮子座", "Leo"
    VIRGO = 8, "处女座", "Virgo"
    LIBRA = 9, "天秤座", "Libra"
    SCORPIO = 10, "天蝎座", "Scorpio"
    SAGITTARIUS = 11, "射手座", "Sagittarius"
    CAPRICORN = 12, "摩羯座", "Capricorn"


class Zodiac(Labelled):
    """SH: the animal of the year of birth."""

    UNSET = 0
    RAT = 1, "鼠", "rat"
    OX = 2, "牛", "ox"
    TIGER = 3, "虎", "tiger"
    RABBIT = 4, "兔", "rabbit"
    DRAGON = 5, "龙", "dragon"
    SNAKE = 6, "蛇", "snake"
    HORSE = 7, "马", "horse"
    GOAT = 8, "羊", "goat"
    MONKEY = 9, "猴", "monkey"
    ROOSTER = 10, "鸡", "rooster"
    DOG = 11, "狗", "dog"
    PIG = 12, "猪", "pig"


class MessageKind(Labelled):
    """MT: the kind of an inbox message."""

    REQUEST = 2, "请求信息", "asks to be a friend"
    ACCEPTED = 3, "通过验证", "accepted the request"
    REJECTED = 4, "拒绝被加好友", "rejected the request"
    USER = 9, "用户消息", "message"
    SYSTEM = 99, "系统消息", "change of status"


class Consent(Labelled):
    """CD in the reply to AddToList. Two values mean a refusal, because the write-ups differ."""

    ADDED = 0, "允许任何人把我列为好友", "added at once"
    NEEDS_VERIFICATION = 1, "需要身份证认才能把我列为好友", "has to be asked"
    REFUSED = 2, "决绝被加为好友", "refuses all requests"
    REFUSED_TOO = 3, "不允许任何人把我列为好友", "refuses all requests"


class Verdict(Labelled):
    """CD of an Ack_AddToList request. Any other value has a penalty of 20 s."""

    ACCEPT = 0, "通过验证", "accept"
    REJECT = 1, "拒决加为对方为好友", "reject"
    ASK = 2, "为请求对方加为好友", "ask to be a friend"


def face_file(face: int) -> int:
    """Return the number of a face's picture file: FC=270 is 91.bmp (reference, Query_Stat)."""
    return face // 3 + 1

"""The profile of every UIN, computed from the number, so nothing is stored.

Two simulators give the same profile, and a test can compute what a reply must contain.
"""

from typing import Final

ONLINE: Final = 10
OFFLINE: Final = 20
BUSY: Final = 30
INVISIBLE: Final = 40

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = ("伟", "芳", "秀英", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟",
          "涛", "明", "超", "秀兰", "霞", "平", "刚", "桂英", "晓东")  # fmt: skip
# Some nicknames have commas, escapes, a plus or emoji: each has broken a parser before.
_NICKNAMES = ("小{given}", "{surname}{given}", "春风,十里,不如你", "阿{given}😀", "{given}&朋友",
              "100%{given}", "Hackfan 好", "a+b={given}", "🌸{given}🌸", "{surname}老师",
              "快乐,每一天", "{given}")  # fmt: skip
_CITIES = (("北京", "北京"), ("上海", "上海"), ("广东", "广州"), ("广东", "深圳"), ("浙江", "杭州"),
           ("江苏", "苏州"), ("江苏", "南京"), ("四川", "成都"), ("湖北", "武汉"), ("陕西", "西安"),
           ("云南", "昆明"))  # fmt: skip
_JOBS = ("学生", "程序员", "教师", "医生", "工程师", "设计师", "会计")
_SCHOOLS = ("社会大学", "南京大学", "云南大学", "浙江大学", "武汉大学")
_STATUSES = (ONLINE, ONLINE, ONLINE, ONLINE, OFFLINE, OFFLINE, BUSY)


def real_name(uin: int) -> str:
    """Return a Chinese name, for example 张秀英."""
    return _SURNAMES[uin % len(_SURNAMES)] + _GIVEN[uin // 7 % len(_GIVEN)]


def nickname(uin: int) -> str:
    """Return the nickname (NK); one in six has a comma in it, one in six an emoji."""
    name = real_name(uin)
    return _NICKNAMES[uin % len(_NICKNAMES)].format(surname=name[0], given=name[1:])


def province_and_city(uin: int) -> tuple[str, str]:
    """Return the province (PV) and the city (CT)."""
    return _CITIES[uin // 3 % len(_CITIES)]


def face(uin: int) -> int:
    """Return the face (FC). The number of its picture file is FC // 3 + 1."""
    return uin % 91 * 3


def usual_status(uin: int) -> int:
    """Return the initial status of a person without an account; the control API can change it."""
    return _STATUSES[uin % len(_STATUSES)]


def consent_code(uin: int, *, refuse_code: int) -> int:
    """Return CD of AddToList: 0 accepts at once, 1 must be asked, `refuse_code` refuses."""
    return (0, 0, 0, 1, 1, refuse_code)[uin % 6]


def age(uin: int) -> int:
    """Return the age in years (AG), 16 to 65."""
    return 16 + uin % 50


def sex(uin: int) -> int:
    """Return the sex (SX): 0 male, 1 female."""
    return uin // 2 % 2


def profile(uin: int) -> dict[str, str]:
    """Return every field of a detailed GetInfo (reference (4), LV=3) except LV, UN and NK."""
    province, city = province_and_city(uin)
    return {
        "AD": f"{city}市人民路{uin % 300 + 1}号",
        "AG": str(age(uin)),
        "BT": str(uin % 6),
        "CO": str(uin % 13),
        "CT": city,
        "CV": "\x01",
        "CY": "中华人民共和国",
        "EM": f"{uin}@qq.com",
        "FC": str(face(uin)),
        "HP": f"http://user.example/{uin}",
        "ID": "-",
        "JB": _JOBS[uin % len(_JOBS)],
        "MO": "136********",
        "MT": "0",
        "MV": "",
        "PC": f"{uin % 900000 + 100000}",
        "PH": f"0{uin % 900 + 100}-6466529",
        "PR": "网络为媒,关系为本,信息为财,客户为主.\r\n",
        "PV": province,
        "RN": real_name(uin),
        "SC": _SCHOOLS[uin % len(_SCHOOLS)],
        "SH": str(uin % 13),
        "SX": str(sex(uin)),
    }

"""One handler a command, each by its section of the reference (研究成果, the second write-up)."""

import re
from collections.abc import Callable
from typing import Final

from qqhttp.simulator import people
from qqhttp.simulator.answers import NULL, Answer, done, illegal, not_logged_in
from qqhttp.simulator.friendship import acknowledge, add_friend, delete_friend
from qqhttp.simulator.sending import send_message
from qqhttp.simulator.wire import Call, escape, escape_list, is_legal_uin
from qqhttp.simulator.world import World

LOGIN_CONSTANT: Final = b"9326B87B234E7235"
WRONG_DIGEST: Final = "密码错误"  # RA, as in (1)
_INBOX_PAGE: Final = 500
_FOUND: Final = 20
_STRANGERS: Final = range(30_000_001, 30_005_001)  # whom Finger looks through
_NUMBER = re.compile(r"\d*")

# The fields of GetInfo by level, in the order in which the reference prints them.
_USUAL: Final = ("AD", "AG", "EM", "FC", "HP", "JB", "LV", "PC", "PH", "PR", "PV", "RN", "SC",
                 "SX", "UN", "NK")  # fmt: skip
_DETAILED: Final = ("AD", "AG", "BT", "CO", "CT", "CV", "CY", "EM", "FC", "HP", "ID", "JB", "LV",
                    "MO", "MT", "MV", "PC", "PH", "PR", "PV", "RN", "SC", "SH", "SX", "UN",
                    "NK")  # fmt: skip


def _log_in(world: World, call: Call, address: str) -> Answer:
    """Login, (1): NULL without PS or with another LC, 5 for an illegal UIN, RS=1 with its RA."""
    digest = call.text(b"PS")
    if not digest or call.fields.get(b"LC", b"").strip() != LOGIN_CONSTANT:
        return NULL
    if not is_legal_uin(call.uin):
        return illegal(call)
    account = world.accounts.get(call.uin)
    refusal = WRONG_DIGEST
    if account is not None and account.digest == digest:
        refusal = account.refusal
        if not refusal:
            world.begin_session(account, address)
            settings = world.settings
            extra = f"&{settings.login_extra}" if settings.login_extra else ""
            return done(call, f"0&RS=0&HI={settings.heartbeat}&LI={settings.idle:.0f}{extra}")
    world.logins["refused"] += 1
    return Answer(call.reply(f"0&RS=1&RA={escape(refusal)}"), "RS_1")


def _log_out(world: World, call: Call, address: str) -> Answer:
    """Logout, (11): always RES=0, logged in or not."""
    account = world.online(call.uin, address)
    if account is not None:
        world.end_session(account)
    return done(call)


def _list_friends(world: World, call: Call, address: str) -> Answer:
    """List, (2): FN is the number of friends without TN or with TN=0, else the constant 1."""
    wanted = _optional_number(call, b"TN")
    if wanted is None or _optional_number(call, b"UN") is None:
        return NULL
    account = world.online(call.uin, address)
    if account is None:
        return not_logged_in(call)
    if not wanted:
        return done(call, f"0&FN={len(account.friends)}")
    names = [str(uin) for uin in account.friends]
    shown = names[: world.settings.list_cut or None]
    # SN is the number of friends, (2): a client can see that a list was cut.
    return done(call, f"0&FN=1&SN={len(names)}&UN={escape_list(shown)}")


def _list_present(world: World, call: Call, address: str) -> Answer:
    """Query_Stat, (3): who of the friends is online; answers twice with TN=0 or without TN."""
    wanted = _optional_number(call, b"TN")
    if wanted is None or _optional_number(call, b"UN") is None:
        return NULL
    account = world.online(call.uin, address)
    if account is None:
        return not_logged_in(call)
    present = [uin for uin in account.friends if world.status(uin) != people.OFFLINE]
    if wanted:
        return done(call, _presences(world, present))
    return Answer(
        call.reply(f"0&FN={len(present)}"), "0", second=call.reply("0&FC=&FN=1&SN=0&ST=&UN=&NK=")
    )


def _presences(world: World, uins: list[int]) -> str:
    faces = escape_list([str(people.face(uin)) for uin in uins])
    statuses = escape_list([str(world.status(uin)) for uin in uins])
    numbers = escape_list([str(uin) for uin in uins])
    names = escape_list([people.nickname(uin) for uin in uins])
    return f"0&FC={faces}&FN=1&SN={len(uins)}&ST={statuses}&UN={numbers}&NK={names}"


def _get_info(world: World, call: Call, address: str) -> Answer:
    """GetInfo, (4): level 0 and 1 tell the nickname, 2 the usual, 3 and more everything."""
    un, level = call.number(b"UN"), call.number(b"LV")
    if un is None or level is None:
        return NULL
    if not is_legal_uin(un):
        return illegal(call)
    if world.online(call.uin, address) is None:
        return not_logged_in(call)
    known = {**people.particulars(un), "LV": str(level), "UN": str(un), "NK": people.nickname(un)}
    keys = ("LV", "UN", "NK") if level < 2 else _USUAL if level == 2 else _DETAILED
    return done(call, "0&" + "&".join(f"{key}={escape(known[key])}" for key in keys))


def _find_people(world: World, call: Call, address: str) -> Answer:
    """Finger (request known, reply not): people by age, sex and province, told like Query_Stat."""
    age, sex, province = call.text(b"AG"), call.text(b"SX"), call.text(b"PV")
    if age is None or sex is None or province is None:
        return NULL
    if not (_NUMBER.fullmatch(age) and _NUMBER.fullmatch(sex)):
        return NULL
    if world.online(call.uin, address) is None:
        return not_logged_in(call)
    found = [
        uin
        for uin in _STRANGERS
        if age in {"", str(people.age(uin))}
        and sex in {"", str(people.sex(uin))}
        and province in {"", people.province_and_city(uin)[0]}
    ]
    return done(call, _presences(world, found[:_FOUND]))


def _change_status(world: World, call: Call, address: str) -> Answer:
    """Change_Stat, (7): an unknown status is NULL; too often is RES=3 after the penalty."""
    status = call.number(b"ST")
    if status not in {people.ONLINE, people.OFFLINE, people.BUSY, people.INVISIBLE}:
        return NULL
    account = world.online(call.uin, address)
    if account is None:
        return not_logged_in(call)
    settings, now = world.settings, world.clock()
    if now - account.changed_at < settings.change_interval:
        return Answer(call.reply("3"), "3", settings.penalty)
    account.changed_at = now
    world.set_status(call.uin, status)
    return done(call, "0&")


def _get_messages(world: World, call: Call, address: str) -> Answer:
    """GetMsgEx, (9): what waits, handed over once. A user's text ends in a space, as in (9)."""
    account = world.online(call.uin, address)
    if account is None:
        return not_logged_in(call)
    inbox = account.inbox
    items = [inbox.popleft() for _ in range(min(len(inbox), _INBOX_PAGE))]
    kinds = escape_list([str(item.kind) for item in items])
    senders = escape_list([str(item.sender) for item in items])
    texts = escape_list([f"{item.text} " if item.kind == 9 else item.text for item in items])
    return done(call, f"0&MN={len(items)}&MT={kinds}&UN={senders}&MG={texts}")


def _optional_number(call: Call, key: bytes) -> int | None:
    """Return 0 for an absent or empty field, None for one that is no number (NULL)."""
    return call.number(key) if call.fields.get(key) else 0


Handler = Callable[[World, Call, str], Answer]

HANDLERS: Final[dict[str, Handler]] = {
    "Login": _log_in,
    "Logout": _log_out,
    "List": _list_friends,
    "Query_Stat": _list_present,
    "GetInfo": _get_info,
    "AddToList": add_friend,
    "Ack_AddToList": acknowledge,
    "DelFromList": delete_friend,
    "Finger": _find_people,
    "Change_Stat": _change_status,
    "GetMsgEx": _get_messages,
    "CLTMSG": send_message,
}


def answer(world: World, call: Call, address: str) -> Answer:
    """Do what a request asks and return the answer, counted but not yet sent."""
    result = HANDLERS[call.command](world, call, address)
    world.results[call.command, result.code] += 1
    return result

"""One handler per command, each with its section of the reference (研究成果, second write-up)."""

import re
from collections.abc import Callable
from typing import Final

from qqhttp.simulator import profiles
from qqhttp.simulator.accounts import InboxKind
from qqhttp.simulator.codec import GatewayRequest, escape, escape_list, is_legal_uin
from qqhttp.simulator.friend_handlers import acknowledge, add_friend, delete_friend
from qqhttp.simulator.message_handler import send_message
from qqhttp.simulator.responses import (
    NULL,
    Response,
    accepted,
    illegal_uin,
    not_logged_in,
    too_fast,
)
from qqhttp.simulator.state import GatewayState

LOGIN_CONSTANT: Final = b"9326B87B234E7235"
WRONG_DIGEST: Final = "密码错误"  # RA in (1)
_MAX_INBOX_ITEMS: Final = 500  # in one reply to GetMsgEx
_MAX_FOUND: Final = 20  # in one reply to Finger
_SEARCHED: Final = range(30_000_001, 30_005_001)  # the UINs that Finger searches
_NUMBER = re.compile(r"\d*")

# The fields of GetInfo by level, in the order in which the reference prints them.
_NORMAL: Final = ("AD", "AG", "EM", "FC", "HP", "JB", "LV", "PC", "PH", "PR", "PV", "RN", "SC",
                  "SX", "UN", "NK")  # fmt: skip
_DETAILED: Final = ("AD", "AG", "BT", "CO", "CT", "CV", "CY", "EM", "FC", "HP", "ID", "JB", "LV",
                    "MO", "MT", "MV", "PC", "PH", "PR", "PV", "RN", "SC", "SH", "SX", "UN",
                    "NK")  # fmt: skip


def handle(state: GatewayState, request: GatewayRequest, address: str) -> Response:
    """Carry out a request from `address`, count its result and return the response."""
    response = _HANDLERS[request.command](state, request, address)
    state.results[request.command, response.code] += 1
    return response


def _log_in(state: GatewayState, request: GatewayRequest, address: str) -> Response:
    """Login, (1): NULL without PS or with another LC, RS=1 with RA for a refused login."""
    digest = request.text(b"PS")
    if not digest or request.fields.get(b"LC", b"").strip() != LOGIN_CONSTANT:
        return NULL
    if not is_legal_uin(request.uin):
        return illegal_uin(request)
    account = state.accounts.get(request.uin)
    refusal = WRONG_DIGEST
    if account is not None and account.digest == digest:
        refusal = account.refusal
        if not refusal:
            state.begin_session(account, address)
            settings = state.settings
            extra = f"&{settings.login_extra}" if settings.login_extra else ""
            tail = f"0&RS=0&HI={settings.heartbeat}&LI={settings.idle:.0f}{extra}"
            return accepted(request, tail)
    state.logins["refused"] += 1
    return Response(request.reply(f"0&RS=1&RA={escape(refusal)}"), "RS_1")


def _log_out(state: GatewayState, request: GatewayRequest, address: str) -> Response:
    """Logout, (11): always RES=0, with or without a session."""
    account = state.active_session(request.uin, address)
    if account is not None:
        state.end_session(account)
    return accepted(request)


def _list_friends(state: GatewayState, request: GatewayRequest, address: str) -> Response:
    """List, (2): FN is the number of friends if TN is missing or 0, otherwise the constant 1."""
    wanted = _optional_number(request, b"TN")
    if wanted is None or _optional_number(request, b"UN") is None:
        return NULL
    account = state.active_session(request.uin, address)
    if account is None:
        return not_logged_in(request)
    if not wanted:
        return accepted(request, f"0&FN={len(account.friends)}")
    uins = [str(uin) for uin in account.friends]
    shown = uins[: state.settings.list_cut or None]
    # SN is the full number of friends (2), so that a client can detect a cut list.
    return accepted(request, f"0&FN=1&SN={len(uins)}&UN={escape_list(shown)}")


def _list_online_friends(state: GatewayState, request: GatewayRequest, address: str) -> Response:
    """Query_Stat, (3): the friends who are online. Answered twice if TN is missing or 0."""
    wanted = _optional_number(request, b"TN")
    if wanted is None or _optional_number(request, b"UN") is None:
        return NULL
    account = state.active_session(request.uin, address)
    if account is None:
        return not_logged_in(request)
    online = [uin for uin in account.friends if state.status(uin) != profiles.OFFLINE]
    if wanted:
        return accepted(request, _presences(state, online))
    second = request.reply("0&FC=&FN=1&SN=0&ST=&UN=&NK=")
    return Response(request.reply(f"0&FN={len(online)}"), "0", second_body=second)


def _presences(state: GatewayState, uins: list[int]) -> str:
    faces = escape_list([str(profiles.face(uin)) for uin in uins])
    statuses = escape_list([str(state.status(uin)) for uin in uins])
    numbers = escape_list([str(uin) for uin in uins])
    names = escape_list([profiles.nickname(uin) for uin in uins])
    return f"0&FC={faces}&FN=1&SN={len(uins)}&ST={statuses}&UN={numbers}&NK={names}"


def _get_info(state: GatewayState, request: GatewayRequest, address: str) -> Response:
    """GetInfo, (4): the nickname at LV=0 and 1, the normal fields at 2, all fields from 3 on."""
    un, level = request.number(b"UN"), request.number(b"LV")
    if un is None or level is None:
        return NULL
    if not is_legal_uin(un):
        return illegal_uin(request)
    if state.active_session(request.uin, address) is None:
        return not_logged_in(request)
    known = {**profiles.profile(un), "LV": str(level), "UN": str(un), "NK": profiles.nickname(un)}
    keys = ("LV", "UN", "NK") if level < 2 else _NORMAL if level == 2 else _DETAILED
    return accepted(request, "0&" + "&".join(f"{key}={escape(known[key])}" for key in keys))


def _find_people(state: GatewayState, request: GatewayRequest, address: str) -> Response:
    """Finger: people by age, sex and province.

    The reference has no reply to it; this one has the fields of a reply to Query_Stat.
    """
    age, sex, province = request.text(b"AG"), request.text(b"SX"), request.text(b"PV")
    if age is None or sex is None or province is None:
        return NULL
    if not (_NUMBER.fullmatch(age) and _NUMBER.fullmatch(sex)):
        return NULL
    if state.active_session(request.uin, address) is None:
        return not_logged_in(request)
    found = [
        uin
        for uin in _SEARCHED
        if age in {"", str(profiles.age(uin))}
        and sex in {"", str(profiles.sex(uin))}
        and province in {"", profiles.province_and_city(uin)[0]}
    ]
    return accepted(request, _presences(state, found[:_MAX_FOUND]))


def _change_status(state: GatewayState, request: GatewayRequest, address: str) -> Response:
    """Change_Stat, (7): NULL for an unknown status, RES=3 after the penalty if too frequent."""
    status = request.number(b"ST")
    if status not in {profiles.ONLINE, profiles.OFFLINE, profiles.BUSY, profiles.INVISIBLE}:
        return NULL
    account = state.active_session(request.uin, address)
    if account is None:
        return not_logged_in(request)
    settings, now = state.settings, state.clock()
    if now - account.changed_at < settings.change_interval:
        return too_fast(request, settings.penalty)
    account.changed_at = now
    state.set_status(request.uin, status)
    return accepted(request, "0&")


def _get_messages(state: GatewayState, request: GatewayRequest, address: str) -> Response:
    """GetMsgEx, (9): the inbox, each item once. A person's text ends in a space, as in (9)."""
    account = state.active_session(request.uin, address)
    if account is None:
        return not_logged_in(request)
    inbox = account.inbox
    items = [inbox.popleft() for _ in range(min(len(inbox), _MAX_INBOX_ITEMS))]
    kinds = escape_list([str(int(item.kind)) for item in items])
    senders = escape_list([str(item.sender) for item in items])
    texts = escape_list(
        [f"{item.text} " if item.kind == InboxKind.MESSAGE else item.text for item in items]
    )
    return accepted(request, f"0&MN={len(items)}&MT={kinds}&UN={senders}&MG={texts}")


def _optional_number(request: GatewayRequest, key: bytes) -> int | None:
    """Return a number: 0 if the field is missing or empty, None if it is not a number."""
    return request.number(key) if request.fields.get(key) else 0


_HANDLERS: Final[dict[str, Callable[[GatewayState, GatewayRequest, str], Response]]] = {
    "Login": _log_in,
    "Logout": _log_out,
    "List": _list_friends,
    "Query_Stat": _list_online_friends,
    "GetInfo": _get_info,
    "AddToList": add_friend,
    "Ack_AddToList": acknowledge,
    "DelFromList": delete_friend,
    "Finger": _find_people,
    "Change_Stat": _change_status,
    "GetMsgEx": _get_messages,
    "CLTMSG": send_message,
}

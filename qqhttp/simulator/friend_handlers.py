"""Handlers of AddToList, Ack_AddToList and DelFromList (reference 研究成果 (5), 发送验证, (6))."""

from typing import Final

from qqhttp.simulator import profiles
from qqhttp.simulator.accounts import Account, InboxItem, InboxKind
from qqhttp.simulator.codec import GatewayRequest, is_legal_uin
from qqhttp.simulator.responses import (
    NULL,
    Response,
    accepted,
    illegal_uin,
    not_logged_in,
    too_fast,
)
from qqhttp.simulator.state import GatewayState

# CD of Ack_AddToList.
_ACCEPT: Final = 0
_REFUSE: Final = 1
_ASK: Final = 2
# CD of the reply to AddToList.
_ADDED: Final = 0
_MUST_BE_ASKED: Final = 1


def add_friend(state: GatewayState, request: GatewayRequest, address: str) -> Response:
    """AddToList: add a friend if the person allows it.

    CD of the reply: 0 if the person is a friend now, 1 if the person has to be asked with
    Ack_AddToList, another number if the person refuses all requests.
    """
    un = request.number(b"UN")
    if un is None:
        return NULL
    if not is_legal_uin(un):
        return illegal_uin(request)
    account = state.active_session(request.uin, address)
    if account is None:
        return not_logged_in(request)
    if un in account.friends:
        code = _ADDED
    elif un in state.accounts:
        code = _MUST_BE_ASKED
    else:
        code = profiles.consent_code(un, refuse_code=state.settings.refuse_code)
    if code == _ADDED:
        state.befriend(account, un)
    return accepted(request, f"0&CD={code}&UN={un}")


def acknowledge(state: GatewayState, request: GatewayRequest, address: str) -> Response:
    """Ack_AddToList: accept (0), refuse (1) or ask (2); another CD is RES=3 after the penalty.

    A person is asked by two identical requests. The first is answered with RES=3 after the penalty
    and has no effect; the second reaches the person. The reference does not say
    which of the two does. An acceptance or a refusal with a repeated SEQ is answered again and has
    no second effect: the reference calls SEQ the guard against a repeated send.
    """
    un, code, reason = request.number(b"UN"), request.number(b"CD"), request.text(b"RS")
    if un is None or code is None or reason is None:
        return NULL
    if not is_legal_uin(un):
        return illegal_uin(request)
    account = state.active_session(request.uin, address)
    if account is None:
        return not_logged_in(request)
    if code > _ASK:
        return too_fast(request, state.settings.penalty)
    if code == _ASK:
        if un not in account.asked:
            account.asked.add(un)
            return too_fast(request, state.settings.penalty)
        account.asked.discard(un)
    elif _is_repeat(state, account, request.seq):
        return accepted(request)
    account.acks[un, code] += 1
    _tell_person(state, account, un, code, reason)
    return accepted(request)


def _is_repeat(state: GatewayState, account: Account, seq: bytes) -> bool:
    now, settings = state.clock(), state.settings
    carried_out = account.ack_seqs.get(seq)
    if settings.is_replay_known and carried_out is not None:
        return now - carried_out <= settings.replay_window
    account.ack_seqs[seq] = now
    return False


def _tell_person(state: GatewayState, account: Account, un: int, code: int, reason: str) -> None:
    """Put the acceptance, refusal or request into the person's inbox."""
    other = state.accounts.get(un)
    if code == _ACCEPT:
        state.befriend(account, un)
        item = InboxItem(InboxKind.REQUEST_ACCEPTED, account.uin, "")
    elif code == _REFUSE:
        item = InboxItem(InboxKind.REQUEST_REFUSED, account.uin, reason)
    else:
        item = InboxItem(InboxKind.FRIEND_REQUEST, account.uin, reason)
        if other is None:
            account.requests[un] = reason
    if other is not None:
        other.inbox.append(item)


def delete_friend(state: GatewayState, request: GatewayRequest, address: str) -> Response:
    """DelFromList: remove a friend; RES=3 after the longer penalty if the person is not a friend.

    So the second of two identical requests gets RES=3.
    """
    un = request.number(b"UN")
    if un is None:
        return NULL
    if not is_legal_uin(un):
        return illegal_uin(request)
    account = state.active_session(request.uin, address)
    if account is None:
        return not_logged_in(request)
    if un not in account.friends:
        return too_fast(request, state.settings.delete_penalty)
    account.friends.remove(un)
    return accepted(request, "0&")

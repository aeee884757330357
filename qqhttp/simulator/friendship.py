"""AddToList, Ack_AddToList and DelFromList (reference 研究成果 (5), 发送验证, (6))."""

from typing import Final

from qqhttp.simulator import people
from qqhttp.simulator.answers import NULL, Answer, done, illegal, not_logged_in, punished
from qqhttp.simulator.population import Account, Inbound
from qqhttp.simulator.wire import Call, is_legal_uin
from qqhttp.simulator.world import KIND_ACCEPTED, KIND_REFUSED, KIND_REQUEST, World

ACCEPT: Final = 0
REFUSE: Final = 1
ASK: Final = 2
_NEEDS_ASKING: Final = 1


def add_friend(world: World, call: Call, address: str) -> Answer:
    """AddToList: CD says whether they are friends now (0), have to be asked (1) or refuse."""
    un = call.number(b"UN")
    if un is None:
        return NULL
    if not is_legal_uin(un):
        return illegal(call)
    account = world.online(call.uin, address)
    if account is None:
        return not_logged_in(call)
    if un in world.accounts:
        code = _NEEDS_ASKING
    else:
        code = people.welcome_code(un, refuse_code=world.settings.refuse_code)
    if un in account.friends or code == 0:
        code = 0
        world.befriend(account, un)
    return done(call, f"0&CD={code}&UN={un}")


def acknowledge(world: World, call: Call, address: str) -> Answer:
    """Ack_AddToList: accept (0), refuse (1) or ask (2); 3 and more is RES=3 after the penalty.

    Asking takes two requests: the first is answered RES=3 after the penalty and is lost, the
    second arrives. The reference does not say which of the two it is.
    """
    un, code, reason = call.number(b"UN"), call.number(b"CD"), call.text(b"RS")
    if un is None or code is None or reason is None:
        return NULL
    if not is_legal_uin(un):
        return illegal(call)
    account = world.online(call.uin, address)
    if account is None:
        return not_logged_in(call)
    if code > ASK:
        return punished(call, world.settings.penalty)
    if code == ASK:
        if un not in account.asked:
            account.asked.add(un)
            return punished(call, world.settings.penalty)
        account.asked.discard(un)
    _tell(world, account, un, code, reason)
    return done(call)


def _tell(world: World, account: Account, un: int, code: int, reason: str) -> None:
    other = world.accounts.get(un)
    if code == ACCEPT:
        world.befriend(account, un)
        item = Inbound(KIND_ACCEPTED, account.uin, "")
    elif code == REFUSE:
        item = Inbound(KIND_REFUSED, account.uin, reason)
    else:
        item = Inbound(KIND_REQUEST, account.uin, reason)
        if other is None:
            account.requests[un] = reason
    if other is not None:
        other.inbox.append(item)


def delete_friend(world: World, call: Call, address: str) -> Answer:
    """DelFromList: who is no friend (a repeated request) is RES=3 after the longer penalty."""
    un = call.number(b"UN")
    if un is None:
        return NULL
    if not is_legal_uin(un):
        return illegal(call)
    account = world.online(call.uin, address)
    if account is None:
        return not_logged_in(call)
    if un not in account.friends:
        return punished(call, world.settings.delete_penalty)
    account.friends.remove(un)
    return done(call, "0&")

"""The handler of CLTMSG (reference 研究成果 (10)), with the rate limit and the SEQ guard."""

from qqhttp.simulator.accounts import Account
from qqhttp.simulator.codec import GatewayRequest, is_legal_uin, unescape
from qqhttp.simulator.responses import NULL, Response, illegal_uin, not_logged_in, too_fast
from qqhttp.simulator.state import GatewayState, TooSoon


def send_message(state: GatewayState, request: GatewayRequest, address: str) -> Response:
    """CLTMSG, (10): the first check that applies decides.

    1. Malformed: NULL.
    2. Illegal UIN: RES=5.
    3. No session: RES=20.
    4. `null_h` applies: NULL, not delivered.
    5. Repeated SEQ: RES=0 again, not delivered again, even within the minimum interval.
    6. Too soon: RES=3 after the penalty, not delivered, SEQ not remembered.
    7. Otherwise: delivered, RES=0.
    """
    un = request.number(b"UN")
    raw = request.fields.get(b"MG")
    if un is None or raw is None:
        return NULL
    text = unescape(raw, is_form=request.is_form)
    if not text.isascii() and not _is_utf8(text):
        return NULL
    if not (is_legal_uin(request.uin) and is_legal_uin(un)):
        return illegal_uin(request)
    account = state.active_session(request.uin, address)
    if account is None:
        return not_logged_in(request)
    settings = state.settings
    if settings.null_h and b"h" in raw and state.random.random() < settings.null_h:
        return NULL
    now = state.clock()
    if settings.is_replay_known and _is_repeat(state, account, request.seq, un, text, now):
        return _accepted(request, account)
    seconds_early = account.replied_at + settings.min_interval - now
    if account.unanswered:
        # The interval starts with the reply to the previous message, which is still delayed.
        seconds_early = settings.min_interval
    if settings.min_interval and seconds_early > 0:
        seq = request.seq.decode("latin-1")
        state.record_too_soon(TooSoon(account.uin, un, seq, state.wall_time(now), seconds_early))
        return too_fast(request, settings.penalty, account)
    number = state.deliver(account, un, request.seq, text, now)
    _remember(state, account, request.seq, number, now)
    return _accepted(request, account)


def _accepted(request: GatewayRequest, account: Account) -> Response:
    return Response(request.reply("0&"), "0", limited=account)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_repeat(
    state: GatewayState, account: Account, seq: bytes, un: int, text: bytes, now: float
) -> bool:
    number = account.answered.get(seq)
    if number is None:
        return False
    age = state.wall_time(now) - state.messages.delivered_at(number)
    if age > state.settings.replay_window:
        return False
    state.repeats += 1
    if not state.messages.is_same(number, un, text):
        # Another message with a used SEQ: the gateway drops it and still answers RES=0.
        state.repeats_of_other += 1
    return True


def _remember(state: GatewayState, account: Account, seq: bytes, number: int, now: float) -> None:
    answered = account.answered
    answered[seq] = number
    if len(answered) >= account.prune_at:
        oldest = state.wall_time(now) - state.settings.replay_window
        delivered_at = state.messages.delivered_at
        kept = {s: n for s, n in answered.items() if delivered_at(n) >= oldest}
        # The next pruning comes when the number has doubled, so its cost per message is constant.
        account.answered, account.prune_at = kept, max(account.prune_at, 2 * len(kept))

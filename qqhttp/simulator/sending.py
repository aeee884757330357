"""CLTMSG (reference 研究成果 (10)): the one command whose speed and exactness all depends on."""

from qqhttp.simulator.answers import NULL, Answer, illegal, not_logged_in, punished
from qqhttp.simulator.population import Account
from qqhttp.simulator.wire import Call, is_legal_uin, unescape
from qqhttp.simulator.world import TooSoon, World


def send_message(world: World, call: Call, address: str) -> Answer:
    """Answer CLTMSG. The order of the checks is part of what is simulated.

    Malformed is NULL; an illegal UIN 5; without a session 20; a repeated SEQ gets the answer of
    the delivered one (a repeat is never too fast); too soon is RES=3 after the penalty, neither
    delivered nor remembered; everything else arrives.
    """
    un = call.number(b"UN")
    raw = call.fields.get(b"MG")
    if un is None or raw is None:
        return NULL
    text = unescape(raw, is_form=call.is_form)
    if not text.isascii() and not _is_utf8(text):
        return NULL
    if not (is_legal_uin(call.uin) and is_legal_uin(un)):
        return illegal(call)
    account = world.online(call.uin, address)
    if account is None:
        return not_logged_in(call)
    settings = world.settings
    if settings.null_h and b"h" in raw and world.dice.random() < settings.null_h:
        return NULL
    now = world.clock()
    if settings.is_replay_known and _is_repeat(world, account, call.seq, un, text, now):
        return _accepted(call, account)
    early = account.replied_at + settings.min_interval - now
    if account.unanswered:
        # The one before is not even answered yet: the whole interval is still to come.
        early = settings.min_interval
    if settings.min_interval and early > 0:
        seq = call.seq.decode("latin-1")
        world.note_too_soon(TooSoon(account.uin, un, seq, world.wall(now), early))
        return punished(call, settings.penalty, account)
    number = world.deliver(account, un, call.seq, text, now)
    _remember(world, account, call.seq, number, now)
    return _accepted(call, account)


def _accepted(call: Call, account: Account) -> Answer:
    return Answer(call.reply("0&"), "0", paced=account)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_repeat(
    world: World, account: Account, seq: bytes, un: int, text: bytes, now: float
) -> bool:
    number = account.answered.get(seq)
    if number is None:
        return False
    if world.wall(now) - world.arrivals.arrived_at(number) > world.settings.replay_window:
        return False
    world.repeats += 1
    if not world.arrivals.is_same(number, un, text):
        # Another message under a used SEQ: the gateway drops it, and its sender never knows.
        world.repeats_of_other += 1
    return True


def _remember(world: World, account: Account, seq: bytes, number: int, now: float) -> None:
    answered = account.answered
    answered[seq] = number
    if len(answered) >= account.prune_at:
        oldest = world.wall(now) - world.settings.replay_window
        arrived_at = world.arrivals.arrived_at
        kept = {s: n for s, n in answered.items() if arrived_at(n) >= oldest}
        # Only when twice as many have gathered: what a look costs is shared by as many messages.
        account.answered, account.prune_at = kept, max(account.prune_at, 2 * len(kept))
